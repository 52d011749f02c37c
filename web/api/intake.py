"""Brings what comes at the same time together, so that it is dealt with by the batch.

Azure calls the function once for each event. While a batch is dealt with, all that comes meanwhile
becomes the next one: alone nothing waits, and in a burst the batches grow by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Means = TypeVar("Means")
Take = Callable[[Sequence[Item], Means], Awaitable[None]]

# What one batch holds at most.
LARGEST_BATCH = 400


@dataclass(slots=True, kw_only=True)
class _Batch(Generic[Item, Means]):
    means: Means
    items: list[Item] = field(default_factory=list[Item])
    task: asyncio.Task[None] | None = None


class Intake(Generic[Item, Means]):
    """Deals with one batch after the other, of an event loop. `means` are those of a batch's first item."""

    def __init__(self, take: Take[Item, Means]) -> None:
        self._take = take
        self._last: _Batch[Item, Means] | None = None
        self._is_open = False

    async def bring(self, item: Item, means: Means) -> None:
        """Return once the item's batch has been dealt with. Raises what that raises."""
        batch = self._last
        if batch is None or not self._is_open or len(batch.items) >= LARGEST_BATCH:
            batch = self._begin(means)
        batch.items.append(item)
        if batch.task is not None:
            # One that is not waited for any more must not take the others with it.
            await asyncio.shield(batch.task)

    def _begin(self, means: Means) -> _Batch[Item, Means]:
        before = self._last.task if self._last else None
        batch: _Batch[Item, Means] = _Batch(means=means)
        batch.task = asyncio.get_running_loop().create_task(self._deal(batch, before))
        self._last, self._is_open = batch, True
        return batch

    async def _deal(self, batch: _Batch[Item, Means], before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        if self._last is batch:
            self._is_open = False
        await self._take(batch.items, batch.means)

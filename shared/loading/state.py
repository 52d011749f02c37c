"""The state port: turns and watermarks, changed only by compare-and-set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from shared.loading.published import PublishedRun
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark


class TableStates(Protocol):
    """What is remembered of each table. Raises StateUnavailable when the store does not answer."""

    def turn(self, table: str) -> Turn:
        """Give the table's turn; a fresh one if nothing was ever loaded."""
        ...

    def change_turn(self, table: str, step: Callable[[Turn], Turn]) -> Turn:
        """Apply a pure step by compare-and-set, again and again until nobody came between."""
        ...

    def held(self) -> Iterable[str]:
        """Name the tables whose turn is taken or asked for."""
        ...

    def watermark(self, table: str) -> Watermark | None:
        """Give the table's watermark, None before the first load has finished."""
        ...

    def glance(self, table: str) -> tuple[Turn, Watermark | None]:
        """Give turn and watermark by one question."""
        ...

    def history(self, table: str, most: int, *, below: int | None = None) -> tuple[Watermark, ...]:
        """Give the last watermarks, newest first; with `below` only versions before that one."""
        ...

    def advance(
        self,
        table: str,
        *,
        step: Callable[[Turn], Turn],
        before: Watermark | None,
        after: Watermark | None,
        published: PublishedRun | None = None,
    ) -> None:
        """Apply a step to the turn, move the watermark and write down what was published, all or nothing.

        `after` equal to `before` leaves the watermark as it is. A step that changes nothing,
        because the commit was closed before, leaves everything as it is.

        Raises:
            WatermarkMoved: the stored watermark is not `before`.
        """
        ...


class ConnectionSlots(Protocol):
    """Counts the connections to a source over all runs and workers."""

    def hold(self, source: str, most: int) -> AbstractContextManager[None]:
        """Hold one of `most` slots. Raises ConnectionSlotsTaken if none is free for some seconds."""
        ...


class NoSlots:
    """Lets everybody connect and writes nothing. Implements `ConnectionSlots`."""

    def hold(self, source: str, most: int) -> AbstractContextManager[None]:  # noqa: ARG002 - the port's names
        """Hold nothing."""
        return nullcontext()

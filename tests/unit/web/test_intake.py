"""What comes at the same time is dealt with by the batch, and each waits for its own."""

import asyncio
from collections.abc import Sequence

import pytest

from web.api.intake import LARGEST_BATCH, Intake


class Taker:
    """Keeps the batches; those with a bad item fail. Waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()

    async def take(self, items: Sequence[int], means: str) -> None:
        assert means == "client"
        await self.go.wait()
        self.batches.append(list(items))
        if -1 in items:
            raise ValueError("bad")


async def brought(taker: Taker, waves: Sequence[Sequence[int]]) -> list[BaseException | None]:
    """Bring waves of items, each once the one before has arrived; then let all be dealt with."""
    intake: Intake[int, str] = Intake(taker.take)
    tasks: list[asyncio.Task[None]] = []
    for wave in waves:
        tasks += [asyncio.create_task(intake.bring(item, "client")) for item in wave]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    taker.go.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def deal(*waves: Sequence[int]) -> tuple[list[list[int]], list[BaseException | None]]:
    async def run() -> tuple[list[list[int]], list[BaseException | None]]:
        taker = Taker()
        ends = await brought(taker, waves)
        return taker.batches, ends

    return asyncio.run(run())


def test_what_comes_while_a_batch_is_dealt_with_is_the_next_batch() -> None:
    batches, ends = deal([1, 2], [3], [4, 5])
    assert batches == [[1, 2], [3, 4, 5]]
    assert ends == [None] * 5


def test_a_batch_that_fails_fails_for_its_own_items_only() -> None:
    _, ends = deal([1, -1], [2])
    assert [type(end) for end in ends] == [ValueError, ValueError, type(None)]


def test_a_batch_is_bounded() -> None:
    many = range(1, LARGEST_BATCH * 2 + 2)
    batches, _ = deal([0], many)
    assert [len(batch) for batch in batches[1:]] == [LARGEST_BATCH, LARGEST_BATCH, 1]
    assert [item for batch in batches for item in batch] == [0, *many]


def test_who_is_not_waited_for_any_more_does_not_take_others_with_it() -> None:
    async def run() -> list[list[int]]:
        taker = Taker()
        intake: Intake[int, str] = Intake(taker.take)
        first, second = (asyncio.create_task(intake.bring(n, "client")) for n in (1, 2))
        await asyncio.sleep(0)
        first.cancel()
        taker.go.set()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first
        return taker.batches

    assert asyncio.run(run()) == [[1, 2]]

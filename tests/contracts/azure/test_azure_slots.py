from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Lock

import msgspec
import pytest
from azure_interference import Interference, Refusal, Request

from shared.adapters.azure.entities import Entities
from shared.adapters.azure.slots import AzureConnectionSlots, Slot, SlotTimes
from shared.loading.errors import ConnectionSlotsTaken

SOURCE = "my source/ä"
AT_ONCE = SlotTimes(patience=timedelta(0))
PATIENT = SlotTimes(patience=timedelta(seconds=60), pause=timedelta(milliseconds=5))
SHORT = SlotTimes(
    lifetime=timedelta(milliseconds=600),
    renewal=timedelta(milliseconds=100),
    patience=timedelta(seconds=60),
    pause=timedelta(milliseconds=20),
)

Through = Callable[[Entities], Entities]


class Dead(BaseException):
    """Ends a holder without letting it clean up."""


def holders(rows: Entities) -> list[str | None]:
    found = rows.range("my~20source~2F~C3~A4")
    return [msgspec.json.decode(row.body, type=Slot).holder for row in found]


def die_holding(rows: Entities, times: SlotTimes, most: int) -> None:
    """Take a slot as a worker does that is killed then: nobody renews it and nobody frees it."""
    AzureConnectionSlots(rows, times).hold(SOURCE, most).__enter__.__self__  # noqa: B018


def test_never_more_than_allowed_hold_a_connection(rows: Entities) -> None:
    slots, lock = AzureConnectionSlots(rows, PATIENT), Lock()
    now: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        with slots.hold(SOURCE, 3):
            with lock:
                now.append(number)
                seen.append(len(now))
            with lock:
                now.remove(number)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(48)))
    assert len(seen) == 48
    assert max(seen) <= 3
    assert set(holders(rows)) == {None}


def test_whoever_finds_all_taken_is_told(rows: Entities) -> None:
    slots = AzureConnectionSlots(rows, AT_ONCE)
    with slots.hold(SOURCE, 2), slots.hold(SOURCE, 2):
        with pytest.raises(ConnectionSlotsTaken), slots.hold(SOURCE, 2):
            pass
        with slots.hold("other", 1):
            pass
    with slots.hold(SOURCE, 2):
        pass


def test_a_slot_is_free_again_also_when_its_block_raises(rows: Entities) -> None:
    slots = AzureConnectionSlots(rows, AT_ONCE)
    with pytest.raises(KeyError), slots.hold(SOURCE, 1):
        raise KeyError
    assert holders(rows) == [None]

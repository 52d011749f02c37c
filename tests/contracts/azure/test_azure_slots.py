import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

import msgspec
import pytest
from azure_interference import Interference, Refusal, Request

from shared.adapters.azure.entities import Entities
from shared.adapters.azure.slots import AzureConnectionSlots, Slot, SlotTimes
from shared.loading.errors import ConnectionSlotsTaken

SOURCE, PARTITION = "my source/ä", "my~20source~2F~C3~A4"
AT_ONCE = SlotTimes(patience=timedelta(0))
PATIENT = SlotTimes(patience=timedelta(seconds=60), pause=timedelta(milliseconds=5))
# The SDK does not repeat a request after this one.
UNAVAILABLE = Refusal(status=501)
RENEWING = SlotTimes(renewal=timedelta(milliseconds=50), patience=timedelta(0))

Through = Callable[[Entities], Entities]


def holders(rows: Entities) -> list[str | None]:
    return [slot.holder for slot in slots_in(rows)]


def slots_in(rows: Entities) -> list[Slot]:
    return [msgspec.json.decode(row.body, type=Slot) for row in rows.range(PARTITION)]


def give_to_another(rows: Entities, *, until: timedelta) -> None:
    rows.put(PARTITION, "0000", Slot(holder="another", until=datetime.now(UTC) + until))


def await_renewal(rows: Entities, after: datetime) -> None:
    """Wait until the only slot is held until later than a moment."""
    for _ in range(6000):
        [slot] = slots_in(rows)
        if slot.until > after:
            return
        time.sleep(0.005)
    raise AssertionError("the slot was not renewed")


def is_put(request: Request) -> bool:
    return request.method == "PUT"


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


def test_the_slot_of_a_dead_holder_is_free_after_its_lifetime(rows: Entities) -> None:
    give_to_another(rows, until=timedelta(minutes=1))
    with pytest.raises(ConnectionSlotsTaken), AzureConnectionSlots(rows, AT_ONCE).hold(SOURCE, 1):
        pass
    give_to_another(rows, until=timedelta(milliseconds=200))
    with AzureConnectionSlots(rows, PATIENT).hold(SOURCE, 1):
        assert holders(rows) != ["another"]


def test_a_living_holder_keeps_its_slot_for_longer_than_its_lifetime(rows: Entities) -> None:
    times = replace(RENEWING, lifetime=timedelta(seconds=2))
    with AzureConnectionSlots(rows, times).hold(SOURCE, 1):
        await_renewal(rows, slots_in(rows)[0].until + timedelta(milliseconds=100))
        with (
            pytest.raises(ConnectionSlotsTaken),
            AzureConnectionSlots(rows, AT_ONCE).hold(SOURCE, 1),
        ):
            pass


def test_a_renewal_that_fails_is_made_up_for_by_the_next(
    rows: Entities,
    disturbed: Through,
    table_proxy: Interference,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with AzureConnectionSlots(disturbed(rows), RENEWING).hold(SOURCE, 1):
        table_proxy.refuse(is_put, UNAVAILABLE)
        await_order(table_proxy)
        await_renewal(rows, slots_in(rows)[0].until)
    assert [record.message for record in caplog.records] == ["connection slot not renewed"]
    assert holders(rows) == [None]


def await_order(proxy: Interference) -> None:
    """Wait until the proxy has done what it was told."""
    for _ in range(6000):
        if not proxy.is_pending:
            return
        time.sleep(0.005)
    raise AssertionError("no request came for what the proxy was told")


def test_a_renewal_whose_answer_is_lost_leaves_the_slot_ours(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    with AzureConnectionSlots(disturbed(rows), RENEWING).hold(SOURCE, 1):
        table_proxy.lose_answer(is_put)
        await_order(table_proxy)
        await_renewal(rows, slots_in(rows)[0].until)
    assert holders(rows) == [None]


def test_taking_and_freeing_bear_lost_answers(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    slots = AzureConnectionSlots(disturbed(rows), AT_ONCE)
    with slots.hold(SOURCE, 1):
        pass  # from here on the row is there
    table_proxy.lose_answer(is_put)
    with slots.hold(SOURCE, 1):
        assert not table_proxy.is_pending
        table_proxy.lose_answer(is_put)
    assert not table_proxy.is_pending
    assert holders(rows) == [None]


def test_a_slot_that_was_lost_is_left_to_its_new_holder(
    rows: Entities, caplog: pytest.LogCaptureFixture
) -> None:
    with AzureConnectionSlots(rows, AT_ONCE).hold(SOURCE, 1):
        give_to_another(rows, until=timedelta(minutes=1))
    assert holders(rows) == ["another"]
    with AzureConnectionSlots(rows, RENEWING).hold("lost meanwhile", 1):
        [row] = rows.range("lost~20meanwhile")
        rows.put("lost~20meanwhile", row.key, Slot(holder="another", until=datetime.now(UTC)))
        await_log(caplog)
    assert [record.message for record in caplog.records] == ["connection slot lost"]


def await_log(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(6000):
        if caplog.records:
            return
        time.sleep(0.005)
    raise AssertionError("nothing was logged")


@pytest.mark.parametrize("told", [None, KeyError])
def test_a_slot_that_cannot_be_freed_changes_nothing_of_what_was_done_with_it(
    rows: Entities,
    disturbed: Through,
    table_proxy: Interference,
    caplog: pytest.LogCaptureFixture,
    told: type[Exception] | None,
) -> None:
    def work() -> None:
        with AzureConnectionSlots(disturbed(rows), AT_ONCE).hold(SOURCE, 1):
            table_proxy.refuse(is_put, UNAVAILABLE)
            if told is not None:
                raise told

    with pytest.raises(told) if told else nullcontext():
        work()
    assert [record.message for record in caplog.records] == ["connection slot left to expire"]

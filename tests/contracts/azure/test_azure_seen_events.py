"""Events that were taken in are known again, on Azurite as it answers transactions that fail."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.entities import Entities
from shared.adapters.azure.seen_events import AzureSeenEvents
from shared.loading.order import new_order_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def batch(hours: int) -> str:
    return new_order_id(START + timedelta(hours=hours), f"{hours:06x}")


@pytest.fixture
def seen(rows: Entities) -> AzureSeenEvents:
    return AzureSeenEvents(rows)


def names(*numbers: int) -> list[str]:
    return [f"/s#{number}" for number in numbers]


def test_new_events_were_not_there(seen: AzureSeenEvents) -> None:
    assert seen.record(names(*range(450)), batch(1)) == {}


@pytest.mark.parametrize(
    "known",
    [
        pytest.param((), marks=pytest.mark.long),
        pytest.param((7,), marks=pytest.mark.long),
        (0, 99),
        pytest.param((3, 5, 8, 13, 21, 34, 55, 89), marks=pytest.mark.long),
        range(100),
    ],
)
def test_events_that_were_there_are_told_with_their_batch(
    seen: AzureSeenEvents, known: tuple[int, ...]
) -> None:
    seen.record(names(*known), batch(1))
    assert seen.record(names(*range(100)), batch(2)) == dict.fromkeys(names(*known), batch(1))
    assert seen.record(names(*range(100)), batch(3)).keys() == set(names(*range(100)))


def test_what_the_batch_itself_has_written_before_is_new_to_it(seen: AzureSeenEvents) -> None:
    seen.record(names(*range(10)), batch(1))
    assert seen.record(names(*range(20)), batch(1)) == {}


def test_a_batch_is_finished_once_it_is_marked(seen: AzureSeenEvents) -> None:
    seen.record(names(1), batch(1))
    assert seen.finished([batch(1), ""]) == frozenset()
    seen.finish(batch(1), names(1), [])
    assert seen.finished([batch(1), batch(2)]) == {batch(1)}


def test_a_batch_takes_over_the_events_of_a_dead_one(seen: AzureSeenEvents) -> None:
    seen.record(names(1, 2), batch(1))
    seen.finish(batch(2), names(1), names(1))
    assert seen.record(names(1, 2), batch(3)) == {"/s#1": batch(2), "/s#2": batch(1)}


def test_old_events_are_forgotten_and_young_ones_are_not(seen: AzureSeenEvents) -> None:
    for hour in (1, 2, 3):
        seen.record(names(*range(hour * 1000, hour * 1000 + 120)), batch(hour))
        seen.finish(batch(hour), names(*range(hour * 1000, hour * 1000 + 120)), [])
    assert seen.forget(START + timedelta(hours=2, minutes=30)) == 240
    assert seen.forget(START + timedelta(hours=2, minutes=30)) == 0
    assert seen.record(names(1000, 2119, 3000), batch(4)) == {"/s#3000": batch(3)}
    assert seen.finished([batch(1), batch(2), batch(3)]) == {batch(3)}

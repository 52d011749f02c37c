"""The oracle of the suite counts each kind of fault apart, whatever types a tool gives its rows."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from local.anomalies.score import Score, judge

NONE: dict[str, list[Any]] = {"id": [], "name": []}


def rows(**columns: list[Any]) -> pa.Table:
    return pa.table(columns)


def score(
    source: pa.Table, current: pa.Table, images: pa.Table | None = None, twice: int = 0
) -> Score:
    return judge(source, current, current if images is None else images, twice=twice)


SOURCE = rows(id=[1, 2, 3], name=["a", "b", None])


def test_an_equal_copy_has_no_fault() -> None:
    found = score(SOURCE, rows(id=[3, 1, 2], name=[None, "a", "b"], more=[1, 2, 3]))
    assert (found.lost, found.doubled, found.landed_again) == (0, 0, 0)


def test_rows_that_are_not_there_are_missing() -> None:
    found = score(SOURCE, rows(id=[2], name=["b"]))
    assert (found.missing, found.stale, found.ghosts, found.lost) == (2, 0, 0, 2)


def test_rows_with_other_values_are_stale_and_null_is_a_value() -> None:
    found = score(SOURCE, rows(id=[1, 2, 3], name=["a", None, "c"]))
    assert (found.missing, found.stale, found.ghosts) == (0, 2, 0)


def test_rows_that_the_source_deleted_are_ghosts() -> None:
    found = score(SOURCE, rows(id=[1, 2, 3, 4], name=["a", "b", None, "d"]))
    assert (found.missing, found.stale, found.ghosts) == (0, 0, 1)


def test_a_key_that_is_there_twice_is_doubled_whatever_its_values() -> None:
    found = score(SOURCE, rows(id=[1, 2, 2, 3, 3], name=["a", "b", "b", None, "c"]))
    assert (found.lost, found.doubled) == (0, 2)


def test_what_the_copy_shows_to_be_published_twice_is_doubled() -> None:
    assert score(SOURCE, SOURCE, twice=3).doubled == 3


def test_images_beyond_one_per_version_are_landed_again() -> None:
    images = rows(id=[1, 1, 1, 2, 3], name=["a", "a", "old", "b", None])
    found = score(SOURCE, SOURCE, images)
    assert (found.landed, found.landed_again) == (5, 1)


def test_a_copy_without_rows_or_columns_has_lost_all() -> None:
    nothing = pa.table({"id": pa.array([], pa.int64())})
    assert score(SOURCE, nothing).missing == 3
    assert score(SOURCE, rows(id=[1, 2, 3])).stale == 2


def test_an_empty_source_and_an_empty_copy_are_equal() -> None:
    empty = pa.table({"id": pa.array([], pa.int64()), "name": pa.array([], pa.string())})
    assert score(empty, empty).lost == 0


def test_a_time_is_the_same_in_every_type() -> None:
    moment = datetime(2026, 1, 1, 5, 30, 0, 123_000, UTC)
    ours = pa.table({"id": [1], "at": pa.array([moment.replace(tzinfo=None)], pa.timestamp("us"))})
    for kind in (pa.timestamp("us", "UTC"), pa.timestamp("ns", "Asia/Kolkata"), pa.timestamp("ms")):
        given = moment if kind.tz else moment.replace(tzinfo=None)
        theirs = pa.table({"id": pa.array([1], pa.int32()), "at": pa.array([given], kind)})
        assert score(ours, theirs).lost == 0
    late = pa.table(
        {"id": [1], "at": pa.array([moment.replace(second=1)], pa.timestamp("us", "UTC"))}
    )
    assert score(ours, late).stale == 1

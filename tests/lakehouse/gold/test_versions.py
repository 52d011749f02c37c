"""SCD2: which versions there are, and from when until when each holds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from gold_rig import META, USER, Row, Silver, at, deleted, spotify, user
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.gold.dimensions import unknown_member, versions

USERS = "spotify/dbo.DimUser"
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
NOON = timedelta(hours=12)
Said = list[tuple[object, ...]]


@pytest.fixture
def silver(lake: Lake) -> Silver:
    return Silver(lake=lake)


@pytest.fixture
def said(silver: Silver, spark: SparkSession) -> Callable[[], Said]:
    """What the dimension says of its members: name, country, from, until, current, deleted."""

    def answer() -> Said:
        columns = {**USER, **META}
        schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        rows = [tuple(row[name] for name in columns) for row in silver.history[USERS]]
        table = spotify().table("dim_user")
        found = versions(spark.createDataFrame(rows, schema), table)
        names = ["user_id", "country", "valid_from", "valid_to", "is_current", "is_deleted"]
        return sorted(
            (tuple(_utc(row[name]) for name in names) for row in found.collect()),
            key=lambda row: (row[0], row[2]),
        )

    return answer


def _utc(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def test_the_first_version_holds_since_ever_and_the_last_until_further_notice(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(0), country="A"))
    silver.put(USERS, user(1, at(1), country="B"))
    assert said() == [
        (1, "A", FIRST, at(1), False, False),
        (1, "B", at(1), None, True, False),
    ]


def test_neighbours_that_are_equal_are_one_version(
    silver: Silver, said: Callable[[], Said]
) -> None:
    for day, country in enumerate(["A", "A", "B", "B", "A"]):
        silver.put(USERS, user(1, at(day), country=country))
    assert [(row[1], row[2]) for row in said()] == [("A", FIRST), ("B", at(2)), ("A", at(4))]


def test_a_value_that_moves_between_empty_columns_is_a_change(
    silver: Silver, said: Callable[[], Said]
) -> None:
    day = at(0).date()
    silver.put(USERS, user(1, at(0), start_date=day, end_date=None))
    silver.put(USERS, user(1, at(1), start_date=None, end_date=day))
    assert len(said()) == 2


def test_a_version_that_is_handed_over_late_takes_its_place(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(0), country="A"), run=1)
    silver.put(USERS, user(1, at(4), country="C"), run=5)
    silver.put(USERS, user(1, at(2), country="B"), run=3)
    assert [row[1] for row in said()] == ["A", "B", "C"]


def test_what_was_read_later_wins_from_its_time_on(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(0), country="A"))
    silver.put(USERS, user(1, at(3), country="B"))
    silver.put(USERS, user(1, at(2), country="C"))  # the source went back
    assert said() == [
        (1, "A", FIRST, at(2), False, False),
        (1, "C", at(2), None, True, False),
    ]


def test_of_two_versions_of_one_instant_the_one_read_later_counts(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(1), country="B"), run=2)
    silver.put(USERS, user(1, at(1), country="A"), run=1)
    assert [row[1] for row in said()] == ["B"]


def test_a_deletion_ends_the_version_and_a_return_begins_one(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(0), country="A"))
    silver.put(USERS, deleted(user(1, None), "user_id"))
    silver.put(USERS, user(1, at(4), country="A"))
    assert said() == [
        (1, "A", FIRST, at(2) + NOON, False, True),
        (1, "A", at(4), None, True, False),
    ]


@pytest.mark.parametrize(
    ("said_at", "ends"),
    [(at(0), at(4) + NOON), (datetime(2023, 1, 1, tzinfo=UTC), at(4) + NOON), (at(3), at(3))],
)
def test_a_deletion_that_keeps_the_old_time_ends_the_version_when_it_was_read(
    silver: Silver, said: Callable[[], Said], said_at: datetime, ends: datetime
) -> None:
    silver.put(USERS, user(1, at(0), country="A"), run=1)
    # The source marks the row and may leave the time alone, which is then that of the values.
    marked = {**user(1, said_at, country="A"), "_op": "delete"}
    silver.put(USERS, marked, run=4)
    silver.put(USERS, marked, run=5)
    assert said() == [(1, "A", FIRST, ends, False, True)]


def test_a_member_that_is_gone_has_no_current_version(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, user(1, at(0)), user(2, at(0)))
    silver.put(USERS, deleted(user(1, None), "user_id"))
    assert [(row[0], row[4]) for row in said()] == [(1, False), (2, True)]


def test_a_key_that_was_only_ever_deleted_is_no_member(
    silver: Silver, said: Callable[[], Said]
) -> None:
    silver.put(USERS, deleted(user(1, None), "user_id"))
    assert said() == []


@pytest.mark.parametrize("said_at", [None, datetime(1899, 12, 31, tzinfo=UTC), at(9000)])
def test_a_time_that_cannot_be_believed_is_replaced_by_the_read_time(
    silver: Silver, said: Callable[[], Said], said_at: datetime | None
) -> None:
    silver.put(USERS, user(1, at(0), country="A"))
    silver.put(USERS, user(1, said_at, country="B"))
    assert said()[1][2] == at(2) + NOON


def test_the_unknown_member_is_minus_one_and_says_so(spark: SparkSession) -> None:
    (row,) = unknown_member(spark, spotify().table("dim_user")).collect()
    wanted: Row = {"user_sk": -1, "user_id": None, "user_name": "Unknown", "is_current": True}
    assert {name: row[name] for name in wanted} == wanted

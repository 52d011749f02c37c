"""Tables are due by their schedules: each moment counts, several missed ones count once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shared.catalog import parse_catalog
from shared.operations.due import due_reconciliations, due_tables

CATALOG = parse_catalog(
    {
        "crm.yml": """
source: {name: crm, kind: sql, engine: postgresql, connection: "${CRM_DB}"}
tables:
  - {table: dbo.Quarter, key: [id], watermark: {kind: none}, schedule: "0 */15 * * * *"}
  - {table: dbo.Night, key: [id], watermark: {kind: none}, schedule: "0 0 3 * * *"}
  - {table: dbo.Never, key: [id], watermark: {kind: none}}
"""
    }
)
QUARTER, NIGHT = "crm/dbo.Quarter", "crm/dbo.Night"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-01T{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("02:59:59", "03:00:00", (QUARTER, NIGHT)),
        ("03:00:00", "03:14:59", ()),
        ("03:00:00", "03:15:00", (QUARTER,)),
        ("03:14:59.999999", "03:15:00", (QUARTER,)),
        ("00:00:01", "23:00:00", (QUARTER, NIGHT)),
        ("03:15:00", "03:15:00", ()),
    ],
)
def test_a_moment_after_the_last_look_up_to_now_is_due(
    last: str, now: str, due: tuple[str, ...]
) -> None:
    assert due_tables(CATALOG, at(last), at(now)) == due


def test_looks_that_follow_each_other_find_every_moment_once() -> None:
    looks = [at(f"0{minute // 60}:{minute % 60:02d}:00") for minute in range(0, 300, 7)]
    found = [name for last, now in pairwise(looks) for name in due_tables(CATALOG, last, now)]
    assert found.count(NIGHT) == 1
    assert found.count(QUARTER) == 19


def test_a_new_app_does_not_load_for_the_past() -> None:
    assert due_tables(CATALOG, None, at("03:00:30")) == ()
    assert due_tables(CATALOG, None, at("03:00:00")) == (QUARTER, NIGHT)


RECONCILED = parse_catalog(
    {
        "crm.yml": """
source: {name: crm, kind: sql, engine: postgresql, connection: "${CRM_DB}"}
defaults: {deletes: {reconcile: 1h}}
tables:
  - {table: dbo.A, key: [id], watermark: {kind: none}}
  - {table: dbo.B, key: [id], watermark: {kind: none}}
  - {table: dbo.C, key: [id], watermark: {kind: none}, deletes: none}
"""
    }
)
HOUR = timedelta(hours=1)


def moments(table: str, step: timedelta) -> list[datetime]:
    """When a table is found due by looks that are a step apart, over three hours."""
    looks = [at("00:00:00") + step * number for number in range(int(3 * HOUR / step) + 1)]
    return [
        now
        for last, now in pairwise(looks)
        if table in [each.name for each in due_reconciliations(RECONCILED, last, now)]
    ]


def test_a_table_is_reconciled_once_an_interval_whatever_the_time_between_two_looks() -> None:
    seldom = moments("crm/dbo.A", timedelta(minutes=10))
    often = moments("crm/dbo.A", timedelta(minutes=1))
    assert len(seldom) == len(often) == 3
    assert [b - a for a, b in pairwise(often)] == [HOUR, HOUR]
    assert all(
        timedelta() <= a - b < timedelta(minutes=10) for a, b in zip(seldom, often, strict=True)
    )


def test_missed_moments_of_a_reconciliation_count_once() -> None:
    found = due_reconciliations(RECONCILED, at("00:00:00"), at("23:00:00"))
    assert [table.name for table in found] == ["crm/dbo.A", "crm/dbo.B"]


def test_tables_of_one_interval_are_reconciled_at_different_times() -> None:
    minute = timedelta(minutes=1)
    assert moments("crm/dbo.A", minute) != moments("crm/dbo.B", minute)


def test_the_first_look_ever_orders_no_reconciliation_of_the_past() -> None:
    [due, *_] = moments("crm/dbo.A", timedelta(minutes=1))
    assert due_reconciliations(RECONCILED, None, due + timedelta(minutes=5)) == ()

"""Tables are due by their schedules: each moment counts, several missed ones count once."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from shared.catalog import parse_catalog
from shared.operations.due import due_tables

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

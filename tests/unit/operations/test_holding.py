"""Who holds a bound back for long is told of once, and nobody else is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from operations_samples import A, B, run

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.bound import Bound
from shared.loading.order import Order
from shared.loading.turn import Turn
from shared.operations.holding import find_held, tell
from shared.operations.records import RunRecord

ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(A, B), created_at="")
SINCE = "2026-01-01T00:00:01.000000"
HELD = Bound(
    value=None,
    how="exact",
    held_back_since=SINCE,
    held_back_seconds=3_600,
    held_back_by="pid 4711, user app, idle in transaction",
)
SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="timestamp", column="at"),
    target="bronze/crm/a",
)


def held(table: str = A, bound: Bound = HELD, **fields: Any) -> RunRecord:
    return run(
        ORDER, table, **{"state": "succeeded", "outcome": "loaded", "bound": bound, **fields}
    )


def find(found: RunRecord, turn: Turn | None = None, **spec: Any) -> bool:
    specs = {A: replace(SPEC, **spec), B: SPEC}
    return find_held([found], lambda: specs, lambda _: turn or Turn()) == (found,)


def test_a_bound_that_is_held_back_for_as_long_as_allowed_is_told_of() -> None:
    assert find(held())
    assert not find(held(bound=replace(HELD, held_back_seconds=3_599)))
    assert find(held(), held_back_alert=timedelta(seconds=3_600))
    assert not find(held(), held_back_alert=timedelta(hours=2))


def test_a_table_whose_file_says_none_is_never_told_of() -> None:
    assert not find(held(), held_back_alert=None)


def test_a_load_that_found_nothing_new_is_told_of_and_a_failed_one_tells_its_failure() -> None:
    assert find(held(outcome="nothing_new"))
    assert not find(held(state="failed", outcome=None))


def test_the_same_holder_is_told_of_once() -> None:
    told = tell(Turn(), HELD)
    assert not find(held(), told)
    busy = "pid 4711, user app, active"
    assert not find(held(bound=replace(HELD, held_back_by=busy, held_back_seconds=7_200)), told)
    wavering = replace(HELD, held_back_since="2026-01-01T00:00:02.400000")
    assert not find(held(bound=wavering), told)


@pytest.mark.parametrize(
    "other",
    [
        {"held_back_by": "pid 12, user app, idle in transaction"},
        {"held_back_since": "2026-01-01T00:10:00.000000"},
    ],
)
def test_another_holder_is_another_incident(other: dict[str, str]) -> None:
    assert find(held(bound=replace(HELD, **other)), tell(Turn(), HELD))  # type: ignore[arg-type] - texts


def test_a_table_that_is_gone_from_the_files_is_left_out() -> None:
    assert find_held([held()], dict, lambda _: Turn()) == ()


def test_nothing_is_read_where_no_bound_is_held_back() -> None:
    def refuse() -> Mapping[str, TableSpec]:
        raise AssertionError("the table files were read")

    free = replace(HELD, held_back_since=None, held_back_seconds=None, held_back_by=None)
    assert find_held([held(bound=free)], refuse, lambda _: Turn()) == ()

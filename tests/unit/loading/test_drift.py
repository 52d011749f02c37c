"""Drift: what differs from what was published last, and whether the load may go on."""

from dataclasses import replace

import pytest
from loading_samples import SPEC

from shared.catalog import ColumnSpec
from shared.loading.drift import check_drift
from shared.loading.errors import SchemaDrifted
from shared.loading.plan import PlannedColumn


def columns(**types: str) -> tuple[PlannedColumn, ...]:
    return tuple(PlannedColumn(name=name, source_type=kind) for name, kind in types.items())


LAST = columns(id="int4", name="text")
FROZEN = replace(SPEC, on_drift="freeze")


def test_the_first_load_has_nothing_to_drift_from() -> None:
    assert check_drift(FROZEN, "incremental", (), LAST) == ()


def test_the_order_of_columns_does_not_matter() -> None:
    assert check_drift(FROZEN, "incremental", LAST, columns(name="text", id="int4")) == ()


def test_a_new_column_is_let_through_and_told() -> None:
    found = check_drift(SPEC, "incremental", LAST, (*LAST, *columns(age="int2")))
    assert found == ("column age (int2) is new",)


def test_a_new_column_stops_a_frozen_table() -> None:
    with pytest.raises(SchemaDrifted, match=r"column age \(int2\) is new"):
        check_drift(FROZEN, "incremental", LAST, (*LAST, *columns(age="int2")))


@pytest.mark.parametrize("mode", ["incremental", "backfill"])
def test_dropped_and_changed_columns_stop_and_are_all_named(mode: str) -> None:
    with pytest.raises(SchemaDrifted) as stopped:
        check_drift(SPEC, mode, LAST, columns(id="int8"))  # type: ignore[arg-type] - a literal
    assert str(stopped.value) == "column name (text) is gone; column id was int4 and is int8"


@pytest.mark.parametrize("mode", ["initial", "snapshot"])
def test_a_load_that_reads_every_row_accepts_any_change(mode: str) -> None:
    found = check_drift(FROZEN, mode, LAST, columns(id="int8", age="int2"))  # type: ignore[arg-type] - a literal
    assert found == (
        "column name (text) is gone",
        "column id was int4 and is int8",
        "column age (int2) is new",
    )


def test_a_column_that_is_now_excluded_has_not_drifted() -> None:
    spec = replace(SPEC, columns=ColumnSpec(exclude=("name",)))
    assert check_drift(spec, "incremental", LAST, columns(id="int4")) == ()

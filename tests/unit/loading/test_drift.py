"""Drift: what differs from what was published last, and whether the load may go on."""

from dataclasses import replace
from typing import Any

import pytest
from loading_samples import SPEC

from shared.catalog import ColumnSpec, SourceSpec
from shared.loading.drift import Drift, check_drift, fingerprint, is_same
from shared.loading.errors import SchemaDrifted
from shared.loading.plan import PlannedColumn

LANDS = {"int2": "int16", "int4": "int32", "int8": "int64", "text": "string"}


def columns(**types: str) -> tuple[PlannedColumn, ...]:
    return tuple(
        PlannedColumn(name=name, source_type=kind, lands=LANDS.get(kind, "string"))
        for name, kind in types.items()
    )


def older(*known: PlannedColumn) -> tuple[PlannedColumn, ...]:
    """Give columns as a version recorded them that did not know how they land."""
    return tuple(PlannedColumn(name=each.name, source_type=each.source_type) for each in known)


LAST = columns(id="int4", name="text")
FROZEN = replace(SPEC, on_drift="freeze")
ASIDE = replace(SPEC, on_drift="quarantine")
FOLDING = replace(SPEC, source=replace(SPEC.source, engine="mariadb"))


def drift(now: tuple[PlannedColumn, ...], mode: str = "incremental", **more: Any) -> Drift:
    usual: dict[str, Any] = {"spec": SPEC, "ordered": mode, "last": LAST, **more}
    return check_drift(usual.pop("spec"), mode=mode, now=now, **usual)  # type: ignore[arg-type] - a literal


def stop(now: tuple[PlannedColumn, ...], mode: str = "incremental", **more: Any) -> str:
    with pytest.raises(SchemaDrifted) as stopped:
        drift(now, mode, **more)
    return str(stopped.value)


def test_the_first_load_has_nothing_to_drift_from() -> None:
    assert drift(LAST, spec=FROZEN, last=()) == Drift()


@pytest.mark.parametrize("spec", [SPEC, FROZEN, ASIDE])
def test_another_order_of_columns_is_told_and_never_stops(spec: Any) -> None:
    found = drift(columns(name="text", id="int4"), spec=spec)
    assert [text[:36] for text in found.findings] == ["the columns stand in another order: "]
    assert found.reasons == ()


def test_a_new_column_is_let_through_and_told() -> None:
    found = drift((*LAST, *columns(age="int2")))
    assert found == Drift(findings=("column age (int2) is new",))


@pytest.mark.parametrize("mode", ["incremental", "backfill"])
def test_a_new_column_stops_a_frozen_table(mode: str) -> None:
    assert stop((*LAST, *columns(age="int2")), mode, spec=FROZEN) == (
        "column age (int2) is new [write `on_drift: add`, or order an initial load]"
    )


@pytest.mark.parametrize("mode", ["incremental", "backfill"])
def test_dropped_and_changed_columns_stop_and_are_all_named(mode: str) -> None:
    assert stop(columns(id="int8"), mode).split("; ") == [
        "column name (text) is gone [to go on without it, exclude it",
        "or order a snapshot load]",
        (
            "column id was int4 (lands as int32) and is int8 (lands as int64) "
            "[it is of the key: order a snapshot load]"
        ),
    ]


@pytest.mark.parametrize("spec", [SPEC, FROZEN, ASIDE])
@pytest.mark.parametrize("mode", ["initial", "snapshot"])
def test_an_ordered_load_that_reads_every_row_accepts_any_change(mode: str, spec: Any) -> None:
    found = drift(columns(id="int8", age="int2"), mode, spec=spec)
    assert found == Drift(
        findings=(
            "column name (text) is gone",
            "column id was int4 (lands as int32) and is int8 (lands as int64)",
            "column age (int2) is new",
        )
    )


def test_a_table_that_is_always_loaded_whole_takes_any_change_by_itself_with_add_only() -> None:
    changed = columns(id="int8", name="text")
    whole = {"mode": "snapshot", "ordered": "incremental"}
    assert drift(changed, **whole).findings
    assert "lands as int64" in stop(changed, **whole, spec=FROZEN)
    assert drift(changed, **whole, spec=ASIDE).reasons


def test_a_column_that_is_now_excluded_has_not_drifted() -> None:
    spec = replace(SPEC, columns=ColumnSpec(exclude=("name",)))
    assert drift(columns(id="int4"), spec=spec) == Drift()


def test_another_type_that_lands_as_before_is_let_through_by_add_alone() -> None:
    last, now = columns(id="int4", name="varchar(10)"), columns(id="int4", name="varchar(20)")
    text = "column name was varchar(10) and is varchar(20); it lands as before"
    assert drift(now, last=last) == Drift(findings=(text,))
    assert stop(now, last=last, spec=FROZEN).startswith(text)
    assert drift(now, last=last, spec=ASIDE).reasons == (text,)


def test_of_a_record_that_does_not_say_how_columns_landed_any_other_type_stops() -> None:
    assert drift(LAST, last=older(*LAST), spec=FROZEN) == Drift()
    changed = stop(columns(id="int4", name="varchar(20)"), last=older(*LAST))
    assert changed.startswith("column name was text and is varchar(20)")


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (False, True, "column name may be NULL now"),
        (True, False, "column name may not be NULL any more"),
    ],
)
def test_not_null_is_told_and_stops_a_frozen_table(before: bool, after: bool, text: str) -> None:  # noqa: FBT001 - a parameter of the test
    key, name = LAST
    now = (key, replace(name, nullable=after))
    last = (key, replace(name, nullable=before))
    assert drift(now, last=last) == Drift(findings=(text,))
    assert stop(now, last=last, spec=FROZEN).startswith(text)


def test_a_record_that_does_not_say_whether_columns_may_be_null_has_not_drifted() -> None:
    now = tuple(replace(each, nullable=False) for each in LAST)
    assert drift(now, last=older(*LAST), spec=FROZEN) == Drift()


def test_a_column_that_took_the_place_of_another_may_be_it_renamed() -> None:
    assert "column name (text) is gone (renamed to label?)" in stop(
        columns(id="int4", label="text")
    )


def test_the_cursor_is_accepted_by_an_initial_load() -> None:
    assert SPEC.cursor.column == "updated_at"
    changed = stop(columns(updated_at="text"), last=columns(updated_at="int8"))
    assert changed.endswith("[it is the cursor: order an initial load]")


def test_names_are_compared_as_the_engine_does() -> None:
    now = columns(ID="int4", name="text")
    assert drift(now, spec=FOLDING) == Drift(findings=("column id is now written ID",))
    assert "column id (int4) is gone" in stop(now)


def test_a_folding_engine_leaves_out_what_is_excluded_in_any_case() -> None:
    spec = replace(FOLDING, columns=ColumnSpec(exclude=("secret",)))
    assert spec.excluded(["id", "Secret"]) == {"Secret"}
    assert spec.excluded(["secret", "Secret"]) == {"secret"}
    exact = replace(spec, source=SourceSpec(name="s", kind="sql", engine="odbc", connection=""))
    assert exact.excluded(["id", "Secret"]) == frozenset()


def test_what_would_stop_a_frozen_table_is_set_aside_by_quarantine() -> None:
    found = drift((*LAST, *columns(age="int2")), spec=ASIDE)
    assert found.reasons == ("column age (int2) is new",)


def test_a_backfill_is_stopped_and_never_set_aside() -> None:
    assert "age" in stop((*LAST, *columns(age="int2")), "backfill", spec=ASIDE)


def test_the_same_drift_has_one_fingerprint_and_another_has_another() -> None:
    assert fingerprint(("a", "b")) == fingerprint(["a", "b"]) != fingerprint(("a", "c"))


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (LAST, True),
        (columns(name="text", id="int4"), False),
        (columns(id="int8", name="text"), False),
        ((*LAST, *columns(age="int2")), False),
        (tuple(replace(each, lands="int64") for each in LAST), False),
    ],
)
def test_files_have_one_schema_if_columns_their_types_and_order_are_the_same(
    found: tuple[PlannedColumn, ...],
    same: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert is_same(LAST, found) is same
    if same:
        assert is_same(older(*LAST), found)

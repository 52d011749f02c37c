"""Any two lakes are compared as a plain model of their current states would be."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_samples import READ_AT, Lakes, moment

import cli.migration.lake.spool as spooling
from tests.long_forms import LONG

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 5),
            "name": st.sampled_from(["a", "b", None]),
            "updated_at": st.none() | st.integers(1, 4).map(moment),
        }
    ),
    max_size=6,
)
EXTRACTS = st.lists(ROWS, min_size=1, max_size=3)
RUNS = st.lists(
    st.tuples(
        ROWS,
        st.sampled_from(["upsert", "delete"]),
        st.sampled_from(["incremental"] * 3 + ["snapshot"]),
    ),
    min_size=1,
    max_size=3,
)
Row = dict[str, Any]


def old_state(extracts: list[list[Row]]) -> dict[int, Row]:
    state: dict[int, Row] = {}
    for rows in extracts:
        for row in sorted(rows, key=lambda row: (row["updated_at"] is not None, row["updated_at"])):
            state[row["id"]] = row
    return state


def new_state(runs: list[tuple[list[Row], str, str]]) -> dict[int, Row]:
    state: dict[int, Row] = {}
    for rows, operation, kind in runs:
        if kind == "snapshot":
            state = {}
        for row in unique(rows):
            state.pop(row["id"], None)
            if operation == "upsert":
                state[row["id"]] = row
    return state


def unique(rows: list[Row]) -> list[Row]:
    """A run holds each key once."""
    return list({row["id"]: row for row in rows}.values())


@given(extracts=EXTRACTS, runs=RUNS)
@settings(max_examples=60 if LONG else 12, deadline=None)
def test_differences_are_those_of_the_current_states(
    tmp_path_factory: pytest.TempPathFactory, extracts: list[list[Row]], runs: Any
) -> None:
    lakes = Lakes(root=tmp_path_factory.mktemp("lakes"))
    lakes.describe()
    for number, rows in enumerate(extracts):
        lakes.extract(rows, time=f"2025-10-07T12:34:5{number}Z")
    for number, (rows, operation, kind) in enumerate(runs, 1):
        stamped = [{**row, "_read_at": READ_AT} for row in unique(rows)]
        lakes.publish(stamped, number=number, operation=operation, kind=kind)
    old, new = old_state(extracts), new_state(runs)
    both = old.keys() & new.keys()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spooling, "ROWS_AT_ONCE", 7)
        counts = lakes.counts()
    assert counts == {
        "equal": sum(old[key] == new[key] for key in both),
        "different": sum(old[key] != new[key] for key in both),
        "only_old": len(old.keys() - both),
        "only_new": len(new.keys() - both),
        "outside": 0,
    }

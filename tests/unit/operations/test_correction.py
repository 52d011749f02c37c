"""A watermark is moved by hand only where nobody works from it, and never over rows unasked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from memory_ledger import MemoryStates

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.bound import Mark
from shared.loading.errors import CursorUnsound, TurnLost, WatermarkMoved
from shared.loading.turn import Claim, TableBusy, Turn, claim, end, release, take
from shared.loading.watermark import Watermark
from shared.operations.correction import Corrector, RowsSkipped, VersionUnknown, write_position

SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="integer", column="no"),
    target="bronze/crm/a",
)
STAMPED = replace(SPEC, cursor=CursorSpec(kind="timestamp", column="at"))
TABLE = SPEC.name
NOW = datetime(2026, 1, 2, tzinfo=UTC)
LOADED = Watermark(
    position="100",
    how="exact",
    run_id="run",
    moved_at="t",
    version=3,
    overlap="bronze/_staging/overlap",
    overlap_run_no=2,
)


@pytest.fixture
def states() -> MemoryStates:
    found = MemoryStates()
    found.turns[TABLE] = Turn(
        epoch=2, last_run="run", published_run_no=2, marks=(Mark(seen_at="t", value="200"),)
    )
    older = [replace(LOADED, version=n, position=str(n * 10), overlap=None) for n in (2, 1)]
    found.marks[TABLE] = [LOADED, *older]
    return found


def corrector(states: MemoryStates, spec: TableSpec = SPEC) -> Corrector:
    return Corrector(states=states, spec=spec, reason="because", now=NOW)


def test_a_watermark_is_set_back_with_who_and_why(states: MemoryStates) -> None:
    done = corrector(states).set("50", skip=False)
    assert done.before == LOADED
    assert done.after == states.watermark(TABLE) == states.history(TABLE, 1)[0]
    assert (done.after.position, done.after.version, done.after.run_id) == ("50", 4, None)
    assert (done.after.by, done.after.reason, done.after.moved_at) == (
        "set",
        "because",
        NOW.isoformat(),
    )


def test_nothing_that_was_made_from_the_old_watermark_is_used_again(states: MemoryStates) -> None:
    after = corrector(states).set("50", skip=False).after
    turn = states.turn(TABLE)
    assert (after.overlap, turn.marks, turn.last_run) == (None, (), None)
    assert turn.published_run_no == 2


@pytest.mark.parametrize("position", ["101", "1000000000000000000000"])
def test_rows_are_skipped_only_if_that_is_asked_for(states: MemoryStates, position: str) -> None:
    with pytest.raises(RowsSkipped, match="100"):
        corrector(states).set(position, skip=False)
    assert states.watermark(TABLE) == LOADED
    assert corrector(states).set(position, skip=True).after.position == position


def test_a_table_without_a_watermark_counts_as_loaded_elsewhere_if_that_is_asked_for() -> None:
    states = MemoryStates()
    with pytest.raises(RowsSkipped, match="no watermark"):
        corrector(states).set("7", skip=False)
    done = corrector(states).set("7", skip=True)
    assert (done.before, done.after.position, done.after.version) == (None, "7", 1)


def test_the_same_position_may_be_set_again(states: MemoryStates) -> None:
    assert corrector(states).set("100", skip=False).after.version == 4


def test_what_is_no_value_of_the_cursor_is_refused(states: MemoryStates) -> None:
    with pytest.raises(CursorUnsound):
        corrector(states).set("yesterday", skip=True)


def test_a_position_of_another_kind_of_cursor_stands_in_nobodys_way(states: MemoryStates) -> None:
    with pytest.raises(RowsSkipped):
        corrector(states, STAMPED).set("2026-01-01", skip=False)
    assert corrector(states, STAMPED).set("2026-01-01", skip=True).after.version == 4


def test_a_rollback_brings_an_earlier_position_back_as_a_new_version(states: MemoryStates) -> None:
    done = corrector(states).roll_back(2)
    assert (done.after.position, done.after.version, done.after.by) == ("20", 4, "rollback")
    assert done.after.how == "exact"
    assert corrector(states).roll_back(3).after.position == "100"


@pytest.mark.parametrize("version", [3, 4, 99])
def test_there_is_no_way_back_to_what_is_not_before(states: MemoryStates, version: int) -> None:
    with pytest.raises(VersionUnknown):
        corrector(states).roll_back(version)


def test_there_is_no_way_back_to_a_value_of_another_cursor(states: MemoryStates) -> None:
    with pytest.raises(CursorUnsound):
        corrector(states, STAMPED).roll_back(2)


def claim_of(turn: Turn) -> Claim:
    return Claim(run_id="r", epoch=turn.epoch, run_no=turn.epoch, plan="p", landing="l")


def test_nobodys_load_is_overtaken(states: MemoryStates) -> None:
    held = take(states.turn(TABLE), run_id="r", instance="i", at="")
    claimed = release(claim(held, claim_of(held)))
    for turn in (held, claimed):
        states.turns[TABLE] = turn
        with pytest.raises(TableBusy):
            corrector(states).set("50", skip=False)
        with pytest.raises(TableBusy):
            corrector(states).roll_back(1)
        assert states.watermark(TABLE) == LOADED
    states.turns[TABLE] = end(held, run_id="r", epoch=held.epoch)
    corrector(states).set("50", skip=False)


def test_a_load_that_planned_before_and_claims_after_has_lost_its_turn(
    states: MemoryStates,
) -> None:
    held = take(states.turn(TABLE), run_id="r", instance="i", at="")
    states.turns[TABLE] = release(held)
    corrector(states).set("50", skip=False)
    with pytest.raises(TurnLost):
        claim(states.turn(TABLE), claim_of(held))


def test_a_watermark_that_moved_meanwhile_is_not_overwritten(states: MemoryStates) -> None:
    class Late(MemoryStates):
        def watermark(self, table: str) -> Watermark | None:
            found = super().watermark(table)
            if found == LOADED:
                self.marks[table].insert(0, replace(LOADED, position="120", version=4))
            return found

    late = Late(turns=states.turns, marks=states.marks)
    with pytest.raises(WatermarkMoved):
        corrector(late).set("50", skip=False)


@pytest.mark.parametrize(
    ("before", "given", "written"),
    [
        ("2026-01-01 00:00:00.000000", "2025-12-31", "2025-12-31 00:00:00.000000"),
        (
            "2026-01-01 00:00:00.000000+00",
            "2025-12-31T01:00:00+01:00",
            "2025-12-31 00:00:00.000000+00",
        ),
        ("2026-01-01 00:00:00.000", "2025-12-31 00:00:00.1239", "2025-12-31 00:00:00.123"),
        ("2026-01-01 00:00:00", "2025-12-31 00:00:00.9", "2025-12-31 00:00:00"),
        (None, "2025-12-31", "2025-12-31 00:00:00"),
        (None, "2025-12-31 00:00:00.1234567", "2025-12-31 00:00:00.1234567"),
        (None, "2025-12-31T02:00:00.5+02:00", "2025-12-31 00:00:00.5+00"),
    ],
)
def test_a_position_is_written_as_loads_write_it(
    before: str | None, given: str, written: str
) -> None:
    known = replace(LOADED, position=before) if before else None
    assert write_position(STAMPED, given, known) == written


def test_a_position_that_comes_back_is_still_of_the_column_that_it_was_written_for(
    states: MemoryStates,
) -> None:
    states.marks[TABLE][1] = replace(states.marks[TABLE][1], zoned=True)
    assert corrector(states).roll_back(2).after.zoned is True
    assert corrector(states).set("5", skip=False).after.zoned is None

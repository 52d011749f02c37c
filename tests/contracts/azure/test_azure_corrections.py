"""A watermark moved by hand and a load that begins at the same moment: one of them comes first, none is undone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from azure_interference import Interference, Request

from shared.adapters.azure.entities import Entities, Row
from shared.adapters.azure.table_states import AzureTableStates
from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.errors import StateUnavailable, TurnLost, WatermarkMoved
from shared.loading.order import table_key
from shared.loading.turn import Claim, TableBusy, Turn, claim, close_claim, release, take
from shared.loading.watermark import Watermark
from shared.operations.correction import Corrector

SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="integer", column="no"),
    target="bronze/crm/a",
)
TABLE = SPEC.name
LOADED = Watermark(position="100", how="exact", run_id="run", moved_at="t")


@pytest.fixture
def states(rows: Entities) -> AzureTableStates:
    found = AzureTableStates(rows)
    found.advance(TABLE, step=lambda turn: replace(turn, epoch=1), before=None, after=LOADED)
    return found


def corrector(states: AzureTableStates, reason: str = "because") -> Corrector:
    return Corrector(states=states, spec=SPEC, reason=reason, now=datetime.now(UTC))


def taken(turn: Turn) -> Turn:
    return take(turn, run_id="r", instance="i", at="")


class Overtaken(Entities):
    """After the read of a row somebody else comes first, once."""

    def __init__(self, rows: Entities, *, key: str, by: Callable[[], object]) -> None:
        super().__init__(rows._client)
        self._key, self._by = key, [by]

    def get(self, partition: str, key: str) -> Row | None:
        found = super().get(partition, key)
        if key == self._key and self._by:
            self._by.pop()()
        return found


@pytest.mark.parametrize("key", ["watermark", "turn"])
def test_a_load_that_begins_during_a_correction_keeps_it_away(
    rows: Entities, states: AzureTableStates, key: str
) -> None:
    late = AzureTableStates(Overtaken(rows, key=key, by=lambda: states.change_turn(TABLE, taken)))
    with pytest.raises(TableBusy):
        corrector(late).set("50", skip=False)
    assert states.watermark(TABLE) == LOADED
    assert states.turn(TABLE).holder == "r"


def test_a_correction_during_the_taking_of_a_turn_is_seen_by_the_load(
    rows: Entities, states: AzureTableStates
) -> None:
    late = AzureTableStates(
        Overtaken(rows, key="turn", by=lambda: corrector(states).set("50", skip=False))
    )
    turn = late.change_turn(TABLE, taken)
    assert turn.epoch == states.turn(TABLE).epoch == 3
    mark = states.watermark(TABLE)
    assert mark is not None
    assert mark.position == "50"


def test_a_commit_from_before_a_correction_does_not_undo_it(states: AzureTableStates) -> None:
    """Its turn was freed because its worker seemed dead, which it was not."""
    late = states.change_turn(TABLE, taken)
    mine = Claim(run_id="r", epoch=late.epoch, run_no=late.epoch, plan="p", landing="l")
    states.change_turn(TABLE, release)
    corrected = corrector(states).set("50", skip=False).after
    with pytest.raises(TurnLost):
        states.change_turn(TABLE, lambda turn: claim(turn, mine))
    states.advance(
        TABLE,
        step=lambda turn: close_claim(turn, mine, ()),
        before=LOADED,
        after=replace(LOADED, position="120", version=2),
    )
    assert states.watermark(TABLE) == corrected


def test_of_corrections_at_once_one_is_made(rows: Entities, states: AzureTableStates) -> None:
    """All have read the watermark before any of them writes."""
    together = Barrier(6)

    def put(number: int) -> int:
        late = Overtaken(rows, key="watermark", by=lambda: together.wait(60))
        try:
            corrector(AzureTableStates(late), f"reason {number}").set(str(number), skip=False)
        except WatermarkMoved:
            return 0
        return 1

    with ThreadPoolExecutor(6) as pool:
        made = sum(pool.map(put, range(1, 7)))
    assert made == 1
    assert [mark.version for mark in states.history(TABLE, 20)] == [2, 1]


def test_a_correction_whose_answer_is_lost_is_made_once(
    rows: Entities,
    states: AzureTableStates,
    disturbed: Callable[[Entities], Entities],
    table_proxy: Interference,
) -> None:
    through = AzureTableStates(disturbed(rows))
    table_proxy.lose_answer(is_batch)
    with pytest.raises(StateUnavailable):
        corrector(through).set("50", skip=False)
    history = states.history(TABLE, 9)
    assert [mark.position for mark in history] == ["50", "100"]
    after = history[0]
    through.advance(TABLE, step=lambda turn: replace(turn, epoch=99), before=LOADED, after=after)
    assert (states.history(TABLE, 9), states.turn(TABLE).epoch) == (history, 2)


def is_batch(request: Request) -> bool:
    return request.target.endswith("$batch")


def test_history_is_read_from_a_version_on(states: AzureTableStates) -> None:
    for position in ("90", "80", "70"):
        corrector(states).set(position, skip=False)
    assert [mark.version for mark in states.history(TABLE, 2)] == [4, 3]
    assert [mark.version for mark in states.history(TABLE, 2, below=3)] == [2, 1]
    assert states.history(TABLE, 2, below=1) == ()


def test_a_watermark_that_was_stored_before_it_had_a_mover_can_be_read(
    rows: Entities, states: AzureTableStates
) -> None:
    stored = {
        "position": "7",
        "how": "exact",
        "run_id": "run",
        "moved_at": "t",
        "version": 1,
        "overlap": None,
        "overlap_run_no": 0,
    }
    rows.put(table_key(TABLE), "watermark", stored)
    mark = states.watermark(TABLE)
    assert mark == replace(LOADED, position="7")

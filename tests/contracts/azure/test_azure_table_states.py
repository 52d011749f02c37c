from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from azure_interference import Interference, Request

from shared.adapters.azure.entities import Entities, Row
from shared.adapters.azure.table_states import AzureTableStates
from shared.loading.errors import StateUnavailable, WatermarkMoved
from shared.loading.order import table_key
from shared.loading.plan import PlannedColumn
from shared.loading.turn import Claim, Turn, claim, close_claim, end, release, request, take
from shared.loading.watermark import Watermark

TABLE = "spotify/dbo.DimUser"
ODD_TABLES = [
    TABLE,
    "s-1/public.Ünïcödé 表",
    "s-1/a'b.c\"d",
    "s-1/a/b\\c.d?e#f%",
    "s-1/.hidden._x",
    "s-1/A.b",
    "s-1/a.B",
    "s-1/\t\n\x7f🙂",
]
CLAIM = Claim(run_id="run", epoch=1, run_no=1, plan="p", landing="l")

Through = Callable[[Entities], Entities]


@pytest.fixture
def states(rows: Entities) -> AzureTableStates:
    return AzureTableStates(rows)


def taken(turn: Turn) -> Turn:
    return take(turn, run_id="run", instance="i", at="2026-01-01T00:00:00+00:00")


def ended(turn: Turn) -> Turn:
    return end(turn, run_id=turn.holder or "", epoch=turn.epoch)


def freed(turn: Turn) -> Turn:
    return release(turn) if turn.instance == "i" else turn


def counted(turn: Turn) -> Turn:
    return replace(turn, epoch=turn.epoch + 1)


def claimed(states: AzureTableStates) -> None:
    states.change_turn(TABLE, taken)
    states.change_turn(TABLE, lambda turn: claim(turn, CLAIM))


def closed(turn: Turn) -> Turn:
    return close_claim(turn, CLAIM, ())


def mark(version: int, position: str = "x") -> Watermark:
    return Watermark(
        position=f"{position}{version}",
        how="exact",
        run_id="run",
        moved_at="2026-01-01T00:00:00+00:00",
        version=version,
    )


def test_a_table_never_loaded_has_a_fresh_turn_and_no_watermark(states: AzureTableStates) -> None:
    assert states.turn(TABLE) == Turn()
    assert states.watermark(TABLE) is None
    assert states.history(TABLE, 5) == ()
    assert list(states.held()) == []


def test_one_look_gives_turn_and_watermark_and_nothing_of_the_history(
    states: AzureTableStates,
) -> None:
    assert states.glance(TABLE) == (Turn(), None)
    for version in range(1, 4):
        before = states.watermark(TABLE)
        states.advance(
            TABLE,
            step=lambda turn: replace(turn, epoch=turn.epoch + 1),
            before=before,
            after=mark(version),
        )
    assert states.glance(TABLE) == (replace(Turn(), epoch=3), mark(3))


def test_no_change_is_lost_among_eight_at_once(states: AzureTableStates) -> None:
    def count(_: int) -> None:
        for _ in range(10):
            states.change_turn(TABLE, counted)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert states.turn(TABLE).epoch == 8 * 10


def test_of_many_takers_one_holds_the_turn(states: AzureTableStates) -> None:
    def try_to_take(number: int) -> Turn:
        def step(turn: Turn) -> Turn:
            if turn.holder is not None:
                return turn
            return take(turn, run_id=f"{number}", instance=f"{number}", at="")

        return states.change_turn(TABLE, step)

    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(try_to_take, range(8)))
    assert seen == {states.turn(TABLE)}
    assert states.turn(TABLE).epoch == 1


def test_a_step_that_refuses_changes_nothing(states: AzureTableStates) -> None:
    states.change_turn(TABLE, taken)

    def refuse(turn: Turn) -> Turn:
        raise WatermarkMoved

    with pytest.raises(WatermarkMoved):
        states.change_turn(TABLE, refuse)
    assert states.turn(TABLE) == taken(Turn())


@pytest.mark.parametrize("table", ODD_TABLES)
def test_a_table_is_held_under_its_own_name_until_its_turn_ends(
    states: AzureTableStates, table: str
) -> None:
    states.change_turn(table, taken)
    states.change_turn(table, lambda turn: request(turn, "order").turn)
    assert list(states.held()) == [table]
    states.change_turn(table, ended)
    assert list(states.held()) == [table]
    states.change_turn(table, taken)
    states.change_turn(table, ended)
    assert list(states.held()) == []


def test_tables_with_alike_names_are_told_apart(states: AzureTableStates) -> None:
    for number, table in enumerate(ODD_TABLES):
        states.change_turn(table, lambda turn, number=number: replace(turn, served=number + 1))
    assert sorted(states.held()) == sorted(ODD_TABLES)
    assert [states.turn(table).served for table in ODD_TABLES] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_watermark_moves_with_the_turn(states: AzureTableStates) -> None:
    claimed(states)
    states.advance(TABLE, step=closed, before=None, after=mark(1))
    assert states.watermark(TABLE) == mark(1)
    assert states.turn(TABLE).published_run_no == 1
    assert states.turn(TABLE).claim is None


@pytest.mark.parametrize("after", [None, mark(1)])
def test_a_watermark_that_is_to_stay_stays(
    states: AzureTableStates, after: Watermark | None
) -> None:
    advanced(states, after)
    claimed(states)
    states.advance(TABLE, step=closed, before=after, after=after)
    assert states.watermark(TABLE) == after
    assert len(states.history(TABLE, 5)) == (0 if after is None else 1)
    assert states.turn(TABLE).claim is None


def advanced(states: AzureTableStates, to: Watermark | None) -> None:
    if to is not None:
        states.advance(
            TABLE, step=lambda turn: replace(turn, last_run="earlier"), before=None, after=to
        )


def test_a_watermark_that_is_not_as_expected_leaves_both_as_they_are(
    states: AzureTableStates,
) -> None:
    claimed(states)
    for before in (mark(1), mark(2)):
        turn = states.turn(TABLE)
        with pytest.raises(WatermarkMoved):
            states.advance(TABLE, step=closed, before=before, after=mark(3))
        assert states.turn(TABLE) == turn
        assert states.watermark(TABLE) in (None, mark(7))
        if states.watermark(TABLE) is None:
            states.advance(TABLE, step=counted, before=None, after=mark(7))


def test_a_commit_that_was_closed_before_moves_nothing(states: AzureTableStates) -> None:
    claimed(states)
    states.advance(TABLE, step=closed, before=None, after=mark(1))
    states.advance(TABLE, step=closed, before=None, after=mark(9))
    assert states.watermark(TABLE) == mark(1)


def test_one_commit_carried_out_by_many_at_once_advances_once(states: AzureTableStates) -> None:
    claimed(states)

    def carry_out(_: int) -> None:
        states.advance(TABLE, step=closed, before=None, after=mark(1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(carry_out, range(6)))
    assert states.history(TABLE, 5) == (mark(1),)
    assert states.turn(TABLE).published_run_no == 1


def test_somebody_between_the_reads_is_not_taken_for_a_moved_watermark(
    rows: Entities, states: AzureTableStates
) -> None:
    claimed(states)
    late = AzureTableStates(Overtaken(rows, by=states))
    late.advance(TABLE, step=closed, before=None, after=mark(1))
    assert states.watermark(TABLE) == mark(1)


class Overtaken(Entities):
    """After its first read somebody else carries the commit out."""

    def __init__(self, rows: Entities, *, by: AzureTableStates) -> None:
        super().__init__(rows._client)
        self._by: AzureTableStates | None = by

    def get(self, partition: str, key: str) -> Row | None:
        found = super().get(partition, key)
        by, self._by = self._by, None
        if by is not None:
            by.advance(TABLE, step=closed, before=None, after=mark(1))
        return found


def test_an_advance_whose_turn_changed_meanwhile_starts_from_the_new_one(
    states: AzureTableStates,
) -> None:
    claimed(states)
    coming = [1]

    def step(turn: Turn) -> Turn:
        if coming.pop() if coming else None:
            states.change_turn(TABLE, lambda turn: request(turn, "order").turn)
        return closed(turn)

    states.advance(TABLE, step=step, before=None, after=mark(1))
    assert states.turn(TABLE).requested == 1
    assert states.turn(TABLE).claim is None
    assert states.history(TABLE, 5) == (mark(1),)


def test_an_advance_whose_answer_is_lost_counts_once(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    states = AzureTableStates(disturbed(rows))
    claimed(states)
    table_proxy.lose_answer(is_batch)
    with pytest.raises(StateUnavailable):
        states.advance(TABLE, step=closed, before=None, after=mark(1))
    states.advance(TABLE, step=closed, before=None, after=mark(1))
    assert states.history(TABLE, 5) == (mark(1),)


def is_batch(request: Request) -> bool:
    return request.target.endswith("$batch")


def is_put(request: Request) -> bool:
    return request.method == "PUT" and "RowKey='turn'" in request.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A step that is applied to its own result, after others; and the turn that comes of it."""

    before: tuple[Callable[[Turn], Turn], ...] = (taken,)
    step: Callable[[Turn], Turn]
    wanted: Turn


REPEATED = {
    # Counted twice: the load is due once all the same, for the same order.
    "request": Repeated(
        before=(),
        step=lambda turn: request(turn, "order").turn,
        wanted=Turn(requested=2, waiting="order"),
    ),
    "take": Repeated(before=(), step=taken, wanted=taken(Turn())),
    "claim": Repeated(
        step=lambda turn: claim(turn, CLAIM), wanted=replace(taken(Turn()), claim=CLAIM)
    ),
    "end": Repeated(step=ended, wanted=ended(taken(Turn()))),
    "release": Repeated(step=freed, wanted=freed(taken(Turn()))),
}


@pytest.mark.parametrize("case", REPEATED.values(), ids=REPEATED)
def test_every_step_of_a_turn_bears_being_applied_to_its_own_result(
    rows: Entities, disturbed: Through, table_proxy: Interference, case: Repeated
) -> None:
    states = AzureTableStates(disturbed(rows))
    for step in (counted, lambda turn: replace(turn, epoch=0), *case.before):
        states.change_turn(TABLE, step)
    table_proxy.lose_answer(is_put)
    states.change_turn(TABLE, case.step)
    assert not table_proxy.is_pending
    assert states.turn(TABLE) == case.wanted
    is_open = case.wanted.holder is not None or case.wanted.waiting is not None
    assert not is_open or list(states.held()) == [TABLE]


def test_history_is_given_newest_first_and_no_more_than_asked(states: AzureTableStates) -> None:
    for version in range(1, 13):
        states.advance(
            TABLE,
            step=counted,
            before=mark(version - 1) if version > 1 else None,
            after=mark(version),
        )
    assert states.history(TABLE, 3) == (mark(12), mark(11), mark(10))
    assert states.history(TABLE, 100) == tuple(mark(version) for version in range(12, 0, -1))


def test_a_watermark_removed_by_hand_can_be_set_again(
    rows: Entities, states: AzureTableStates
) -> None:
    states.advance(TABLE, step=counted, before=None, after=mark(1, "old"))
    rows.remove(table_key(TABLE), "watermark")
    states.advance(TABLE, step=counted, before=None, after=mark(1, "new"))
    assert states.watermark(TABLE) == mark(1, "new")


def test_a_turn_larger_than_a_property_is_kept(states: AzureTableStates) -> None:
    columns = tuple(
        PlannedColumn(name=f"column {number} 表", source_type="varchar(100)")
        for number in range(1024)
    )
    states.change_turn(TABLE, lambda turn: replace(turn, columns=columns))
    assert states.turn(TABLE).columns == columns

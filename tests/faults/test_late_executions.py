"""Executions of a step that come after the turn has passed to another load: zombies."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from e2e_lake import listing, published
from e2e_source import STAMPED, Source, create_items
from faults_by_hand import STEPS, Load, working_on
from faults_extent import extent, only_in_full
from faults_rig import Rig

from local.oracle import compare
from shared.loading.errors import TurnLost
from shared.loading.turn import Turn
from shared.runtime.wiring import App
from shared.telemetry.json_lines import JsonLines

# For a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(1800)

TABLE = "item"
_entropy = (f"{number:06x}" for number in count(1))


@pytest.fixture(scope="module")
def rig(new_shared_rig: Callable[[], Rig]) -> Rig:
    """A rig of which only the storage runs: the steps are carried out by hand."""
    rig = new_shared_rig()
    rig.storage.start()
    return rig


@pytest.fixture
def source(rig: Rig, new_source: Callable[..., Source]) -> Source:
    source = new_source(rig)
    create_items(source, TABLE)
    # What changed within the hour lies above every bound, and is read again by the next load.
    source.declare(TABLE, watermark=STAMPED, settle="1h")
    return source


@pytest.fixture
def app(rig: Rig, source: Source) -> Iterator[App]:
    settings = {**rig.environ, **rig.storage.settings(), "TIDEMARK_TABLES": str(rig.tables)}
    with working_on(settings) as app:
        yield app


@pytest.fixture
def new_load(app: App, source: Source) -> Callable[[], Load]:
    """Makes loads; before each the source gets another row."""

    def make() -> Load:
        source.execute(f"INSERT INTO {TABLE} (name) VALUES ('one more')")
        return Load.of(source.full(TABLE), app, next(_entropy))

    return make


def state_of(app: App, source: Source, rig: Rig) -> tuple[object, ...]:
    """What a late execution must not change: bronze, the turn, and the watermark."""
    table, target = source.full(TABLE), source.target(TABLE)
    bronze = {path: each for path, each in listing(rig.lake).items() if path.startswith(target)}
    return bronze, app.states.turn(table), app.states.watermark(table)


def differs(source: Source, app: App, rig: Rig) -> str | None:
    """Say how bronze differs from the source, None if it does not."""
    found = compare(source.uri, app.table(source.full(TABLE)), rig.lake)
    return None if found.equal and not found.published_twice.count else str(found)


@pytest.mark.parametrize("step", extent(STEPS[1:], ("claim_commit", "publish")))
def test_a_step_that_comes_after_the_next_load_has_ended_changes_nothing(
    step: str, app: App, source: Source, rig: Rig, new_load: Callable[[], Load]
) -> None:
    new_load().finish()
    late = new_load().up_to(step)
    late.lose_turn()
    new_load().finish()
    before = state_of(app, source, rig)
    runs = app.ledger.run(late.order.run_id)
    if step in ("plan_load", "claim_commit"):
        with pytest.raises(TurnLost):
            late.step()
    else:
        late.step()
    assert state_of(app, source, rig) == before
    if step in ("publish", "advance_watermark"):  # rolled forward by the load that came next
        assert app.ledger.run(late.order.run_id) == runs
    new_load().finish()
    assert differs(source, app, rig) is None


@only_in_full
@pytest.mark.parametrize("step", ["extract_slice", "judge_quality", "claim_commit"])
def test_what_a_late_load_has_read_is_never_published(
    step: str, app: App, source: Source, rig: Rig, new_load: Callable[[], Load]
) -> None:
    late = new_load().up_to(step)
    late.lose_turn()
    source.execute(f"UPDATE {TABLE} SET name = 'newer', updated_at = clock_timestamp()")
    new_load().finish()
    with pytest.raises(TurnLost):
        late.finish()
    runs = {run.manifest["run_id"] for run in published(rig.lake, source.target(TABLE))}
    assert late.order.run_id not in runs
    assert differs(source, app, rig) is None


@only_in_full
def test_a_refused_commit_is_written_to_its_run_once(
    app: App, source: Source, new_load: Callable[[], Load]
) -> None:
    late = new_load().up_to("claim_commit")
    late.lose_turn()
    new_load().finish()
    for _ in range(2):
        with pytest.raises(TurnLost):
            late.step()
    record = app.ledger.run(late.order.run_id)
    assert record is not None
    [finding] = record.findings
    assert "attempt 1 came too late to commit" in finding


@only_in_full
def test_a_refused_step_is_logged_with_the_run_that_it_worked_for(
    app: App, new_load: Callable[[], Load], caplog: pytest.LogCaptureFixture
) -> None:
    late = new_load().up_to("claim_commit")
    late.lose_turn()
    new_load().finish()
    caplog.clear()
    caplog.handler.setFormatter(JsonLines())
    answer = late.answer_of_claim()
    assert answer["refused"]["type"] == "TurnLost"
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    [line] = [each for each in lines if each["message"] == "step refused"]
    assert (
        line.items()
        >= {
            "step": "claim_commit",
            "error": "TurnLost",
            "run_id": late.order.run_id,
            "table": late.order.table,
            "epoch": 1,
        }.items()
    )


def test_a_commit_that_is_refused_in_the_last_moment_leaves_no_run_that_commits_for_ever(
    app: App, source: Source, new_load: Callable[[], Load], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn passes between the look at it and the compare-and-set."""
    late = new_load().up_to("claim_commit")
    record_run, meanwhile = app.ledger.record_run, new_load()

    def record_and_lose(record: object) -> None:
        record_run(record)  # type: ignore[arg-type]
        monkeypatch.undo()
        late.lose_turn()
        meanwhile.finish()

    monkeypatch.setattr(type(app.ledger), "record_run", lambda _, record: record_and_lose(record))
    with pytest.raises(TurnLost):
        late.step()
    record = app.ledger.run(late.order.run_id)
    assert record is not None
    assert (record.state, record.outcome, record.rows, record.folder) == ("failed", None, 0, None)
    assert record.error is not None
    assert record.error.type == "TurnLost"


@only_in_full
def test_a_repeated_claim_leaves_the_numbers_of_the_commit_that_others_roll_forward(
    app: App, source: Source, rig: Rig, new_load: Callable[[], Load]
) -> None:
    late = new_load().up_to("publish")
    claimed = app.ledger.run(late.order.run_id)
    late.lose_turn()
    rolling = new_load()
    late.done = STEPS.index("claim_commit")
    with pytest.raises(TurnLost):
        late.step()
    rolling.finish()
    record = app.ledger.run(late.order.run_id)
    assert claimed is not None
    assert record is not None
    assert (record.state, record.rows) == ("succeeded", claimed.rows)
    assert differs(source, app, rig) is None


@only_in_full
def test_a_late_plan_does_not_bring_a_run_back_that_was_written_down_as_failed(
    app: App, source: Source, new_load: Callable[[], Load]
) -> None:
    late = new_load().up_to("extract_slice")
    record = app.ledger.run(late.order.run_id)
    assert record is not None
    app.ledger.record_run(replace(record, state="failed"))
    late.done = STEPS.index("plan_load")
    late.step()
    record = app.ledger.run(late.order.run_id)
    assert record is not None
    assert record.state == "failed"


@only_in_full
def test_two_executions_at_once_keep_the_digests_that_the_watermark_names(
    app: App, source: Source, rig: Rig, new_load: Callable[[], Load]
) -> None:
    """One has moved the watermark while the other, which saw the claim open, had not read it yet."""
    new_load().finish()
    load = new_load().up_to("advance_watermark")
    states, turn = type(app.states), app.states.turn
    claimed: Turn = turn(source.full(TABLE))
    with pytest.MonkeyPatch.context() as patched:  # the quicker one has not cleared up yet
        patched.setattr(type(app.lake), "remove", lambda _, folder: None)
        load.step()
    mark = app.states.watermark(source.full(TABLE))
    assert mark is not None
    assert mark.overlap is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(states, "turn", lambda _, table: claimed)
        load.done -= 1
        load.step()
    assert app.lake.exists(mark.overlap)


def test_a_run_that_was_rolled_forward_is_not_loaded_again_by_its_rerun(
    app: App, source: Source, rig: Rig, new_load: Callable[[], Load]
) -> None:
    """Its folder is taken: a second claim could never be carried out, and would block the table."""
    first = new_load().up_to("publish")
    first.lose_turn()
    new_load().finish()
    shown = app.ledger.run(first.order.run_id)
    source.execute(f"INSERT INTO {TABLE} (name) VALUES ('since then')")
    again = Load(order=replace(first.order, attempt=2), app=app).up_to("plan_load")
    with pytest.raises(AssertionError):  # there is nothing to plan
        again.step()
    again.lose_turn()
    assert app.ledger.run(first.order.run_id) == shown
    new_load().finish()
    assert differs(source, app, rig) is None


def test_a_run_is_never_claimed_twice(
    app: App,
    source: Source,
    rig: Rig,
    new_load: Callable[[], Load],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two orchestrations of one run, of which the second plans just before the first is through."""
    first = new_load().up_to("end_turn")
    first.lose_turn()
    source.execute(f"INSERT INTO {TABLE} (name) VALUES ('since then')")
    second = Load(order=first.order, app=app)
    with monkeypatch.context() as patched:
        patched.setattr(type(app.ledger), "run", lambda _, run_id: None)
        second.up_to("claim_commit")
    with pytest.raises(TurnLost):
        second.step()
    second.lose_turn()
    new_load().finish()
    assert differs(source, app, rig) is None

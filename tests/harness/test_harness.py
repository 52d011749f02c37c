"""The harness in its short form: scripts step by step, and proof that it finds what is broken."""

from dataclasses import replace

import pytest

from local.harness.chance import write_script
from local.harness.report import describe
from local.harness.script import Script
from local.harness.shrinking import shrink
from local.harness.trial import Place, step_by_step
from tests.long_forms import LONG

SEEDS = {
    20260101: ("by_default", "by_application", "with_nulls"),
    20260102: ("composite_key", "without_cursor", "cached_numbers"),
}
STEPS = 60 if LONG else 30
# A broken bound needs more of them to be found for certain.
BROKEN_STEPS = 120
# The time limit is only for what hangs.
pytestmark = pytest.mark.timeout(1200)
# Enough for the hasty bound to pass over a transaction that is open.
BROKEN_TABLES = ("by_default", "numbers")


@pytest.mark.parametrize("seed", [20260101, pytest.param(20260102, marks=pytest.mark.long)])
def test_no_row_is_lost_wrong_extra_or_doubled(sound: Place, seed: int) -> None:
    trial = step_by_step(sound, write_script(seed, SEEDS[seed], writers=3, steps=STEPS))
    found = [(each.kind.name, each.keys, each.faults) for each in trial.judgements]
    assert [each for each in found if each[1] or each[2]] == []
    assert trial.calls.faults == []
    assert trial.played.transactions > STEPS // 10


@pytest.mark.long
def test_a_bound_that_passes_over_open_transactions_is_found(hasty: Place) -> None:
    script = write_script(20260109, BROKEN_TABLES, writers=3, steps=BROKEN_STEPS)
    trial = step_by_step(hasty, script)
    assert not trial.passed
    lost = [(each, key) for each in trial.judgements for key in each.lost | each.wrong]
    assert lost
    told = "\n".join(describe(lost[0][0], trial.played.journal, lost[0][1]))
    assert "LOAD incremental" in told
    assert "committed" in told


def test_one_seed_gives_one_script() -> None:
    tables = SEEDS[20260101]
    script = write_script(7, tables, writers=3, steps=STEPS)
    assert script == write_script(7, tables, writers=3, steps=STEPS)
    assert script != write_script(8, tables, writers=3, steps=STEPS)
    numbers = [operation.number for operation in script.operations]
    assert len(set(numbers)) == len(numbers)


def test_a_failing_script_is_made_small() -> None:
    """Fails while one writer inserts in a transaction and another has committed after that."""

    def fails(script: Script) -> bool:
        first = [each for each in script.operations if each.actor == "w0"]
        second = [each for each in script.operations if each.actor == "w1"]
        inserts = [each.number for each in first if each.action == "insert"]
        commits = [each.number for each in second if each.action == "commit"]
        return bool(inserts and commits and inserts[0] < commits[-1])

    script = write_script(9, BROKEN_TABLES, writers=3, steps=300)
    assert fails(script)
    small = shrink(script, fails, seconds=60)
    assert [each.action for each in small.operations if each.action != "begin"] == [
        "insert",
        "commit",
    ]


def test_a_script_is_read_as_it_was_written(tmp_path: object) -> None:
    script = replace(write_script(1, BROKEN_TABLES, writers=2, steps=20), seed=5)
    assert script.without(script.operations[:19]).operations == script.operations[19:]

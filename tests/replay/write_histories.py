"""Writes the histories that `test_histories.py` replays: `python tests/replay/write_histories.py`.

A history stands for an orchestration that is in flight while a new version is deployed. One that is
there is never written anew: take its file away only when it is decided that such orchestrations may break.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

FOLDER = Path(__file__).parent / "histories"
ROOT = FOLDER.parents[2]


def scenarios() -> Mapping[str, Callable[[], object]]:
    """Give every scenario by the name of its file."""
    from refresh_script import RefreshScript  # noqa: PLC0415 - needs the path
    from rehearsal import Again, failure, newest, oldest, rehearse  # noqa: PLC0415 - needs the path
    from scripts import (  # noqa: PLC0415 - the same
        BACKFILL,
        TABLE_ORDER,
        USUAL,
        BackfillScript,
        LoadScript,
        batch,
        batch_script,
        ended_script,
        failed,
        plan,
        succeeded,
    )

    from shared.durable.steps import (  # noqa: PLC0415 - the same
        RefreshWork,
        TableGroup,
        TurnAnswer,
        backfill,
        end_order,
        load_batch,
        load_group,
        load_table,
        refresh_lakehouse,
    )
    from shared.loading.order import OrderWork  # noqa: PLC0415
    from shared.loading.turn import Claim  # noqa: PLC0415
    from shared.operations.records import OrderRecord  # noqa: PLC0415

    order = batch("crm/dbo.A", "crm/dbo.B", "crm/dbo.C")
    many = batch(*(f"crm/dbo.T{number:02d}" for number in range(60)))
    other = Claim(run_id="other", epoch=1, run_no=1, plan="p.json", landing="l.json")
    waves = (order.tables[:2], order.tables[2:])
    broken = failure("SchemaDrifted")
    passing = Again(failure("SourceUnavailable"))
    busy = TurnAnswer(taken=False)

    def loads(table: str) -> object:
        return failed(table, broken) if table.endswith("A") else succeeded(table=table)

    def ended(_: object) -> OrderRecord:
        return OrderRecord(order=order, state="failed", failed=1)

    def load(**answers: list[object]) -> object:
        return rehearse(load_table, TABLE_ORDER, LoadScript(**answers))

    def refresh(script: RefreshScript) -> object:
        return rehearse(refresh_lakehouse, RefreshWork(), script)

    return {
        "refresh_lakehouse-nothing-left": lambda: refresh(RefreshScript(handovers=0)),
        "refresh_lakehouse-repaired-then-failed": lambda: refresh(
            RefreshScript("wait", "repair", "wait", "failed")
        ),
        "refresh_lakehouse-skipped-then-cancelled": lambda: refresh(
            RefreshScript("again", "wait", "cancelled")
        ),
        "refresh_lakehouse-refused": lambda: refresh(
            RefreshScript(refused={"start_refresh": broken})
        ),
        "load_table-loaded": load,
        "load_table-nothing-new": lambda: load(plan_load=[plan(slices=0)]),
        "load_table-quarantined": lambda: load(plan_load=[replace(plan(), quarantined=True)]),
        "load_table-busy-then-taken": lambda: load(take_turn=[busy, busy, USUAL]),
        "load_table-tried-again": lambda: load(plan_load=[passing, passing, USUAL]),
        "load_table-failed": lambda: load(judge_quality=[broken]),
        "load_table-rolled-forward": lambda: load(
            take_turn=[TurnAnswer(taken=True, epoch=2, unfinished=other)]
        ),
        "load_table-lanes": lambda: load(plan_load=[plan(slices=101, parallel=2)]),
        "load_table-slices-in-order": lambda: rehearse(
            load_table, TABLE_ORDER, LoadScript(plan_load=[plan(slices=5)]), choose=oldest
        ),
        "load_table-cancelled": lambda: load(extract_slice=[failure("LoadCancelled")]),
        "load_table-cancelled-waiting": lambda: load(
            take_turn=[busy, TurnAnswer(taken=False, cancelled=True)]
        ),
        "end_order-failed": lambda: rehearse(
            end_order, OrderWork(order=order), ended_script(order, "failed")
        ),
        "load_batch-failed": lambda: rehearse(
            load_batch,
            OrderWork(order=order),
            batch_script(order, waves, loads, ended),
            choose=newest,
        ),
        "load_batch-in-groups": lambda: rehearse(
            load_batch,
            OrderWork(order=many),
            batch_script(many, (many.tables,), lambda table: succeeded(table=table), ended),
        ),
        "load_group-failed": lambda: rehearse(
            load_group,
            TableGroup(order=order, tables=order.tables),
            lambda _, given: loads(given["table"]),
        ),
        "load_batch-held-back": lambda: rehearse(
            load_batch,
            OrderWork(order=order),
            batch_script(
                order,
                waves,
                lambda table: succeeded(table=table),
                lambda _: OrderRecord(order=order, state="succeeded", held_back=1),
            ),
        ),
        "backfill-two-groups": lambda: rehearse(backfill, BACKFILL, BackfillScript(2)),
        "backfill-cancelled": lambda: rehearse(
            backfill, BACKFILL, BackfillScript(9, cancelled_after=1)
        ),
    }


def write_missing() -> None:
    """Write the histories of scenarios that have none; those that are there stay."""
    for name, play in scenarios().items():
        if (FOLDER / f"{name}.json").exists():
            continue
        run = play()
        content = {"flow": run.flow, "output": run.output, "history": run.history}  # type: ignore[attr-defined] - a rehearsal
        (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(FOLDER.parent)]
    write_missing()

"""Give a table's turn back and write down how the run ended."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.landing import paths
from shared.loading.turn import abandon, end
from shared.operations.records import RunRecord
from shared.runtime import wiring


@implements(steps.end_turn)
def end_turn(ended: steps.TurnEnd) -> RunRecord:
    """End the turn; a run that failed or was cancelled leaves its staging for a rerun."""
    app, record = wiring.app(), ended.record
    app.ledger.record_run(record)
    if ended.staged is not None and record.state == "succeeded":
        turn = app.states.turn(record.table)
        # Whoever has lost the turn may find a rerun of the same run at work in its staging.
        if (turn.holder, turn.epoch) == (record.run_id, ended.epoch):
            app.lake.remove(paths.staging_of_plan(ended.staged))
    give_back = abandon if record.state == "cancelled" else end
    app.states.change_turn(
        record.table, lambda turn: give_back(turn, run_id=record.run_id, epoch=ended.epoch)
    )
    return record

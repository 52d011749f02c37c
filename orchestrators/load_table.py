"""Bring one table's bronze copy up to date with its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from orchestrators.extract_lane import extract_slices
from shared.durable import Context, StepFailed, Steps, orchestrates, pause, start_over
from shared.durable.steps import (
    ClaimedCommit,
    CommitWanted,
    JudgeWanted,
    PlanWanted,
    TurnAnswer,
    TurnEnd,
    TurnWanted,
    advance_watermark,
    claim_commit,
    end_turn,
    judge_quality,
    load_table,
    plan_load,
    publish,
    take_turn,
)
from shared.loading.errors import Failure
from shared.loading.order import LoadCancelled, TableOrder
from shared.loading.plan import PlanReference
from shared.loading.turn import Claim
from shared.operations.records import Outcome, RunRecord

FIRST_WAIT = timedelta(milliseconds=250)
LONGEST_WAIT = timedelta(seconds=5)
QUESTIONS_PER_GENERATION = 50


@orchestrates(load_table)
def load_one_table(context: Context, order: TableOrder) -> Steps[RunRecord]:
    """Wait for the table's turn, load it, and give the turn back with a record of what happened."""
    turn = yield from _wait_for_turn(context, order)
    load = _TableLoad(context, order, turn)
    try:
        record = yield from load.run()
    except StepFailed as failed:
        record = load.stopped(failed.failure)
    record = replace(record, ended_at=context.current_utc_datetime.isoformat())
    end = TurnEnd(record=record, epoch=turn.epoch, staged=load.staged)
    return (yield from end_turn(context, end))


def _wait_for_turn(context: Context, order: TableOrder) -> Steps[TurnAnswer]:
    """Ask for the turn until it is ours; start over now and then, as every question makes history."""
    wait = FIRST_WAIT
    wanted = TurnWanted(order=order, instance=context.instance_id)
    for _ in range(QUESTIONS_PER_GENERATION):
        answer = yield from take_turn(context, wanted)
        if answer.taken or answer.served or answer.cancelled:
            return answer
        if answer.due_at is not None:
            left = datetime.fromisoformat(answer.due_at) - context.current_utc_datetime
            yield from pause(context, left) if left > timedelta(0) else ()
            continue
        yield from pause(context, wait)
        wait = min(wait * 2, LONGEST_WAIT)
    start_over(context, order)


class _TableLoad:
    """One run under its turn. `record` is what is known of it so far."""

    def __init__(self, context: Context, order: TableOrder, turn: TurnAnswer) -> None:
        self._context, self._order, self._turn = context, order, turn
        self.staged: str | None = None
        self.record = RunRecord(
            run_id=order.run_id,
            order_id=order.order_id,
            table=order.table,
            mode=order.mode,
            state="running",
            started_at=turn.taken_at or context.current_utc_datetime.isoformat(),
            attempt=order.attempt,
        )

    def run(self) -> Steps[RunRecord]:
        """Plan, extract, judge, claim; from the claim on the run goes only forward."""
        if self._turn.cancelled:
            return self.cancelled()
        if self._turn.served:
            return self.ended("nothing_new")
        left = self._turn.unfinished
        if left is not None:
            finished = yield from self._carry_out(left)
            if left.run_id == self._order.run_id:
                return replace(finished, attempt=self._order.attempt)
        plan = yield from self._plan()
        if plan.slices == 0:
            return self.ended(_outcome(plan))
        self.staged = plan.path
        yield from extract_slices(self._context, plan, self._order.attempt)
        verdict = yield from judge_quality(
            self._context, JudgeWanted(plan=plan.path, epoch=self._turn.epoch)
        )
        self.record = replace(
            self.record, proof=verdict.proof, repairs=verdict.repairs, unread=verdict.unread
        )
        if verdict.idle:
            return self.ended(_outcome(plan))
        self.record = replace(
            self.record,
            state="committing",
            outcome=_outcome(plan, lands=verdict.files > 0 or plan.mode == "snapshot"),
            rows=verdict.rows,
            files=verdict.files,
            bytes=verdict.bytes,
            findings=verdict.findings,
        )
        claim = Claim(
            run_id=self._order.run_id,
            epoch=self._turn.epoch,
            run_no=plan.run_no,
            plan=plan.path,
            landing=verdict.landing,
        )
        yield from claim_commit(self._context, CommitWanted(claim=claim, record=self.record))
        return (yield from self._carry_out(claim))

    def _plan(self) -> Steps[PlanReference]:
        wanted = PlanWanted(order=self._order, epoch=self._turn.epoch, record=self.record)
        plan = yield from plan_load(self._context, wanted)
        self.record = replace(
            self.record,
            mode=plan.mode,
            watermark_before=plan.watermark_before,
            watermark_after=plan.watermark_before,
            bound=plan.bound,
            findings=plan.findings,
        )
        return plan

    def ended(self, outcome: Outcome) -> RunRecord:
        """Give the record of a run that had nothing to commit."""
        return replace(self.record, state="succeeded", outcome=outcome)

    def stopped(self, failure: Failure) -> RunRecord:
        """Give the record of a run that a step has stopped."""
        if failure.type == LoadCancelled.__name__:
            return self.cancelled()
        return replace(self.record, state="failed", outcome=None, error=failure)

    def cancelled(self) -> RunRecord:
        """Give the record of a run that was cancelled before its commit was claimed."""
        return replace(self.record, state="cancelled", outcome=None, rows=0, files=0, bytes=0)

    def _carry_out(self, claim: Claim) -> Steps[RunRecord]:
        """Publish a claimed commit and advance, whoever claimed it."""
        commit = ClaimedCommit(table=self._order.table, claim=claim)
        yield from publish(self._context, commit)
        return (yield from advance_watermark(self._context, commit))


def _outcome(plan: PlanReference, *, lands: bool = False) -> Outcome:
    """Say what becomes of what was read: nothing of a run that is set aside lands."""
    if plan.quarantined:
        return "quarantined"
    return "loaded" if lands else "nothing_new"

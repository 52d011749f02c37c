"""Carries loads out step by step, by calling the bodies of the activities as another worker would."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from activities.advance_watermark import advance_watermark
from activities.claim_commit import claim_commit
from activities.end_turn import end_turn
from activities.extract_slice import extract_slice
from activities.judge_quality import judge_quality
from activities.plan_load import plan_load
from activities.publish import publish
from activities.take_turn import take_turn
from shared.durable import answering, steps
from shared.loading.order import TableOrder, new_order_id
from shared.loading.turn import Claim, release
from shared.operations.records import RunRecord
from shared.runtime import wiring

STEPS = (
    "take_turn",
    "plan_load",
    "extract_slice",
    "judge_quality",
    "claim_commit",
    "publish",
    "advance_watermark",
    "end_turn",
)


@contextmanager
def working_on(settings: dict[str, str]) -> Iterator[wiring.App]:
    """Let the bodies work with these settings."""
    before = dict(os.environ)
    os.environ.update(settings)
    wiring.app.cache_clear()
    try:
        yield wiring.app()
    finally:
        os.environ.clear()
        os.environ.update(before)
        wiring.app.cache_clear()


@dataclass(slots=True)
class Load:
    """A load of one table that is at some step; each call of `step` carries out the next."""

    order: TableOrder
    app: wiring.App
    done: int = 0
    turn: steps.TurnAnswer | None = None
    record: RunRecord | None = None
    plan: Any = None
    verdict: Any = None
    commit: steps.ClaimedCommit | None = None

    @classmethod
    def of(cls, table: str, app: wiring.App, entropy: str) -> "Load":
        """Begin a load; `entropy` is six hex digits."""
        order_id = new_order_id(datetime.now(UTC), entropy)
        order = TableOrder(order_id=order_id, table=table, mode="incremental", reason="request")
        return cls(order=order, app=app)

    def up_to(self, name: str) -> "Load":
        """Carry out every step before this one."""
        while STEPS[self.done] != name:
            self.step()
        return self

    def finish(self) -> "Load":
        """Carry out what is left."""
        while self.done < len(STEPS):
            self.step()
        return self

    def step(self) -> None:
        """Carry out the next step; a second call after a failure tries the same again."""
        getattr(self, f"_{STEPS[self.done]}")()
        self.done += 1

    def lose_turn(self) -> None:
        """Free the turn as the sweep does, once the orchestration is found to have ended."""

        def step(turn: Any) -> Any:
            return release(turn) if turn.holder == self.order.run_id else turn

        self.app.states.change_turn(self.order.table, step)

    def _take_turn(self) -> None:
        wanted = steps.TurnWanted(order=self.order, instance=f"by-hand-{self.order.order_id}")
        self.turn = take_turn(wanted)
        assert self.turn.taken, self.turn
        left = self.turn.unfinished
        if left is not None:
            claimed = steps.ClaimedCommit(table=self.order.table, claim=left)
            publish(claimed)
            advance_watermark(claimed)

    def _plan_load(self) -> None:
        assert self.turn is not None
        self.record = self.record or RunRecord(
            run_id=self.order.run_id,
            order_id=self.order.order_id,
            table=self.order.table,
            mode="incremental",
            state="running",
            started_at=datetime.now(UTC).isoformat(),
        )
        wanted = steps.PlanWanted(order=self.order, epoch=self.turn.epoch, record=self.record)
        self.plan = plan_load(wanted)
        assert self.plan.slices

    def _extract_slice(self) -> None:
        for number in range(self.plan.slices):
            extract_slice(steps.SliceWanted(plan=self.plan.path, number=number))

    def _judge_quality(self) -> None:
        assert self.turn is not None
        wanted = steps.JudgeWanted(plan=self.plan.path, epoch=self.turn.epoch)
        self.verdict = judge_quality(wanted)

    def _claim_commit(self) -> None:
        self.commit = claim_commit(self._wanted_commit())

    def answer_of_claim(self) -> dict[str, Any]:
        """Claim through the activity itself: what an orchestrator would be answered."""
        payload = to_builtins(self._wanted_commit())
        return answering._answer(steps.claim_commit, claim_commit, payload)

    def _wanted_commit(self) -> steps.CommitWanted:
        assert self.turn is not None
        assert self.record is not None
        self.record = replace(
            self.record,
            state="committing",
            outcome="loaded",
            rows=self.verdict.rows,
            files=self.verdict.files,
            bytes=self.verdict.bytes,
        )
        claim = Claim(
            run_id=self.order.run_id,
            epoch=self.turn.epoch,
            run_no=self.plan.run_no,
            plan=self.plan.path,
            landing=self.verdict.landing,
        )
        return steps.CommitWanted(claim=claim, record=self.record)

    def _publish(self) -> None:
        assert self.commit is not None
        publish(self.commit)

    def _advance_watermark(self) -> None:
        assert self.commit is not None
        self.record = advance_watermark(self.commit)

    def _end_turn(self) -> None:
        assert self.turn is not None
        assert self.record is not None
        end_turn(steps.TurnEnd(record=self.record, epoch=self.turn.epoch, staged=self.plan.path))

"""Answers the steps of `refresh_lakehouse` as ledger and workspace would; tests put faults into it."""

from dataclasses import replace
from typing import Any

import msgspec

from shared.durable import steps
from shared.lakehouse.errors import RefreshCancelled, RefreshFailed
from shared.lakehouse.handover import HandOver
from shared.lakehouse.records import RefreshRecord, ended, record_of, start_again, take_up
from shared.lakehouse.refresh import Decision, Observation
from shared.loading.errors import Failure

CREATED = "2026-01-01T00:00:00.000000Z"
ERRORS = {
    "failed": RefreshFailed("task gold of job run 1 failed, also after a repair").failure,
    "cancelled": RefreshCancelled("job run 1 was cancelled on request").failure,
}


class RefreshScript:
    """So many hand-overs; `seen` are the decisions on their job runs, one a look, then success."""

    def __init__(
        self,
        *seen: Decision,
        handovers: int = 1,
        refused: dict[str, Failure] | None = None,
    ) -> None:
        self._seen, self._refused = list(seen), refused or {}
        self._left = [self._record(number) for number in range(1, handovers + 1)]
        self.jobs: list[tuple[int, int]] = []
        self.records: dict[int, RefreshRecord] = {}

    def __call__(self, name: str, payload: Any) -> Any:  # noqa: PLR0911 - one line a step
        if name in self._refused:
            return self._refused[name]
        match name:
            case "hand_over":
                return self._hand_over()
            case "start_refresh":
                return self._start(msgspec.convert(payload, steps.JobWanted))
            case "observe_refresh":
                decision = self._seen.pop(0) if self._seen else "succeeded"
                return Observation(decision=decision, error=ERRORS.get(decision))
            case "repair_refresh":
                return msgspec.convert(payload, steps.JobStarted)
            case "close_refresh":
                return self._close(msgspec.convert(payload, steps.RefreshEnd))
            case "alert_refresh":
                return replace(msgspec.convert(payload, RefreshRecord), alert="sent")
            case _:
                raise AssertionError(f"unexpected: {name}")

    @staticmethod
    def _record(number: int) -> RefreshRecord:
        made = HandOver(number=number, created_at=CREATED, tables=())
        return record_of(made, f"bronze/_handover/{number:08d}.json", "d" * 64)

    def _hand_over(self) -> steps.HandedOver:
        for fresh in self._left:
            known = self.records.get(fresh.number, fresh)
            if known.state != "succeeded":
                known = self.records[fresh.number] = take_up(known)
                return steps.HandedOver(number=known.number, attempt=known.attempt)
        return steps.HandedOver()

    def _start(self, wanted: steps.JobWanted) -> steps.JobStarted:
        known = start_again(self.records[wanted.number], wanted.attempt - 1)
        self.records[wanted.number] = known
        job = (wanted.number, wanted.attempt)
        if job not in self.jobs:
            self.jobs.append(job)
        run_id = self.jobs.index(job) + 1
        return steps.JobStarted(number=wanted.number, attempt=wanted.attempt, run_id=run_id)

    def _close(self, end: steps.RefreshEnd) -> RefreshRecord:
        known = ended(
            self.records[end.number],
            end.attempt,
            state=end.state,
            error=end.error,
            over=end.over,
            at=CREATED,
        )
        self.records[end.number] = known
        return known

"""Bring the lakehouse up to date: hand over what was published, and see the job through."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from shared.durable import (
    Context,
    Retry,
    StepFailed,
    Steps,
    go_on_at,
    orchestrates,
    pause,
    start_over,
)
from shared.durable.steps import (
    HandedOver,
    JobStarted,
    JobWanted,
    RefreshEnd,
    RefreshWork,
    alert_refresh,
    close_refresh,
    hand_over,
    observe_refresh,
    refresh_lakehouse,
    repair_refresh,
    start_refresh,
)
from shared.lakehouse.errors import RefreshSkipped
from shared.lakehouse.records import RefreshState
from shared.lakehouse.refresh import Observation

LOOKS = Retry(attempts=1, first_pause=timedelta(seconds=2), longest_pause=timedelta(minutes=1))
# A job that is skipped so often in a row is told of: half an hour, a minute each.
MOST_SKIPS = 30
LOOKS_PER_GENERATION = 50


@orchestrates(refresh_lakehouse)
def refresh_the_lakehouse(context: Context, work: RefreshWork) -> Steps[HandedOver]:
    """Carry out one hand-over, then look for the next; end when nothing is left, or one has failed.

    A generation that starts over in between takes up the same attempt of the same hand-over.
    """
    handed = yield from hand_over(context, work)
    if not handed.number:
        return handed
    go_on_at(context, handed.traceparent)
    refresh = _Refresh(context, work, handed)
    try:
        end = yield from refresh.follow()
    except StepFailed as failed:
        # Whether the job runs is not known: the next attempt has to find out by the same token.
        end = refresh.end(
            "failed", Observation(decision="failed", error=failed.failure), over=False
        )
    record = yield from close_refresh(context, end)
    if record.state == "failed" or record.mended:
        # A lost alert fails nothing else, and the record says so.
        with suppress(StepFailed):
            yield from alert_refresh(context, record)
    if end.state == "succeeded":
        start_over(context, RefreshWork())
    return handed


class _Refresh:
    """One hand-over's job, in the attempt that it is in now."""

    def __init__(self, context: Context, work: RefreshWork, handed: HandedOver) -> None:
        self._context, self._work = context, work
        self._number, self._attempt = handed.number, handed.attempt

    def follow(self) -> Steps[RefreshEnd]:
        """Start the job and look at it until it has ended; repair it once, start it again if skipped."""
        job = yield from self._start()
        for _ in range(LOOKS_PER_GENERATION):
            yield from pause(self._context, LOOKS.pause(self._work.looks + 1))
            self._work = replace(self._work, looks=self._work.looks + 1)
            seen = yield from observe_refresh(self._context, job)
            if seen.decision == "wait":
                continue
            if seen.decision == "repair":
                yield from repair_refresh(self._context, job)
                self._work = replace(self._work, looks=0)
            elif seen.decision == "again" and self._work.skips < MOST_SKIPS:
                job = yield from self._start_again()
            elif seen.decision == "again":
                skipped = RefreshSkipped(f"job run {job.run_id} and {MOST_SKIPS} before it")
                seen = Observation(decision="failed", error=skipped.failure)
                return self.end("failed", seen, over=True)
            else:
                return self.end(seen.decision, seen, over=True)
        start_over(self._context, self._work)

    def end(self, state: RefreshState, seen: Observation, *, over: bool) -> RefreshEnd:
        """Say how it ended."""
        return RefreshEnd(
            number=self._number,
            attempt=self._attempt,
            state=state,
            over=over,
            error=seen.error,
        )

    def _start(self) -> Steps[JobStarted]:
        wanted = JobWanted(number=self._number, attempt=self._attempt)
        return (yield from start_refresh(self._context, wanted))

    def _start_again(self) -> Steps[JobStarted]:
        """Start the job anew, with the next attempt's token, once others have had time to end."""
        yield from pause(self._context, LOOKS.longest_pause)
        self._work = replace(self._work, looks=0, skips=self._work.skips + 1)
        self._attempt += 1
        return (yield from self._start())

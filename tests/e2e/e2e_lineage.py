"""What a collector was told of lineage, and waiting for it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from e2e_traces import Collector
from e2e_waiting import await_value

# The job of which every refresh is a run.
REFRESHES = "refresh_lakehouse"


def told_of(collector: Collector, job: str, *, runs: Collection[str] = ()) -> list[Any]:
    """The events of a job, in the order of their times, but for those of runs that were known."""
    found = [each for each in collector.lineage if each["job"]["name"] == job]
    fresh = [each for each in found if each["run"]["runId"] not in runs]
    return sorted(fresh, key=lambda each: datetime.fromisoformat(each["eventTime"]))


def await_told(collector: Collector, job: str, runs: Collection[str], *moments: str) -> list[Any]:
    """Wait until a run is told of that was not known before, to its end."""

    def look() -> list[Any] | None:
        events = told_of(collector, job, runs=runs)
        return events if [each["eventType"] for each in events] == list(moments) else None

    return await_value(look, f"{moments} of {job}", lambda: told_of(collector, job, runs=runs))


def ended_runs(collector: Collector, job: str) -> set[str]:
    """The runs of a job that were told of to a good end."""
    return {
        each["run"]["runId"] for each in told_of(collector, job) if each["eventType"] == "COMPLETE"
    }


def known(collector: Collector) -> set[str]:
    return {each["run"]["runId"] for each in collector.lineage}

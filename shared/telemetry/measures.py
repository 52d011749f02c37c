"""Every measure that is taken: its name, unit, kind, and what it is told apart by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure. `by` are the dimensions it may have; one that is not known is left out.

    A counter is added to, a histogram takes one value an observation, a gauge holds the last.
    """

    name: str
    unit: str
    kind: Literal["counter", "histogram", "gauge"]
    by: tuple[str, ...]
    means: str


TABLE, MODE, OUTCOME, STATE = (
    "tidemark.table",
    "tidemark.mode",
    "tidemark.outcome",
    "tidemark.state",
)
STEP, ANSWER, ERROR = "tidemark.step", "tidemark.answer", "tidemark.error"
REASON, KIND = "tidemark.reason", "tidemark.kind"

ROWS = Measure(
    name="tidemark.rows",
    unit="{row}",
    kind="counter",
    by=(TABLE, MODE, OUTCOME),
    means="Rows of runs that were committed",
)
BYTES = Measure(
    name="tidemark.bytes",
    unit="By",
    kind="counter",
    by=(TABLE, MODE, OUTCOME),
    means="Bytes of the files of runs that were committed",
)
FILES = Measure(
    name="tidemark.files",
    unit="{file}",
    kind="counter",
    by=(TABLE, MODE, OUTCOME),
    means="Files of runs that were committed",
)
RUNS = Measure(
    name="tidemark.runs",
    unit="{run}",
    kind="counter",
    by=(TABLE, MODE, STATE, OUTCOME, ERROR),
    means="Runs that have ended",
)
RUN_DURATION = Measure(
    name="tidemark.run.duration",
    unit="s",
    kind="histogram",
    by=(TABLE, MODE, STATE),
    means="From a run's turn to its end",
)
QUEUE_WAIT = Measure(
    name="tidemark.queue.wait",
    unit="s",
    kind="histogram",
    by=(TABLE, MODE),
    means="From an order's being asked for to a table's turn, of first attempts",
)
LAG = Measure(
    name="tidemark.watermark.lag",
    unit="s",
    kind="gauge",
    by=(TABLE,),
    means="From a table's watermark to the end of the run that looked last, of cursors that count time in UTC",
)
ORDERS = Measure(
    name="tidemark.orders",
    unit="{order}",
    kind="counter",
    by=(REASON, MODE, STATE),
    means="Orders that have ended",
)
STEP_DURATION = Measure(
    name="tidemark.step.duration",
    unit="s",
    kind="histogram",
    by=(STEP, ANSWER),
    means="One execution of a step",
)
STEP_RETRIES = Measure(
    name="tidemark.step.retries",
    unit="{execution}",
    kind="counter",
    by=(STEP, ANSWER, ERROR),
    means="Executions of steps that are to be tried again: `again` after a passing fault, `busy` for want of a connection",
)
STEP_FAILURES = Measure(
    name="tidemark.step.failures",
    unit="{execution}",
    kind="counter",
    by=(STEP, ERROR),
    means="Executions of steps that were refused, or broke",
)
REFRESHES = Measure(
    name="tidemark.refreshes",
    unit="{refresh}",
    kind="counter",
    by=(STATE, ERROR),
    means="Attempts of refreshes of the lakehouse that have ended",
)
REFRESH_DURATION = Measure(
    name="tidemark.refresh.duration",
    unit="s",
    kind="histogram",
    by=(STATE,),
    means="From a hand-over to the end of its job run",
)
EVENTS = Measure(
    name="tidemark.events",
    unit="{event}",
    kind="counter",
    by=(KIND,),
    means="Events that were delivered: `table` or `blob`",
)
DEAD_LETTERS = Measure(
    name="tidemark.dead_letters",
    unit="{letter}",
    kind="counter",
    by=(KIND, ERROR),
    means="Events and files that could not be taken up",
)
LINEAGE = Measure(
    name="tidemark.lineage.events",
    unit="{event}",
    kind="counter",
    by=(STATE,),
    means="Lineage events: `sent`, `kept` in the lake for later, `refused` by the endpoint, or `lost`",
)

MEASURES = (
    ROWS,
    BYTES,
    FILES,
    RUNS,
    RUN_DURATION,
    QUEUE_WAIT,
    LAG,
    ORDERS,
    STEP_DURATION,
    STEP_RETRIES,
    STEP_FAILURES,
    REFRESHES,
    REFRESH_DURATION,
    EVENTS,
    DEAD_LETTERS,
    LINEAGE,
)

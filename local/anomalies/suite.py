"""Runs cases on tools, one after the other, each on a schema of its own."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import httpx
from adbc_driver_manager import Error as DatabaseError

from local import postgres
from local.anomalies.case import Case
from local.anomalies.database import Database, admit_reader
from local.anomalies.declared import Declared
from local.anomalies.gate import GATED, Gate
from local.anomalies.result import Outcome
from local.anomalies.score import Score, judge
from local.anomalies.subject import Copy, CopyBroken, Subject
from local.anomalies.subjects.dlt import DltSubject, WorkerDied
from local.anomalies.subjects.seed import SeedSubject
from local.anomalies.subjects.tidemark import TidemarkSubject
from local.anomalies.trial import Trial
from local.anomalies.waiting import WaitedInVain
from local.stack_process import StackNotStarted

SUBJECTS = ("tidemark", "dlt", "seed")
SEED = 20260101
# dlt reads rows as Python objects and remembers each row of a tie: with a million the case takes minutes.
_MANY_ROWS = {"tidemark": 1_000_000, "seed": 1_000_000}
_MANY_ROWS_OF_OTHERS = 100_000
# What spoils one case and lets the others go on.
_BREAKING = (CopyBroken, StackNotStarted, WaitedInVain, WorkerDied, httpx.HTTPError, DatabaseError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A running source and the tools. `scale` divides the many rows of case 6, for quick tests."""

    uri: str
    subjects: Sequence[Subject]
    seed: int = SEED
    scale: int = 1

    def server_version(self) -> str:
        """Give the version of the source."""
        return Database(uri=self.uri, schema="public").value(
            "SELECT current_setting('server_version')"
        )

    def run(self, cases: Sequence[Case], tell: Callable[[Case, Subject], None]) -> list[Outcome]:
        """Run every case on every tool; `tell` hears of each before it begins."""
        outcomes: list[Outcome] = []
        for case in cases:
            for subject in self.subjects:
                if subject.name == "dlt_tuned" and case.tuned is None:
                    continue
                tell(case, subject)
                outcomes.append(self.try_case(case, subject))
        return outcomes

    def try_case(self, case: Case, subject: Subject) -> Outcome:
        """Run one case on one tool."""
        began = time.monotonic()
        trial = self._prepare(case, subject)
        score: Score | None = None
        state_bytes: int | None = None
        broken: str | None = None
        try:
            case.script(trial)
            if not trial.declined or case.reconciles:
                trial.load()
                score = _judge(trial)
                state_bytes = trial.copy.state_bytes()
        except _BREAKING as error:
            broken = f"{type(error).__name__}: {error}"
        finally:
            trial.gate.open()
        return Outcome(
            case=case,
            subject=subject.name,
            score=score,
            refused=tuple(str(refusal) for refusal in trial.refusals),
            lacks=tuple(trial.declined),
            notes=tuple(trial.notes),
            state_bytes=state_bytes,
            rows=trial.rows if case.state_limit_bytes else None,
            seconds=time.monotonic() - began,
            broken=broken,
        )

    def _prepare(self, case: Case, subject: Subject) -> Trial:
        database = Database(uri=self.uri, schema=f"{subject.name}_{case.name}")
        database.create()
        database.execute(case.shape)
        gate = Gate(database, subject.reads_like)
        if case.gated:
            gate.create("item")
        declared = Declared(
            uri=database.reader_uri,
            schema=database.schema,
            table=GATED if case.gated else "item",
            cursor=case.cursor,
            kind=case.kind,
            margin_seconds=case.margin_seconds,
            lag_seconds=case.lag_seconds,
            assigned=case.assigned,
            future=case.future,
            slice_rows=case.slice_rows,
        )
        rows = _MANY_ROWS.get(subject.name, _MANY_ROWS_OF_OTHERS)
        return Trial(
            database=database,
            subject=subject,
            copy=subject.prepare(declared),
            gate=gate,
            random=Random(f"{self.seed} {case.name}"),  # noqa: S311 - a run that can be repeated
            rows=max(rows // self.scale, 1),
        )


def _judge(trial: Trial) -> Score:
    copy: Copy = trial.copy
    source = trial.database.read("SELECT * FROM item")
    return judge(source, copy.current_state(), copy.images(), twice=copy.published_twice())


class ToolMissing(Exception):
    """A tool is not installed: pip install -r requirements-dev.txt."""


@contextmanager
def prepared(names: Sequence[str], *, seed: int = SEED, scale: int = 1) -> Generator[Suite]:
    """Start a source and the tools by name; all is stopped and removed at the end.

    Raises:
        PostgresFailed: the source does not start.
        ToolMissing: dlt is not installed.
        StackNotStarted: the stack does not start.
    """
    with ExitStack() as stack:
        # Not below the user's own folders: as root, PostgreSQL runs as another user.
        place = Path(stack.enter_context(TemporaryDirectory(prefix="anomalies-")))
        server = postgres.start(place / "postgres", fsync=False)
        stack.callback(server.stop)
        admit_reader(server.uri)
        subjects: list[Subject] = []
        for name in names:
            for subject in _start(name, place / name, server.uri):
                stack.callback(subject.close)
                subjects.append(subject)
        yield Suite(uri=server.uri, subjects=subjects, seed=seed, scale=scale)


def _start(name: str, folder: Path, uri: str) -> list[Subject]:
    if name == "tidemark":
        reader = Database(uri=uri, schema="public").reader_uri
        return [TidemarkSubject(folder=folder, uri=reader)]
    if name == "seed":
        return [SeedSubject(folder=folder)]
    if importlib.util.find_spec("dlt") is None:
        raise ToolMissing("dlt is not installed: pip install -r requirements-dev.txt")
    return [
        DltSubject(folder=folder / "plain"),
        DltSubject(folder=folder / "tuned", tuned=True),
    ]

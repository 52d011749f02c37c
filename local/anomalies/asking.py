"""Runs what was asked for, and says on the way how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console

from local.anomalies.case import Case
from local.anomalies.cases import CASES
from local.anomalies.elsewhere import ELSEWHERE
from local.anomalies.record import Record, make_record
from local.anomalies.report import render_record
from local.anomalies.subject import Subject
from local.anomalies.suite import ToolMissing, prepared
from local.postgres import PostgresFailed
from local.stack_process import StackNotStarted

# Where the output is no terminal, lines are not broken to fit one.
_PLAIN_WIDTH = 200


class CannotRun(Exception):
    """What the suite needs does not start or is not installed; the message says what."""


class UnknownCase(Exception):
    """There is no such case; the message says which there are."""


def choose(names: Sequence[str]) -> tuple[Case, ...]:
    """Give the cases of these names, all if there are none; a number stands for all its variants.

    Raises:
        UnknownCase: a name is none.
    """
    for name in names:
        if not any(name in (case.name, str(case.number)) for case in CASES):
            raise UnknownCase(_unknown(name))
    wanted = set(names)
    return tuple(case for case in CASES if not wanted or wanted & {case.name, str(case.number)})


def ask(against: Sequence[str], names: Sequence[str], *, seed: int, quiet: bool) -> Record:
    """Run cases on tools and give what came of it; unless `quiet`, print it as a table too.

    Raises:
        UnknownCase: a name of a case is none.
        CannotRun: a tool or the source is not installed or does not start.
    """
    try:
        record = _run(against, choose(names), seed=seed)
    except (PostgresFailed, StackNotStarted, ToolMissing) as error:
        raise CannotRun(str(error)) from error
    if not quiet:
        _open_console().print(render_record(record))
    return record


def _open_console() -> Console:
    return Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else _PLAIN_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
    )


def _run(against: Sequence[str], cases: Sequence[Case], *, seed: int) -> Record:
    progress = Console(file=sys.stderr, markup=False, highlight=False)
    began = time.monotonic()
    with progress.status("starting") as status:

        def tell(case: Case, subject: Subject) -> None:
            status.update(f"{case.name} {case.title}: {subject.title}")

        with prepared(against, seed=seed) as suite:
            outcomes = suite.run(cases, tell)
            return make_record(suite, outcomes, seconds=time.monotonic() - began)


def _unknown(name: str) -> str:
    elsewhere = {str(each.number): each for each in ELSEWHERE}
    if each := elsewhere.get(name):
        instead = ", ".join(each.stands_in) or "nothing yet"
        return f"Case {name} needs {each.why}. In its place: {instead}"
    return f"There is no case {name}. There are: {', '.join(case.name for case in CASES)}"

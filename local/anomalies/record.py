"""What one call of the suite found, as JSON: versions, date, seed, and every case on every tool."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from local.anomalies.elsewhere import ELSEWHERE
from local.anomalies.result import Outcome
from local.anomalies.suite import Suite

Record = dict[str, Any]


def make_record(suite: Suite, outcomes: Sequence[Outcome], *, seconds: float) -> Record:
    """Put together what was found and what it was found with."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "tidemark": version("tidemark"),
            "dlt": _dlt_version(),
            "postgresql": suite.server_version(),
            "python": platform.python_version(),
        },
        "seed": suite.seed,
        "seconds": round(seconds),
        "subjects": {
            subject.name: {"title": subject.title, "peak_bytes": subject.peak_bytes()}
            for subject in suite.subjects
        },
        "outcomes": [outcome.view() for outcome in outcomes],
        "elsewhere": [asdict(each) | {"stands_in": list(each.stands_in)} for each in ELSEWHERE],
    }


def _dlt_version() -> str:
    try:
        return version("dlt")
    except PackageNotFoundError:
        return "not installed"


def join(records: Sequence[Record]) -> Record:
    """Make one of several calls on different tools, made with the same versions and seed.

    Raises:
        ValueError: they do not belong together.
    """
    first = records[0]
    if any(
        (each["versions"], each["seed"]) != (first["versions"], first["seed"]) for each in records
    ):
        raise ValueError("the records were made with different versions or seeds")
    subjects: dict[str, Any] = {}
    outcomes: list[dict[str, Any]] = []
    for each in records:
        subjects |= each["subjects"]
        outcomes += each["outcomes"]
    return first | {
        "subjects": subjects,
        "outcomes": outcomes,
        "seconds": sum(each["seconds"] for each in records),
        "measured_at": max(each["measured_at"] for each in records),
    }


def failed(record: Record) -> list[str]:
    """Name the cases that Tidemark did not pass."""
    return [each["case"] for each in record["outcomes"] if each["verdict"] == "failed"]


def summarise(record: Record) -> str:
    """Say in a line how the tools did."""
    return "; ".join(
        _summary(record, name, each["title"]) for name, each in record["subjects"].items()
    )


def _summary(record: Record, name: str, title: str) -> str:
    mine = [each for each in record["outcomes"] if each["subject"] == name]
    scored = [each for each in mine if each["score"]]
    lossy = [each for each in scored if each["score"]["lost"]]
    waiting = [each for each in mine if each["verdict"] == "needs reconciliation"]
    text = f"{title}: {len(scored)} cases, rows lost in {len(lossy)}"
    if name == "tidemark":
        wrong = len(failed(record))
        text = f"{title}: {len(mine) - len(waiting) - wrong} of {len(mine)} cases passed"
        if wrong:
            text += f", {wrong} failed"
        if waiting:
            text += f", {len(waiting)} need reconciliation"
    return text

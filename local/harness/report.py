"""Says what a trial found: a table of numbers, and of every failure all that is known of its rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local.harness.journal import Entry, Journal
from local.harness.trial import Trial
from local.harness.verdict import Judgement

_MOST_KEYS = 5
_AROUND_SECONDS = 15.0


def numbers(trial: Trial, judgement: Judgement, lake: Path) -> dict[str, Any]:
    """Count what was done to one table, and what was found."""
    entries = [
        entry for entry in trial.played.journal.entries(judgement.kind.name) if entry.lasting
    ]
    states = Counter(str(run["state"]) for run in judgement.runs)
    receipts = list(_receipts(lake / judgement.target))
    return {
        "table": judgement.kind.name,
        "transactions": len({entry.transaction.number for entry in entries}),
        "rows_written": sum(entry.operation.rows for entry in entries),
        "rows": judgement.before.source_rows,
        "loads": len(judgement.runs),
        "landed_runs": judgement.before.runs,
        "failed_loads": states["failed"],
        "cancelled_loads": states["cancelled"],
        "missing": len(judgement.lost),
        "wrong": len(judgement.wrong),
        "extra": len(judgement.extra),
        "doubled": len(judgement.doubled),
        "faults": judgement.faults,
        "unseen_before_reconciliation": judgement.unseen,
        "could_be_unseen": judgement.expected.unseen,
        "rows_landed": judgement.before.landed_rows,
        "rows_read_again": sum(receipt["unchanged"] for receipt in receipts),
    }


def _receipts(folder: Path) -> Iterator[dict[str, Any]]:
    for manifest in folder.glob("run_id=*/_manifest.json"):
        yield from json.loads(manifest.read_bytes())["receipt"]


def summary(trial: Trial, lake: Path, **given: Any) -> dict[str, Any]:
    """Sum a trial up as JSON."""
    played = trial.played
    ended = Counter(each.ended for each in played.journal.transactions)
    errors: Counter[str] = Counter()
    for judgement in trial.judgements:
        errors.update(run["error"]["type"] for run in judgement.runs if run.get("error"))
    return {
        **given,
        "passed": trial.passed,
        "seconds": round(played.seconds, 1),
        "transactions": dict(ended),
        "calls": dict(trial.calls.made),
        "refused": dict(trial.calls.refused),
        "errors_of_loads": dict(errors),
        "faults_of_the_stack": trial.calls.faults,
        "tables": [numbers(trial, judgement, lake) for judgement in trial.judgements],
    }


def print_table(console: Console, summed: dict[str, Any]) -> None:
    """Print the numbers of all tables."""
    shown = {
        "table": "table",
        "transactions": "trans-\nactions",
        "rows_written": "rows\nwritten",
        "loads": "loads",
        "failed_loads": "failed",
        "rows_landed": "rows\nlanded",
        "rows_read_again": "read\nagain",
        "missing": "missing",
        "wrong": "wrong",
        "extra": "extra",
        "doubled": "doubled",
        "unseen_before_reconciliation": "unseen,\nrepaired",
    }
    table = Table(box=None, pad_edge=False)
    for title in shown.values():
        table.add_column(title, justify="left" if title == "table" else "right", no_wrap=True)
    for each in summed["tables"]:
        table.add_row(*(f"{each[name]:,}" if name != "table" else each[name] for name in shown))
    console.print(table)
    for what in ("transactions", "calls", "refused", "errors_of_loads"):
        told = ", ".join(f"{count} {name}" for name, count in sorted(summed[what].items()))
        console.print(f"{what.replace('_', ' ')}: {told or 'none'}", highlight=False)


def print_failures(console: Console, trial: Trial) -> None:
    """Print of every row that is wrong who wrote it and which loads were about."""
    for fault in trial.calls.faults:
        console.print(f"the stack answered: {fault}", style="red", highlight=False)
    for judgement in trial.judgements:
        for fault in judgement.faults:
            console.print(f"{judgement.kind.name}: {fault}", style="red", highlight=False)
        for what in ("lost", "wrong", "extra", "doubled"):
            keys: set[str] = getattr(judgement, what)
            if keys:
                console.print(f"{judgement.kind.name}: {len(keys)} {what}", style="bold red")
            for key in sorted(keys)[:_MOST_KEYS]:
                for line in describe(judgement, trial.played.journal, key):
                    console.print(line, highlight=False, markup=False, soft_wrap=True)


def describe(judgement: Judgement, journal: Journal, key: str) -> Iterator[str]:
    """Tell of one row all that was done to it, and the bounds of the loads around that."""
    yield f"  row {key} of {judgement.kind.name}"
    entries = journal.of_key(judgement.kind, key)
    told = [(entry.sent, f"    {_line(entry)}") for entry in entries]
    first = min((entry.transaction.began for entry in entries), default=0.0) - _AROUND_SECONDS
    for run in judgement.runs:
        began = datetime.fromisoformat(run["started_at"]).timestamp()
        if began >= first:
            told.append((began, f"    {_run_line(run)}"))
    for _, line in sorted(told):
        yield line


def _line(entry: Entry) -> str:
    transaction = entry.transaction
    end = transaction.ended if not entry.undone else "undone by a savepoint"
    if transaction.committed is not None:
        end += f" {_clock(transaction.committed[0])} to {_clock(transaction.committed[1])}"
    return (
        f"{_clock(entry.sent)} to {_clock(entry.done)} {entry.operation}; cursor {entry.cursor}; "
        f"transaction {transaction.number} began {_clock(transaction.began)}, {end}"
    )


def _run_line(run: dict[str, Any]) -> str:
    bound = run.get("bound") or {}
    began = datetime.fromisoformat(run["started_at"]).timestamp()
    ended = datetime.fromisoformat(run["ended_at"]).timestamp() if run["ended_at"] else began
    outcome = (run.get("error") or {}).get("type") or run["outcome"] or ""
    return (
        f"{_clock(began)} to {_clock(ended)} LOAD {run['mode']} {run['state']} {outcome} "
        f"{run['rows']} rows; watermark {run['watermark_before']} -> {run['watermark_after']}; "
        f"bound {bound.get('value')} {bound.get('how')} ({run['run_id']})"
    )


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S.%f")

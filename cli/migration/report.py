"""What an import says at its end, for people and for machines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cli.migration.finding import Finding
from cli.migration.translation import Draft

_WIDTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What was written where, what was unsound, and what remains to be ordered."""

    file: str
    source: str
    drafts: tuple[Draft, ...]
    design: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings: the pipeline's first, then the tables', the same ones told together."""
        tables = [finding for draft in self.drafts for finding in draft.findings]
        return (*self.design, *_gather(tables))

    @property
    def backfills(self) -> tuple[str, ...]:
        """The commands that stand in for a `from_date`; each wants its end written."""
        return tuple(
            f"tidemark backfill {shlex.quote(f'{self.source}/{draft.entry.name}')} "
            f"--from {shlex.quote(draft.entry.since)} --to END"
            for draft in self.drafts
            if draft.entry.since and draft.kind is not None
        )

    def view(self) -> dict[str, Any]:
        """Give everything as plain JSON."""
        return {
            "file": self.file,
            "tables": [_view(self.source, draft) for draft in self.drafts],
            "findings": [asdict(finding) for finding in self.findings],
            "backfills": list(self.backfills),
        }

    def lines(self) -> Iterator[str]:
        """Give everything line by line."""
        yield f"{self.file}: {len(self.drafts)} table(s) of source {self.source}"
        for draft in self.drafts:
            yield f"  {draft.entry.name}: {_way(draft)}"
        if self.findings:
            yield from ("", "What was unsound, and what was done about it:")
        for finding in self.findings:
            where = ", ".join(finding.where)
            yield f"  {finding.fault or '-':<{_WIDTH}}  {where}: {finding.found}"
            yield f"  {'':<{_WIDTH}}  -> {finding.done}"
        if self.backfills:
            yield from ("", "In place of from_date, after the first load; END is where it ends:")
            yield from (f"  {command}" for command in self.backfills)
        yield from ("", "Next: read the file, correct what is marked `check`, then")
        yield f"  tidemark validate {shlex.quote(_folder(self.file))}"


def _gather(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Tell the same finding of several tables once."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        places.setdefault((each.fault, each.found, each.done), []).extend(each.where)
    for (fault, found, done), where in places.items():
        yield Finding(fault=fault, where=tuple(where), found=found, done=done)


def _view(source: str, draft: Draft) -> dict[str, Any]:
    return {
        "table": f"{source}/{draft.entry.name}",
        "key": list(draft.key.columns),
        "key_guessed": draft.key.guessed,
        "kind": draft.kind or "none",
        "column": draft.entry.column if draft.kind else None,
        "start": draft.start,
    }


def _way(draft: Draft) -> str:
    key = ", ".join(draft.key.columns)
    if draft.kind is None:
        return f"copied in full by every load, key {key}"
    start = f"from {draft.start} on" if draft.start else "everything at first"
    return f"by {draft.entry.column} ({draft.kind}), {start}, key {key}"


def _folder(file: str) -> str:
    return file.rpartition("/")[0] or "."

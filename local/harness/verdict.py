"""Judges a run: what differs between source and lake, and whether the cursor could have seen it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.harness.arena import Arena
from local.harness.calls import Calls
from local.harness.failure import HarnessFailed
from local.harness.journal import Expectation, Journal, expect
from local.harness.kinds import OLD_ROWS, TableKind
from local.oracle import Comparison, compare

EVERY_KEY = 10_000_000


@dataclass(slots=True, kw_only=True)
class Judgement:
    """One table: what was found before its rows were reconciled and after it.

    `lost`, `wrong`, `extra` are keys that differ although a load must have seen them, `doubled` ones
    of which one image was published twice; `faults` what is wrong with runs, manifests and types.
    `unseen` counts the rows that differed before as their cursor could not tell.
    """

    kind: TableKind
    before: Comparison
    after: Comparison | None
    expected: Expectation
    target: str
    lost: set[str] = field(default_factory=set[str])
    wrong: set[str] = field(default_factory=set[str])
    extra: set[str] = field(default_factory=set[str])
    doubled: set[str] = field(default_factory=set[str])
    faults: list[str] = field(default_factory=list[str])
    unseen: int = 0
    runs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.keys or self.faults)

    @property
    def keys(self) -> set[str]:
        """All keys with which something is wrong."""
        return self.lost | self.wrong | self.extra | self.doubled


def judge_before(arena: Arena, kind: TableKind, journal: Journal, lake: Path) -> Judgement:
    """Judge a table after its last load.

    Raises:
        HarnessFailed: the journal does not say what the source holds, so nothing can be judged.
    """
    expected = expect(kind, OLD_ROWS, journal.entries(kind.name))
    held = arena.ops(kind)
    if held != expected.rows:
        unlike = sorted(
            key for key in held | expected.rows if held.get(key) != expected.rows.get(key)
        )
        told = [(key, held.get(key), expected.rows.get(key)) for key in unlike[:5]]
        raise HarnessFailed(f"the journal of {kind.name} does not explain the source: {told}")
    spec = arena.spec(kind)
    found = compare(arena.uri, spec, lake, examples=EVERY_KEY)
    judgement = Judgement(
        kind=kind, before=found, after=None, expected=expected, target=spec.target
    )
    _weigh(judgement, found, expected)
    together = (found.missing, found.different, found.extra)
    judgement.unseen = sum(keys.count for keys in together) - len(judgement.keys)
    return judgement


def judge_after(judgement: Judgement, arena: Arena, lake: Path) -> None:
    """Judge a table again, now that its rows have been reconciled: nothing may differ any more."""
    kind = judgement.kind
    judgement.after = compare(arena.uri, arena.spec(kind), lake, examples=EVERY_KEY)
    nothing: frozenset[str] = frozenset()
    _weigh(
        judgement,
        judgement.after,
        Expectation(missing=nothing, different=nothing, extra=nothing, rows={}),
    )


def _weigh(judgement: Judgement, found: Comparison, may: Expectation) -> None:
    judgement.lost |= set(found.missing.examples) - may.missing
    judgement.wrong |= set(found.different.examples) - may.different
    judgement.extra |= set(found.extra.examples) - may.extra
    judgement.doubled |= set(found.published_twice.examples)
    judgement.faults += [fault for fault in found.faults if fault not in judgement.faults]


def judge(arena: Arena, journal: Journal, calls: Calls, lake: Path) -> list[Judgement]:
    """Judge all tables of a run that is at rest, before and after a reconciliation."""
    judgements = [judge_before(arena, kind, journal, lake) for kind in arena.kinds]
    for judgement in judgements:
        judgement.runs = calls.runs(judgement.kind)
    orders = [calls.reconcile(judgement.kind) for judgement in judgements]
    for judgement, order in zip(judgements, orders, strict=True):
        ended = calls.wait(order) if order else {"state": "refused"}
        if ended["state"] != "succeeded":
            judgement.faults.append(f"the reconciliation {ended['state']}: {_why(ended)}")
    for judgement in judgements:
        judge_after(judgement, arena, lake)
    return judgements


def _why(order: dict[str, Any]) -> str:
    errors = [table.get("error") for table in order.get("tables", [])]
    return "; ".join(f"{error['type']}: {error['message']}" for error in errors if error)

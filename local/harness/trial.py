"""One trial: an arena is made, operations are carried out, a last load of each table, a judgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from local import postgres
from local.harness import arena as arenas
from local.harness.arena import SETTING, Arena
from local.harness.at_once import Effort, Play, Played
from local.harness.calls import Calls
from local.harness.script import Script
from local.harness.stepwise import play
from local.harness.verdict import Judgement, judge
from local.stack_process import SERVE, StackProcess

_schemas = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A source and a stack that is up. Many trials may use them, one after the other."""

    uri: str
    serving: StackProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was done and what was found."""

    played: Played
    judgements: tuple[Judgement, ...]
    calls: Calls

    @property
    def passed(self) -> bool:
        """Whether every table is equal, and the stack never answered with a fault of its own."""
        return all(judgement.passed for judgement in self.judgements) and not self.calls.faults


# Sweeps up soon after a kill what was going on.
TICK = "*/5 * * * * *"


@contextmanager
def place(
    uri: str | None = None, *, state: Path | None = None, launcher: Sequence[str] = SERVE
) -> Generator[Place]:
    """Start a PostgreSQL (unless the URI of one is given) and a stack on a folder of their own."""
    with TemporaryDirectory(prefix="tidemark-harness-") as temporary:
        folder = state or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        server = None if uri else postgres.start(folder / "postgres", fsync=False)
        address = uri or (server.uri if server else "")
        serving = StackProcess(
            state=folder / "stack",
            tables=folder / "tables",
            environ={SETTING: address},
            tick=TICK,
            launcher=launcher,
        )
        try:
            serving.start()
            yield Place(uri=address, serving=serving)
        finally:
            serving.stop()
            if server is not None:
                server.stop()


def at_once(
    given: Place, effort: Effort, tables: Sequence[str], tell: Callable[[str], None]
) -> Trial:
    """Carry out a seed's operations at once."""

    def carry_out(arena: Arena, calls: Calls) -> Played:
        return Play(effort, arena, calls).run(tell)

    return _try(given, tables, carry_out, tell)


def step_by_step(
    given: Place, script: Script, tell: Callable[[str], None] = lambda _: None
) -> Trial:
    """Carry out a script step by step."""

    def carry_out(arena: Arena, calls: Calls) -> Played:
        return play(script, arena, calls)

    return _try(given, script.tables, carry_out, tell)


def _try(
    given: Place,
    tables: Sequence[str],
    carry_out: Callable[[Arena, Calls], Played],
    tell: Callable[[str], None],
) -> Trial:
    # A number of its own for each process too, as a given source may outlive this one.
    schema = f"h{time.time_ns() // 1_000_000:x}x{next(_schemas)}"
    with arenas.made(given.uri, schema, given.serving.tables, tables) as arena:
        calls = Calls(given.serving, arena)
        try:
            played = carry_out(arena, calls)
            tell("the writers have ended; a last load of each table")
            calls.await_rest()
            _load_last(arena, calls)
            judgements = judge(arena, played.journal, calls, given.serving.lake)
        finally:
            calls.close()
        return Trial(played=played, judgements=tuple(judgements), calls=calls)


def _load_last(arena: Arena, calls: Calls) -> None:
    # A table that is not read above its bound has rows left until its margin has passed.
    waits = [kind.margin + 2 for kind in arena.kinds if not kind.fresh]
    time.sleep(max(waits, default=0))
    order = calls.order("/api/loads", {"tables": arena.names})
    if order is not None:
        calls.wait(order)

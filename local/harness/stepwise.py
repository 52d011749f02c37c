"""Carries out a script step by step: one driver, one connection for each writer, always the same order.

A load is waited for, so what happens between two statements of a load cannot be told here; all else
that makes a load lose rows can. A write that another writer's lock holds up fails at once, and so
ends its transaction: always the same one.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

from local.harness.arena import Arena
from local.harness.at_once import Played
from local.harness.calls import Calls
from local.harness.script import CALLS, Script
from local.harness.writers import Writer

_PATIENCE_MS = 25


def play(script: Script, arena: Arena, calls: Calls) -> Played:
    """Carry out a script to its end, and commit what is open then."""
    played = Played()
    began = time.monotonic()
    with ExitStack() as stack:
        writers: dict[str, Writer] = {}
        for operation in script.operations:
            played.done.append((time.time(), operation))
            if operation.action == "pause":
                time.sleep(operation.seconds)
            elif operation.action in CALLS:
                order = calls.do(operation)
                if order is not None:
                    calls.wait(order)
            else:
                actor = operation.actor
                if actor not in writers:
                    writers[actor] = stack.enter_context(
                        Writer(
                            arena.uri, arena.schema, played.journal, patience=_PATIENCE_MS, skew=0
                        )
                    )
                writers[actor].do(operation)
        for writer in writers.values():
            writer.finish()
            played.failed_writes += writer.failed
    played.seconds = time.monotonic() - began
    return played

"""Makes a failing script small: leaves out whatever the failure does not need, by halves (ddmin)."""

from __future__ import annotations

import time
from collections.abc import Callable

from local.harness.script import CALLS, Operation, Script


def shrink(script: Script, fails: Callable[[Script], bool], *, seconds: float) -> Script:
    """Give a script that still fails and is as small as can be found in the given time.

    First whole transactions, calls and pauses are left out, then single operations.
    """
    end = time.monotonic() + seconds
    script = _reduce(script, _transactions, fails, end)
    return _reduce(script, _singles, fails, end)


def _reduce(
    script: Script,
    cut: Callable[[Script], list[list[Operation]]],
    fails: Callable[[Script], bool],
    end: float,
) -> Script:
    """Leave out units, many at once at first, as long as that fails and there is time."""
    size = max(len(cut(script)) // 2, 1)
    while time.monotonic() < end:
        before = script
        start = 0
        while start < len(units := cut(script)) and time.monotonic() < end:
            left_out = [each for unit in units[start : start + size] for each in unit]
            smaller = script.without(left_out)
            if smaller.operations and fails(smaller):
                script = smaller
            else:
                start += size
        if size == 1 and script == before:
            break
        size = max(size // 2, 1)
    return script


def _transactions(script: Script) -> list[list[Operation]]:
    """Cut a script into transactions, calls and pauses."""
    units: list[list[Operation]] = []
    current: dict[str, list[Operation]] = {}
    for operation in script.operations:
        if operation.action == "pause" or operation.action in CALLS:
            units.append([operation])
            continue
        if operation.action == "begin" or operation.actor not in current:
            current[operation.actor] = []
            units.append(current[operation.actor])
        current[operation.actor].append(operation)
    return units


def _singles(script: Script) -> list[list[Operation]]:
    """Cut a script into operations; a transaction keeps its beginning."""
    return [[operation] for operation in script.operations if operation.action != "begin"]

"""What processes use: seconds on the clock and of CPU, and memory at its highest. Needs Linux' /proc."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")
# Written to a process' clear_refs, this lets its peak begin anew (see proc(5)).
_FORGET_PEAK: Final = "5"


class BenchmarkFailed(Exception):
    """What was to be measured did not do what it should. Its output is in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds on the clock and of CPU, and the most resident memory in MB."""

    clock: float
    cpu: float
    memory: float


class Watch:
    """What a running process uses from now on, every moment of it: the kernel keeps the peak."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK)
        self._cpu, self._began = cpu_of(pid), time.monotonic()

    def cost(self) -> Cost:
        """Say what it has used so far."""
        clock = time.monotonic() - self._began
        return Cost(clock=clock, cpu=cpu_of(self._pid) - self._cpu, memory=peak_of(self._pid))


def cpu_of(pid: int) -> float:
    """Give the seconds of CPU that a process and those of its children that have ended have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS


def peak_of(pid: int) -> float:
    """Give the most memory, in MB, that was resident of a process since its peak was forgotten."""
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Run a command to its end; give its cost, start included, and what it printed.

    Raises:
        BenchmarkFailed: it ended with another status than 0.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, stdout=said, stderr=complained, env={**os.environ, **(environ or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        if process.returncode:
            raise BenchmarkFailed(complained.read().decode(errors="replace")[-2000:])
        cpu = usage.ru_utime + usage.ru_stime
        return Cost(clock=clock, cpu=cpu, memory=usage.ru_maxrss / 1024), said.read().decode()

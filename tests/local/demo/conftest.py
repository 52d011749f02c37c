"""One run of the demo, as a user would start it, for all tests of a module."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a demo printed and how it ended; its stack goes on running on `state`."""

    state: Path
    status: int
    output: str

    @property
    def url(self) -> str:
        [line] = [line for line in self.output.splitlines() if "goes on running at" in line]
        return line.split("running at ")[1].split(" ")[0]

    @property
    def database(self) -> str:
        [line] = [line for line in self.output.splitlines() if line.startswith("The source: ")]
        return line.removeprefix("The source: ")


def run_demo(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end; its stack must not hold the pipes that are read here."""
    command = [sys.executable, "-m", "local.demo", "--state", str(state), *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    # Not below pytest's own folder, which keeps PostgreSQL out when it runs as another user.
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        state = Path(folder) / "demo"
        try:
            done = run_demo(state, "--port", "0")
            yield Played(state=state, status=done.returncode, output=done.stdout + done.stderr)
        finally:
            run_demo(state, "--stop")

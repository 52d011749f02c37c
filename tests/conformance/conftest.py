"""A Python 3.13 with Azure's worker library, made once under `.cache` and kept until requirements change."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".cache" / "conformance-313"
REQUIREMENTS = ROOT / "requirements.txt"
RUNTIME = "azure-functions-runtime>=1.3,<2"
# Nobody listens on port 1: what needs a server finds none.
SETTINGS = {
    "TIDEMARK_LAKE_URL": "http://127.0.0.1:1/devlake",
    "TIDEMARK_LAKE_KEY": "a2V5",
    "TIDEMARK_STATE_URL": "http://127.0.0.1:1/devstate",
    "TIDEMARK_STATE_KEY": "a2V5",
    "TIDEMARK_TABLES": str(ROOT / "tables"),
    "TIDEMARK_TICK": "0 * * * * *",
}


def find_python() -> Path | None:
    """Find a Python 3.13 that really runs: a version manager's stand-in may be there and not run."""
    installed = sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python"))
    on_path = shutil.which("python3.13")
    for candidate in [*([Path(on_path)] if on_path else []), *installed]:
        shown = subprocess.run(
            [candidate, "--version"], capture_output=True, text=True, check=False
        )
        if shown.returncode == 0 and shown.stdout.startswith("Python 3.13"):
            return candidate
    return None


def prepare(python: Path) -> Path:
    """Make the virtual environment, unless it is there for these requirements; give its Python."""
    made = VENV / "bin" / "python"
    stamp = VENV / "requirements.sha256"
    wanted = sha256(REQUIREMENTS.read_bytes() + RUNTIME.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return made
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([python, "-m", "venv", VENV], check=True)
    subprocess.run(
        [made, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS, RUNTIME], check=True
    )
    stamp.write_text(wanted)
    return made


@pytest.fixture(scope="session")
def worker() -> Mapping[str, Any]:
    """Index and invoke the app once, in a process of its own; give what the worker answered."""
    python = find_python()
    if python is None:
        pytest.skip("there is no Python 3.13, which azure-functions-runtime needs")
    run = subprocess.run(
        [prepare(python), Path(__file__).with_name("worker.py"), ROOT],
        cwd=ROOT,
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])

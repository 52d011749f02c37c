"""Imports go one way, vendors stay at the edge, and orchestrators touch nothing that changes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from source_tree import ROOT, modules

BIN = Path(sys.executable).parent
DURABLE_HOMES = (
    "shared/durable/",
    "web/api/starting.py",
    "function_app.py",
    "local/functions_host/",
)


def test_the_import_contracts_are_kept() -> None:
    run = subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_durable_functions_are_known_in_one_package_and_at_the_triggers() -> None:
    speakers = [
        module.name
        for module in modules()
        if any(name.startswith("azure.durable_functions") for name in module.imports())
    ]
    assert [name for name in speakers if not name.startswith(DURABLE_HOMES)] == []


def test_nobody_imports_the_triggers() -> None:
    assert [module.name for module in modules() if "function_app" in set(module.imports())] == []


def lint(code: str) -> set[str]:
    run = subprocess.run(
        [
            BIN / "ruff",
            "check",
            "--no-cache",
            "--output-format=json",
            "--stdin-filename=orchestrators/load_table.py",
            "-",
        ],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    return {found["code"] for found in json.loads(run.stdout)}


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import UTC, datetime\nx = datetime.now(UTC)\n",
        "import datetime\nx = datetime.date.today()\n",
        "import time\nx = time.monotonic()\n",
        "from time import sleep\nsleep(1)\n",
        "import random\nx = random.random()\n",
        "from uuid import uuid4\nx = uuid4()\n",
        "import os\nx = os.environ['X']\n",
        "from os import environ\nx = environ['X']\n",
        "from secrets import token_hex\nx = token_hex()\n",
        "import asyncio\nx = asyncio.sleep(1)\n",
    ],
)
def test_an_orchestrator_may_not_use_what_differs_between_replays(code: str) -> None:
    assert "TID251" in lint(code)


def test_an_orchestrator_may_use_spans_of_time() -> None:
    assert "TID251" not in lint("from datetime import timedelta\nx = timedelta(seconds=1)\n")


def test_the_other_rules_hold_for_orchestrators_too() -> None:
    assert "F401" in lint("import json\n")

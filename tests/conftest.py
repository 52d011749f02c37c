"""Leaves the tests of ODBC out where the machine is declared to be without it, and says so."""

import os
from pathlib import Path

import pytest

WITHOUT_ODBC = os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1"
# Importing what these test needs the driver manager's library.
NEED_ODBC = ("odbc", "sqlserver", "mariadb")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    needs = any(word in collection_path.name for word in NEED_ODBC)
    return True if WITHOUT_ODBC and needs else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WITHOUT_ODBC:
        terminalreporter.write_line(
            "TIDEMARK_WITHOUT_ODBC=1: the tests of sources over ODBC were left out", yellow=True
        )

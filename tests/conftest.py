"""Leaves out the long forms unless TIDEMARK_LONG=1, and ODBC or Chromium where the machine is declared to be without."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

WITHOUT_ODBC = os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1"
WITHOUT_CHROMIUM = os.environ.get("TIDEMARK_WITHOUT_CHROMIUM") == "1"
# Importing what these test needs the driver manager's library.
NEED_ODBC = ("odbc", "sqlserver", "mariadb")
LONG = os.environ.get("TIDEMARK_LONG") == "1"
# A busy machine is no fault: no example is judged by the time that it took.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    needs = any(word in collection_path.name for word in NEED_ODBC)
    drives = collection_path == Path(__file__).parent / "page"
    return True if (WITHOUT_ODBC and needs) or (WITHOUT_CHROMIUM and drives) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if LONG:
        return
    left_out = pytest.mark.skip(reason="a long form; make test-long runs it")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WITHOUT_ODBC:
        terminalreporter.write_line(
            "TIDEMARK_WITHOUT_ODBC=1: the tests of sources over ODBC were left out", yellow=True
        )
    if WITHOUT_CHROMIUM:
        terminalreporter.write_line(
            "TIDEMARK_WITHOUT_CHROMIUM=1: the tests of the operations page in Chromium were left out",
            yellow=True,
        )

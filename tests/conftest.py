"""Leaves out the long forms unless TIDEMARK_LONG=1, and ODBC or Chromium where the machine is declared to be without.

Tells workers apart, too: a folder whose tests share servers goes to one of them.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.long_forms import LONG

WITHOUT_ODBC = os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1"
WITHOUT_CHROMIUM = os.environ.get("TIDEMARK_WITHOUT_CHROMIUM") == "1"
# Importing what these test needs the driver manager's library.
NEED_ODBC = ("odbc", "sqlserver", "mariadb")
# The servers of the tests are on this machine.
os.environ.setdefault("TIDEMARK_ALLOW_PRIVATE_HOSTS", "127.0.0.0/8, ::1")
# PySpark takes a process whose main module has no file, as pytest-xdist's workers, for its own doctests.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__
# Below these every file is handed out by itself: they take longest, or need no server.
BY_FILE = ("architecture", "contracts", "e2e", "infra", "local", "properties", "replay", "unit")
# What takes longest goes first, so that no worker is left with it at the end.
FIRST = (
    "lakehouse",
    "faults",
    "page",
    "tests/local/demo/test_demo.py",
    "conformance",
    "documentation",
    "tests/local/anomalies/test_anomaly_suite.py",
    "security",
    "fuzz",
    "harness",
    "tests/e2e/test_traces_end_to_end.py",
    "tests/e2e/test_refreshes_end_to_end.py",
    "tests/e2e/test_mariadb_end_to_end.py",
    "tests/e2e/test_reconciliations_end_to_end.py",
    "tests/e2e/",
    "tests/local/",
    "tests/contracts/",
)
# A busy machine is no fault: no example is judged by the time that it took.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@contextmanager
def _one_authority() -> Iterator[None]:
    """Let every client of every process read one authority alone: reading all takes 50 ms of each."""
    if "SSL_CERT_FILE" in os.environ:  # of a worker's parent, or the user's own
        yield
        return
    end = "-----END CERTIFICATE-----\n"
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        whole = Path(certifi.where()).read_text()
        file.write(whole[whole.index("-----BEGIN") :].partition(end)[0] + end)
        file.flush()
        os.environ["SSL_CERT_FILE"] = file.name
        yield
    del os.environ["SSL_CERT_FILE"]


def pytest_configure(config: pytest.Config) -> None:
    made = ExitStack()
    made.enter_context(_one_authority())
    config.add_cleanup(made.close)


class ByServers(LoadScopeScheduling):
    """Gives all tests that share servers to one worker, so that they are started once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        _, folder, *_ = file.split("/")
        return file if folder in BY_FILE else folder

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=_place), last=False)
        super()._assign_work_unit(node)


def _place(scope: str) -> int:
    """Give the place of a scope in the order in which they are handed out."""
    return next((at for at, begin in enumerate(FIRST) if scope.startswith(begin)), len(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    return ByServers(config, log)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    needs = any(word in collection_path.name for word in NEED_ODBC)
    drives = collection_path == Path(__file__).parent / "page" or "chromium" in collection_path.name
    return True if (WITHOUT_ODBC and needs) or (WITHOUT_CHROMIUM and drives) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if LONG:
        return
    left_out = pytest.mark.skip(reason="a long form; make test-long runs it")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(left_out)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile: what is made stays to the end, and looking through it takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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

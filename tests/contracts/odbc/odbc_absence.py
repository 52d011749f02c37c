"""Leaves the tests of ODBC out where the machine is declared to be without it, and says so."""

import os
from pathlib import Path

import pytest

WITHOUT = os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1"
REASON = "TIDEMARK_WITHOUT_ODBC=1: this machine has no ODBC"


class SkippedModule(pytest.Module):
    """A test module that is not imported, as that alone needs ODBC."""

    def collect(self) -> list[pytest.Item]:
        pytest.skip(REASON, allow_module_level=True)


def skipped_module(path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Give a module in place of the one at `path`, None where ODBC is expected."""
    return SkippedModule.from_parent(parent, path=path) if WITHOUT else None

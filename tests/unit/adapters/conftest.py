"""Leaves the tests of ODBC out where the machine is declared to be without it."""

from pathlib import Path

import pytest

from tests.contracts.odbc.odbc_absence import skipped_module


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    return skipped_module(module_path, parent) if "odbc" in module_path.name else None

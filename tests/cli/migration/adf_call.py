"""How tests call `tidemark import-adf`, and what they read back."""

import json
from typing import Any, Protocol

from click.testing import Result

from shared.catalog import TableSpec


class Import(Protocol):
    """Imports with these options; without --loop-input and --pipeline, the usual five tables."""

    def __call__(self, *options: object, tables: Any = None) -> Result: ...


class Spec(Protocol):
    """One table of the file that was written, as Tidemark reads it."""

    def __call__(self, table: str) -> TableSpec: ...


def report_of(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def faults_of(result: Result) -> dict[str, list[str]]:
    """Give where each fault was found."""
    found: dict[str, list[str]] = {}
    for finding in report_of(result)["findings"]:
        found.setdefault(finding["fault"], []).extend(finding["where"])
    return found

"""Compares a source's table with the current state of its copy in bronze."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from e2e_lake import current
from e2e_source import Source


def differences(
    source: Source, table: str, lake: Path, *, of: str = "", where: str = "true"
) -> dict[Any, tuple[Any, Any]]:
    """Give every key whose rows differ, with both; `of` is the table behind a view."""
    rows = source.rows(f"SELECT * FROM {of or table} WHERE {where}")
    there = {row["id"]: _plain(row) for row in rows}
    landed = {key: _plain(row) for key, row in current(lake, source.target(table)).items()}
    keys = there.keys() | landed.keys()
    return {
        key: (there.get(key), landed.get(key)) for key in keys if there.get(key) != landed.get(key)
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    # ADBC gives numeric as its text, Arrow as a decimal.
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }

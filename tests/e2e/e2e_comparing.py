"""Compares sources with their copies in bronze, by the oracle."""

from pathlib import Path

from e2e_source import Source
from e2e_waiting import await_value

from local.oracle import Comparison, compare
from shared.catalog import read_catalog


def differing(source: Source, lake: Path, *tables: str) -> list[Comparison]:
    """Compare tables row by row; give those whose copy is not equal, with what is wrong."""
    catalog = read_catalog(source.tables)
    found = [compare(source.uri, catalog.table(source.full(table)), lake) for table in tables]
    return [each for each in found if not each.equal]


def await_equal(source: Source, lake: Path, table: str) -> None:
    """Wait until a table's copy is equal to it."""
    await_value(
        lambda: not differing(source, lake, table),
        f"{source.full(table)} to be in the lake",
        lambda: differing(source, lake, table),
    )

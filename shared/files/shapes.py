"""Finds the columns of files that say them themselves: one set of columns for all files of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from shared.catalog import TableSpec
from shared.catalog.files_spec import FilesSpec
from shared.files.columns import planned
from shared.files.csv_blocks import CsvReader
from shared.files.errors import FileUnreadable, VersionGone
from shared.files.parquet import columns_of
from shared.files.reading import as_utf8
from shared.files.typed import arrow_type
from shared.files.unpacking import unpack
from shared.files.zone import LandingZone
from shared.loading.plan import PlannedColumn
from shared.loading.versions import FileVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundColumns:
    """The columns of a run and the versions that it takes: up to the first that has others."""

    columns: tuple[PlannedColumn, ...]
    versions: Sequence[FileVersion]
    findings: tuple[str, ...] = ()


def find_columns(
    zone: LandingZone,
    spec: TableSpec,
    files: FilesSpec,
    *,
    known: tuple[PlannedColumn, ...],
    versions: Sequence[FileVersion],
) -> FoundColumns:
    """Give the columns that are `known`, or with `on_drift: add` those of files that have more.

    A file that lacks a column, or has one more that is not let through, changes nothing here: it is
    refused when it is read, and the others still land. So is one that cannot be read, if another, or
    a load before, says the columns.

    Raises:
        FileUnreadable, VersionGone: none says them, and this is why the first does not.
    """
    columns, begun = known, False
    reasons: list[FileUnreadable | VersionGone] = []
    for number, version in enumerate(versions):
        try:
            own = look_at(zone, spec, files, version)
        except VersionGone as error:
            reasons.append(error)
            continue
        except FileUnreadable as error:
            reasons.append(FileUnreadable(f"{version.path}: {error}"))
            continue
        if own is None:
            continue
        grows = spec.on_drift == "add" and _adds(own, columns)
        if not columns or (grows and not begun):
            columns = own
        elif grows:
            # Those before it land first: all files of a run have the same columns.
            return FoundColumns(columns=columns, versions=versions[:number])
        begun = True
    if not columns and reasons:
        raise reasons[0]
    return FoundColumns(columns=columns, versions=versions)


def look_at(
    zone: LandingZone, spec: TableSpec, files: FilesSpec, version: FileVersion
) -> tuple[PlannedColumn, ...] | None:
    """Give the columns that a file says it has; None if it says none.

    Raises:
        FileUnreadable, VersionGone: it cannot be read, or not any more.
    """
    if not version.size:
        return None
    found = _look_inside(zone, files, version)
    excluded = spec.excluded([name for name, _, _ in found])
    return tuple(planned(*each) for each in found if each[0] not in excluded) or None


def _look_inside(
    zone: LandingZone, files: FilesSpec, version: FileVersion
) -> list[tuple[str, str, pa.DataType]]:
    """Give name, declared type and type in the lake of each column."""
    if files.format == "parquet":
        with zone.seek(version) as (_, source):
            return [(name, f"parquet {kind}", kind) for name, kind in columns_of(source)]
    return [(name, "text", arrow_type("text")) for name in _header(zone, files, version)]


def _header(zone: LandingZone, files: FilesSpec, version: FileVersion) -> tuple[str, ...]:
    blocks = unpack(zone.open(version).blocks, files.compression)
    return CsvReader(dialect=files.csv, blocks=as_utf8(blocks, files.encoding)).read_header()


def _adds(own: Sequence[PlannedColumn], columns: Sequence[PlannedColumn]) -> bool:
    """Say whether a file has all the columns, of their types, and more."""
    types = {column.name: column.lands for column in own}
    same = all(types.get(column.name) == column.lands for column in columns)
    return same and len(own) > len(columns)

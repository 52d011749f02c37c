"""The Parquet files of one lake, and how the row images in them follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from cli.migration.lake.errors import NotComparable

Side = Literal["old", "new"]

# What bronze adds to the source's columns.
OPERATION, RUN_NO, READ_AT = "_op", "_run_no", "_read_at"
OWN_COLUMNS = frozenset({OPERATION, RUN_NO, READ_AT, "_run_id", "_loaded_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file. `order` is greater for files that were read from the source later."""

    path: Path
    order: int
    rows: int
    schema: pa.Schema

    def open(self) -> pq.ParquetFile:
        """Open it to be read. Raises NotComparable if it is not Parquet."""
        return _open(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """All files of a table on one side. `loads` counts extracts or runs, `ignored` names the rest."""

    side: Side
    parts: tuple[Part, ...]
    loads: int
    ignored: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """How many row images there are."""
        return sum(part.rows for part in self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's columns, in the order in which files first have them."""
        names = dict.fromkeys(name for part in self.parts for name in part.schema.names)
        return tuple(name for name in names if self.side == "old" or name not in OWN_COLUMNS)

    def types(self, column: str) -> frozenset[pa.DataType]:
        """The types that a column has in the files that have it."""
        return frozenset(
            part.schema.field(column).type for part in self.parts if column in part.schema.names
        )


def open_part(path: Path, order: int) -> Part:
    """Read a file's schema and size. Raises NotComparable if it is not Parquet."""
    file = _open(path)
    schema = file.schema_arrow
    if len(set(schema.names)) < len(schema.names):
        raise NotComparable(f"{path} has two columns of one name")
    return Part(path=path, order=order, rows=file.metadata.num_rows, schema=schema)


def _open(path: Path) -> pq.ParquetFile:
    try:
        # INT96, in which Data Factory writes times, ends in 2262 if it is read as nanoseconds.
        return pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    except (pa.ArrowInvalid, OSError) as error:
        raise NotComparable(f"{path} cannot be read as Parquet: {error}") from error

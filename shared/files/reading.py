"""Reads one version of one file to its end, in bounded memory, whatever its format."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pyarrow as pa

from shared.catalog import TableSpec
from shared.catalog.files_spec import FilesSpec
from shared.files.columns import REST, check_names, check_types, own_columns, with_place
from shared.files.csv_blocks import CsvReader
from shared.files.errors import FileUnreadable
from shared.files.json_document import JsonDocument
from shared.files.json_lines import JsonLines
from shared.files.parquet import columns_of, read_parquet
from shared.files.rows import Chunk, Malformed, malformed_row
from shared.files.typed import read_texts
from shared.files.unpacking import unpack
from shared.files.zone import LandingZone
from shared.loading.plan import PlannedColumn
from shared.loading.versions import FileRead, FileVersion

_BOM = codecs.BOM_UTF8


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a file as they land, and some that cannot."""

    rows: pa.RecordBatch
    malformed: tuple[Malformed, ...]


@dataclass(slots=True, kw_only=True)
class FileReading:
    """One version being read. `read` says how far it is; at the end it is what the run remembers."""

    zone: LandingZone
    spec: TableSpec
    files: FilesSpec
    columns: tuple[PlannedColumn, ...]
    schema: pa.Schema
    version: FileVersion
    _rows: int = 0
    _malformed: int = 0
    _bytes: int = 0
    _crc: int = 0
    _own: tuple[PlannedColumn, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._own = own_columns(self.columns)

    @property
    def read(self) -> FileRead:
        """What has been read so far."""
        return FileRead(
            version=self.version,
            fate="landed",
            rows=self._rows,
            malformed=self._malformed,
            bytes=self._bytes,
            crc32=f"{self._crc:08x}",
        )

    def parts(self) -> Iterator[Part]:
        """Give the rows of the file.

        Raises:
            FileUnreadable: it cannot be read to its end, or too much of it is malformed.
            VersionGone: it is not this version any more.
        """
        for chunk in self._chunks():
            part = self._typed(chunk)
            if self.spec.columns.exclude:
                # The text of a row holds what is never to be written anywhere.
                part = replace(part, malformed=tuple(_withheld(row) for row in part.malformed))
            self._rows += part.rows.num_rows
            self._malformed += len(part.malformed)
            yield part
        if self._malformed > self.files.most_malformed * (self._rows + self._malformed):
            raise FileUnreadable(
                f"{self._malformed} of {self._rows + self._malformed} rows are malformed"
            )

    def _chunks(self) -> Iterator[Chunk]:
        if self.files.format == "parquet":
            yield from self._read_parquet()
            return
        opened = self.zone.open(self.version)
        self.version = opened.version
        unpacked = unpack(self._metered(opened.blocks), self.files.compression)
        blocks = as_utf8(unpacked, self.files.encoding)
        columns = [(each.name, each.source_type) for each in self._own if each.name != REST]
        dropped = self.spec.columns.exclude
        match self.files.format:
            case "csv":
                yield from self._read_csv(blocks)
            case "ndjson":
                yield from JsonLines(columns=columns, blocks=blocks, dropped=dropped).chunks()
            case _:
                yield from JsonDocument(columns=columns, blocks=blocks, dropped=dropped).chunks()

    def _read_parquet(self) -> Iterator[Chunk]:
        with self.zone.seek(self.version) as (self.version, source):
            self._bytes = self.version.size
            if not self._bytes:
                return
            found = columns_of(source)
            check_names(self.spec, [name for name, _ in found], [each.name for each in self._own])
            check_types(found, self._own)
            yield from read_parquet(source, [each.name for each in self._own])

    def _metered(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._bytes += len(block)
            self._crc = zlib.crc32(block, self._crc)
            yield block

    def _read_csv(self, blocks: Iterator[bytes]) -> Iterator[Chunk]:
        wanted = tuple(column.name for column in self._own)
        reader = CsvReader(dialect=self.files.csv, blocks=blocks)
        if not self.files.csv.header:
            # Without a header the columns are those declared, in that order.
            reader.names = tuple(name for name, _ in self.files.columns)
        else:
            found = reader.read_header()
            if not found:
                return
            check_names(self.spec, found, wanted)
        yield from reader.chunks()

    def _typed(self, chunk: Chunk) -> Part:
        """Turn texts into values; rows with one that is none are malformed."""
        bad: dict[int, list[str]] = {}
        arrays: list[pa.Array] = []
        for column in self._own:
            typed = read_texts(chunk.rows.column(column.name), column.source_type)
            arrays.append(typed.values)
            for number in typed.bad:
                reason = f"{column.name} is no {column.source_type}"
                bad.setdefault(number, []).append(reason)
        malformed = chunk.malformed
        lines = chunk.lines
        if bad:
            malformed += tuple(
                malformed_row(lines[number].as_py(), "; ".join(reasons), chunk.raw(number))
                for number, reasons in sorted(bad.items())
            )
            kept = pa.array([number not in bad for number in range(len(lines))], pa.bool_())
            arrays, lines = [each.filter(kept) for each in arrays], lines.filter(kept)
        rows = with_place(arrays, lines, self.schema, self.version)
        return Part(rows=rows, malformed=malformed)


def _withheld(row: Malformed) -> Malformed:
    return replace(row, text="withheld: the table excludes columns")


def as_utf8(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Give text of any encoding as UTF-8, without the mark that some writers put before it.

    Of UTF-8 itself the bytes are looked at where rows are known. Raises FileUnreadable.
    """
    if encoding == "utf-8":
        yield from _without_mark(blocks)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise FileUnreadable(f"it is not valid {encoding}: {error.args[-1]}") from error


def _without_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    while len(first) < len(_BOM) and (block := next(blocks, b"")):
        first += block
    yield first.removeprefix(_BOM)
    yield from blocks


def utc_text(moment: datetime) -> str:
    """Write a moment as versions carry it: UTC, ISO 8601."""
    return moment.astimezone(UTC).isoformat()

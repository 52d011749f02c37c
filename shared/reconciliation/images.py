"""The row images that the lake has of a table: found by the manifests, read range by range."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.landing import paths
from shared.landing.columns import DELETE
from shared.landing.lake import Lake, PathMissing, PathTaken
from shared.landing.manifest import Manifest
from shared.landing.row_hash import hash_rows
from shared.loading.errors import PlanUnreadable, SchemaDrifted
from shared.reconciliation.differences import HASH_FIELD, IMAGE_FIELDS, READ_AT, RUN_NO
from shared.reconciliation.ranges import KeyRange

_STAMPS = ("_op", RUN_NO, READ_AT)
_MOST_ROWS = 65_536
# What is decoded at a time.
_BATCH_BYTES = 16 * 1024 * 1024


def survey_images(lake: Lake, target: str) -> tuple[str, ...]:
    """Name the Parquet files of a table that count: those of its runs from the last snapshot on.

    Read the manifests of all of its runs, so the answer is kept for the slices: see `store_images`.
    """
    runs: list[tuple[int, bool, list[str]]] = []
    for entry in lake.list(target):
        folder, _, name = entry.path.rpartition("/")
        if name != paths.MANIFEST or entry.is_folder:
            continue
        manifest = msgspec.json.decode(lake.read(entry.path), type=Manifest)
        files = [f"{folder}/{file.name}" for file in manifest.files]
        runs.append((manifest.run_no, manifest.load_type == "snapshot", files))
    last = max((run_no for run_no, replaces, _ in runs if replaces), default=0)
    return tuple(file for run_no, _, files in sorted(runs) if run_no >= last for file in files)


def store_images(lake: Lake, path: str, files: Sequence[str]) -> None:
    """Keep the list of a plan's files beside it; that of an earlier execution is the same."""
    with suppress(PathTaken):
        lake.write(path, msgspec.json.encode(files))


def find_images(lake: Lake, path: str) -> tuple[str, ...]:
    """Read what `store_images` has written. Raises PlanUnreadable."""
    try:
        return msgspec.json.decode(lake.read(path), type=tuple[str, ...])
    except (PathMissing, msgspec.DecodeError) as error:
        raise PlanUnreadable(f"{path} is missing or damaged") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReader:
    """Reads images in a form that can be joined. `fields` are the source's columns as they land now.

    `hashed` names the columns whose hash is wanted, in their order; none of them where keys alone count.
    """

    lake: Lake
    key: tuple[str, ...]
    fields: pa.Schema
    hashed: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The columns of the key, whether and since when the image is there, and its hash."""
        key = [self.fields.field(name) for name in self.key]
        return pa.schema([*key, *IMAGE_FIELDS, *([HASH_FIELD] if self.hashed else [])])

    def read(self, files: Sequence[str], wanted: KeyRange) -> Iterator[pa.RecordBatch]:
        """Give the images of a range, file by file."""
        for path in files:
            with self.lake.open(path) as source:
                yield from self._read_file(source, wanted)

    def _read_file(self, source: object, wanted: KeyRange) -> Iterator[pa.RecordBatch]:
        file = pq.ParquetFile(source)
        names = file.schema_arrow.names
        first = names.index(wanted.name)
        columns = [n for n in names if n in {*self.key, *_STAMPS, *self.hashed}]
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            if not wanted.touches(group, first):
                continue
            batches = file.iter_batches(
                batch_size=_rows_at_once(group),
                row_groups=[number],
                columns=columns,
                use_threads=False,
            )
            for batch in batches:
                found = wanted.select(self._with_key_as_now(batch))
                if found.num_rows:
                    yield self._joinable(found)

    def _with_key_as_now(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give the columns of the key the types that they land with now."""
        for name in self.key:
            kind = self.fields.field(name).type
            place = batch.schema.get_field_index(name)
            if batch.column(place).type == kind:
                continue
            try:
                batch = batch.set_column(place, name, batch.column(place).cast(kind))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise SchemaDrifted(
                    f"key column {name} was landed with values that are none of its present type"
                ) from error
        return batch

    def _joinable(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        there = pc.not_equal(batch.column("_op"), DELETE)
        arrays = [batch.column(name) for name in self.key]
        arrays += [batch.column(RUN_NO), batch.column(READ_AT), there]
        if self.hashed:
            arrays.append(self._hash(batch))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _hash(self, batch: pa.RecordBatch) -> pa.Array:
        """Hash the images as the source would now; what was landed in another form has no hash."""
        columns: list[pa.Array] = []
        for name in self.hashed:
            kind = self.fields.field(name).type
            if name not in batch.schema.names:
                columns.append(pa.nulls(batch.num_rows, kind))
                continue
            try:
                columns.append(batch.column(name).cast(kind))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                return pa.nulls(batch.num_rows, HASH_FIELD.type)
        rows = pa.RecordBatch.from_arrays(columns, names=list(self.hashed))
        return pa.array(hash_rows(rows), HASH_FIELD.type)


def _rows_at_once(group: pq.RowGroupMetaData) -> int:
    width = group.total_byte_size // max(group.num_rows, 1) + 1
    return max(1, min(_MOST_ROWS, _BATCH_BYTES // width))

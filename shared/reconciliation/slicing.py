"""Reconciles one slice: compares a range of keys on both sides, and lands what repairs the copy."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from shared.extraction.source import KeyScan
from shared.landing import paths
from shared.landing.columns import PLACES, bronze_schema, stamp_of, stamped
from shared.landing.files import write_files
from shared.landing.lake import Lake
from shared.landing.masking import Masking, masking_of
from shared.landing.proving import Written, prove
from shared.landing.row_hash import hash_rows
from shared.landing.slicing import check_columns
from shared.landing.tally import Tally, find_measures
from shared.loading.errors import ReceiptBroken
from shared.loading.masks import MaskKey
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import Receipt, Repairs
from shared.reconciliation.differences import HASH, Differences
from shared.reconciliation.images import ImageReader
from shared.reconciliation.keys import key_column
from shared.reconciliation.orphans import Orphans
from shared.reconciliation.partitions import join_partitions
from shared.reconciliation.ranges import key_range
from shared.reconciliation.source_rows import joinable_rows, row_schema
from shared.reconciliation.spill import Spill

# So many rows are asked for by their keys at once.
_KEYS_AT_ONCE = 4_000
# What is left of a key whose row has come already.
_TWICE = b"twice"


def scanned_columns(plan: LoadPlan) -> tuple[str, ...]:
    """Name the columns that a comparison needs of every row: the key, and what says that it counts.

    Where rows with masked columns are compared it needs all: their hash is of what lands.
    """
    spec = plan.spec
    if plan.compare == "rows" and not source_hashed_columns(plan):
        return tuple(column.name for column in plan.columns)
    wanted = [*spec.key]
    if spec.cursor.column and (spec.nulls == "ignore" or spec.cursor.start is not None):
        wanted.append(spec.cursor.column)
    if spec.deletes.column:
        wanted.append(spec.deletes.column)
    return tuple(dict.fromkeys(wanted))


def hashed_columns(plan: LoadPlan) -> tuple[str, ...]:
    """Name the columns whose hash is compared: those beside the key, if rows are compared."""
    if plan.compare == "keys":
        return ()
    left_out = {*plan.spec.key, *PLACES}
    return tuple(c.name for c in plan.columns if c.name not in left_out)


def source_hashed_columns(plan: LoadPlan) -> tuple[str, ...]:
    """Name the columns whose hash the source is asked for: none where some are masked."""
    return () if any(column.mask for column in plan.columns) else hashed_columns(plan)


@dataclass(slots=True)
class _Tally:
    landed: Tally
    missing: int = 0
    changed: int = 0
    deleted: int = 0
    orphans: Orphans = field(default_factory=Orphans)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReconciliation:
    """One execution of one slice. `images` are the files of the table that count.

    Masked columns are compared as they land. `mask_key` is what they are hashed with.
    """

    lake: Lake
    plan: LoadPlan
    part: Slice
    images: Sequence[str]
    execution: str
    now: Callable[[], datetime]
    mask_key: MaskKey | None = None

    def land(self, scan: KeyScan) -> Receipt:
        """Write the repairs and prove them; see `write`."""
        return prove(self.lake, self.write(scan))

    def write(self, scan: KeyScan) -> Written:
        """Compare, write the repairs into the folder of this execution, and say what was found.

        Raises:
            SchemaDrifted: the table was altered since it was planned.
            KeyUnsound: a key of the source is NULL or not unique.
            ReceiptBroken: a row that was scanned was not found by its key in the same snapshot.
        """
        masking = masking_of(self.plan.spec, scan.schema, self.mask_key)
        check_columns(self.plan, masking.schema)
        scan = _masked(scan, masking)
        measures = find_measures(scan.schema)
        tally = _Tally(landed=Tally(measures))
        with TemporaryDirectory(prefix="tidemark-reconcile-") as folder:
            source, lake = self._spill(scan, Path(folder))
            schema = bronze_schema(scan.schema)
            rows = self._repairs(scan, join_partitions(source, lake), schema, tally)
            files = write_files(
                self.lake, self.plan, self.part, self._folder, rows=rows, schema=schema
            )
        landed = sum(file.rows for file in files)
        compared = source.rows + tally.deleted
        receipt = Receipt(
            slice=self.part.number,
            execution=self.execution,
            read=compared,
            landed=landed,
            unchanged=source.rows - tally.missing - tally.changed,
            read_at=scan.read_at,
            files=files,
            repairs=Repairs(
                compared=compared,
                missing=tally.missing,
                changed=tally.changed,
                deleted=tally.deleted,
            ),
            orphans=tally.orphans.store(self.lake, self._folder),
        )
        return Written(
            receipt=receipt,
            schema=scan.schema,
            asks=None,
            counted=tally.landed.proof("copied"),
            left_out=Tally(measures).proof("copied"),
        )

    @property
    def _folder(self) -> str:
        return paths.execution_folder(self.plan.spec.target, self.plan.run_id, self.execution)

    def _spill(self, scan: KeyScan, folder: Path) -> tuple[Spill, Spill]:
        """Cut both sides into partitions; the source's rows first, as its snapshot is open."""
        key, hashed = self.plan.spec.key, hashed_columns(self.plan)
        schema = row_schema(self.plan, scan.schema, hashed=bool(hashed))
        source = Spill(folder=folder / "source", schema=schema, key=key)
        rows = joinable_rows(
            self.plan,
            scan.batches,
            schema,
            hashed=() if source_hashed_columns(self.plan) else hashed,
        )
        source.fill(rows)
        reader = ImageReader(lake=self.lake, key=key, fields=scan.schema, hashed=hashed)
        wanted = key_range(self.part.span, scan.schema.field(key[0]))
        lake = Spill(folder=folder / "lake", schema=reader.schema, key=key)
        lake.fill(reader.read(self.images, wanted))
        return source, lake

    def _repairs(
        self, scan: KeyScan, found: Iterator[Differences], schema: pa.Schema, tally: _Tally
    ) -> Iterator[pa.RecordBatch]:
        """Yield repaired rows and tombstones as they land."""
        stamp = stamp_of(self.plan, scan.read_at, self.now())
        wanted: list[pa.RecordBatch] = []
        for each in found:
            tally.missing += each.missing.num_rows
            tally.changed += each.changed.num_rows
            tally.deleted += each.deleted.num_rows
            tally.orphans.take(each)
            wanted += [each.missing, each.changed]
            if sum(batch.num_rows for batch in wanted) >= _KEYS_AT_ONCE:
                for batch in self._find(scan, wanted):
                    tally.landed.add(batch)
                    yield stamped(batch, schema, stamp)
                wanted = []
            gone = each.deleted
            if gone.num_rows:
                every = pa.repeat(pa.scalar(value=True), gone.num_rows)
                tombstones = _tombstones(gone, scan.schema)
                tally.landed.add(tombstones)
                yield stamped(tombstones, schema, stamp, every)
        for batch in self._find(scan, wanted):
            tally.landed.add(batch)
            yield stamped(batch, schema, stamp)

    def _find(self, scan: KeyScan, wanted: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Read whole rows by their keys, and prove that they are those that were scanned."""
        for batch in _pieces(wanted):
            left = _Wanted(batch, self.plan.spec.key, hashed_columns(self.plan))
            for rows in scan.find(batch.select(list(self.plan.spec.key))):
                yield from left.take(rows)
            left.check()


class _Wanted:
    """The rows that were asked for by key, and which of them have not come yet."""

    def __init__(
        self, wanted: pa.RecordBatch, key: tuple[str, ...], hashed: tuple[str, ...]
    ) -> None:
        self._key, self._hashed = list(key), list(hashed)
        keys = key_column(wanted.select(self._key)).to_pylist()
        hashes: list[bytes | None] = [None] * len(keys)
        if HASH in wanted.schema.names:
            hashes = wanted.column(HASH).to_pylist()
        self._left = dict(zip(keys, hashes, strict=True))

    def take(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Give those that are wanted: an odd collation may find more."""
        keys = key_column(rows.select(self._key)).to_pylist()
        kept = [key in self._left for key in keys]
        chosen = rows if all(kept) else rows.filter(pa.array(kept, pa.bool_()))
        if not chosen.num_rows:
            return
        hashes: list[bytes | None] = [None] * chosen.num_rows
        if self._hashed:
            hashes = list(hash_rows(chosen.select(self._hashed)))
        for key, digest in zip(
            (k for k, keep in zip(keys, kept, strict=True) if keep), hashes, strict=True
        ):
            if self._left.pop(key, _TWICE) != digest:
                raise ReceiptBroken("a row read by its key is not the one that was scanned")
        yield chosen

    def check(self) -> None:
        """Raise ReceiptBroken if a row has not come."""
        if self._left:
            raise ReceiptBroken(
                f"{len(self._left)} rows that were scanned were not found by their keys"
            )


def _masked(scan: KeyScan, masking: Masking) -> KeyScan:
    """Give the scan as it lands."""
    if not masking.masked:
        return scan
    return replace(
        scan,
        schema=masking.schema,
        batches=(masking.select(batch.schema.names).mask(batch) for batch in scan.batches),
        find=lambda keys: (masking.mask(batch) for batch in scan.find(keys)),
    )


def _pieces(wanted: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in wanted:
        for start in range(0, batch.num_rows, _KEYS_AT_ONCE):
            yield batch.slice(start, _KEYS_AT_ONCE)


def _tombstones(gone: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give rows of which only the key is known."""
    arrays = [
        gone.column(field.name)
        if field.name in gone.schema.names
        else pa.nulls(len(gone), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

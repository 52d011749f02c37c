"""Lands one slice: reads its snapshot to the end, leaves out what was landed before just so, and counts."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog import ColumnSpec
from shared.extraction.batches import SOURCE_TYPE
from shared.extraction.source import Notes, Reading
from shared.extraction.tracked import Rows, take_apart
from shared.landing import paths
from shared.landing.columns import bronze_schema, stamp_of, stamped
from shared.landing.cursor_column import cursor_column
from shared.landing.files import write_files
from shared.landing.lake import Lake
from shared.landing.masking import MASK, Masking, masking_of
from shared.landing.overlap import MOST_DIGESTS, digest_rows, pack
from shared.landing.proving import Written, prove
from shared.landing.sizes import check_sizes
from shared.landing.soft_deletes import deleted
from shared.landing.tally import Tally, find_measures
from shared.loading.drift import find_differences, is_same
from shared.loading.errors import SchemaDrifted
from shared.loading.masks import MaskKey
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.proof import Measure
from shared.loading.receipt import NullCount, Receipt


def check_columns(plan: LoadPlan, schema: pa.Schema) -> None:
    """Stop if what is to be written is not what was planned: files of one run have one schema.

    The table was changed since, or a column that is to be masked is not, or by another key.
    """
    found = tuple(_column(field) for field in schema)
    if is_same(plan.columns, found):
        return
    planned = replace(plan.spec, columns=ColumnSpec())
    changed = "; ".join(each.text for each in find_differences(planned, plan.columns, found))
    raise SchemaDrifted(
        f"columns changed during the load: {changed or 'they stand in another order'}"
    )


def _numbered(batches: Iterator[Rows]) -> Iterator[tuple[int, Rows]]:
    """Give each batch with the number of its first row."""
    first = 0
    for rows in batches:
        yield first, rows
        first += rows.batch.num_rows


def _column(field: pa.Field) -> PlannedColumn:
    told = field.metadata or {}
    return PlannedColumn(
        name=field.name,
        source_type=told.get(SOURCE_TYPE, b"").decode(),
        lands=str(field.type),
        mask=told.get(MASK, b"").decode(),
    )


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What was read in the clear, and of it what is masked and what is left out as it lands."""

    counted: Tally
    masked: Tally
    left_out: Tally
    read: int = 0
    unchanged: int = 0
    nulls: dict[str, int] = field(default_factory=dict[str, int])
    again: set[bytes] = field(default_factory=set[bytes])


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLanding:
    """One execution of one slice. `known` are the digests of rows that need not be landed again.

    `mask_key` is what columns are hashed with, None if none is.
    """

    lake: Lake
    plan: LoadPlan
    part: Slice
    execution: str
    known: frozenset[bytes]
    now: Callable[[], datetime]
    mask_key: MaskKey | None = None

    def land(self, reading: Reading) -> Receipt:
        """Write the slice's files into the folder of this execution, and prove what was done.

        Raises ReceiptBroken.
        """
        return self.prove(self.write(reading))

    def prove(self, written: Written) -> Receipt:
        """Read the files back and compare, while the source adds up what it gave. Raises ReceiptBroken."""
        return prove(self.lake, written)

    def write(self, reading: Reading) -> Written:
        """Write the slice's files; what the source can say of them is still to be asked."""
        masking = masking_of(self.plan.spec, reading.schema, self.mask_key)
        check_columns(self.plan, masking.schema)
        schema = bronze_schema(masking.schema, aside=bool(self.plan.reasons))
        stamp = stamp_of(self.plan, reading.read_at, self.now())
        tally = self._tally(reading, masking)
        spec = self.plan.spec
        rows = (
            stamped(
                rows.batch,
                schema,
                stamp,
                deleted(spec, rows),
                first if reading.numbered else None,
            )
            for first, rows in _numbered(self._changed(reading, masking, tally))
        )
        files = write_files(self.lake, self.plan, self.part, self._folder, rows=rows, schema=schema)
        notes = reading.notes() if reading.notes else Notes(pages=0)
        receipt = Receipt(
            slice=self.part.number,
            execution=self.execution,
            read=tally.read,
            landed=sum(file.rows for file in files),
            unchanged=tally.unchanged,
            read_at=reading.read_at,
            files=files,
            nulls=tuple(NullCount(column=c, nulls=n) for c, n in tally.nulls.items() if n),
            overlap=self._keep_overlap(tally.again),
            pages=notes.pages,
            findings=notes.findings,
        )
        return Written(
            receipt=receipt,
            schema=masking.schema,
            asks=reading.proof,
            counted=tally.counted.proof("copied"),
            left_out=tally.left_out.proof("copied"),
            masked=tally.masked.proof("copied") if masking.masked else None,
        )

    def _tally(self, reading: Reading, masking: Masking) -> _Tally:
        measures: Mapping[str, Measure] = {}
        if reading.proof is not None:
            measures = reading.proof.measures
        elif self.plan.spec.receipt != "rows":
            measures = find_measures(reading.schema)
        hashed = reading.proof is not None and reading.proof.hashed
        hidden: dict[str, Measure] = {
            name: measure
            for name, measure in find_measures(masking.schema).items()
            if name in masking.masked and name in measures
        }
        # The source's hashes are compared with those of what landed: once, as they cost most. Where
        # something else lands they are compared with those of the batches.
        masks = bool(masking.masked)
        return _Tally(
            counted=Tally(measures, hashed=hashed and masks),
            masked=Tally(hidden, hashed=hashed and masks),
            left_out=Tally({**dict(measures), **hidden}, hashed=hashed),
        )

    @property
    def _folder(self) -> str:
        return paths.execution_folder(self.plan.target, self.plan.run_id, self.execution)

    def _changed(self, reading: Reading, masking: Masking, tally: _Tally) -> Iterator[Rows]:
        """Yield the rows to land, batch by batch, masked."""
        for clear in map(take_apart, reading.batches):
            check_sizes(self.plan.spec, clear.batch)
            tally.read += clear.batch.num_rows
            tally.counted.add(clear.batch)
            # A digest of a row in the clear would let its values be tried out.
            rows = replace(clear, batch=masking.mask(clear.batch))
            batch = rows.batch
            if masking.masked:
                tally.masked.add(batch)
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                tally.nulls[name] = tally.nulls.get(name, 0) + column.null_count
            above = self._above_bound(rows)
            if not self.known and above is None:
                yield rows
                continue
            digests = digest_rows(rows.told_apart)
            if above is not None and len(tally.again) <= MOST_DIGESTS:
                tally.again.update(
                    d for d, up in zip(digests, above.to_pylist(), strict=True) if up
                )
            fresh = [digest not in self.known for digest in digests]
            tally.unchanged += len(fresh) - sum(fresh)
            kept = rows
            if not all(fresh):
                kept = rows.filter(pa.array(fresh))
                tally.left_out.add(batch.filter(pa.array([not each for each in fresh])))
            if kept.batch.num_rows:
                yield kept

    def _above_bound(self, rows: Rows) -> pa.Array | None:
        """Mark the rows that the next load will read again; None if there are none in this slice."""
        plan, column, batch = self.plan, cursor_column(self.plan), rows.batch
        if not plan.advances or plan.bound.value is None:
            return None
        if rows.versions is not None or column is None:
            return rows.above(plan.bound.value)
        if self.part.span.nulls:
            return pa.repeat(pa.scalar(value=True), batch.num_rows)
        upto, bound = self.part.span.upto, plan.bound.value
        if upto is not None and column.cursor.parse(upto) <= column.cursor.parse(bound):
            return None
        # Pages hold rows with and without a cursor value; elsewhere those without have slices of their own.
        above, missing = column.above(batch, bound), column.missing(batch)
        if above is None or missing is None:
            return missing if above is None else above
        return pc.or_(above, missing)

    def _keep_overlap(self, again: set[bytes]) -> str | None:
        if not again or len(again) > MOST_DIGESTS:
            return None
        path = f"{self._folder}/overlap.bin"
        self.lake.write(path, pack(again))
        return path

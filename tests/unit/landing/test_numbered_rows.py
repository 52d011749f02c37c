"""Rows that are read page by page: the later image wins by the rule of all readers, and places are no values."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
from landing_samples import READ_AT, plan
from memory_lake import MemoryLake

from shared.extraction.batches import typed_field
from shared.extraction.source import Notes, Reading
from shared.landing.manifest import manifest_of
from shared.landing.overlap import digest_rows, unpack
from shared.landing.slicing import SliceLanding
from shared.loading.plan import PlannedColumn
from shared.loading.receipt import Landing, Receipt

NAMES = ("id", "no", "_page", "_position")
SCHEMA = pa.schema([typed_field(name, pa.int64(), "integer") for name in NAMES])
COLUMNS = tuple(PlannedColumn(name=n, source_type="integer", lands="int64") for n in NAMES)
NOW = datetime(2026, 1, 2, 0, 0, 5, tzinfo=UTC)


def batch(*rows: tuple[int | None, ...]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(c, pa.int64()) for c in columns], schema=SCHEMA)


def land(
    lake: MemoryLake, *batches: pa.RecordBatch, known: frozenset[bytes] = frozenset()
) -> Receipt:
    of = plan(columns=COLUMNS)
    reading = Reading(
        read_at=READ_AT,
        schema=SCHEMA,
        batches=iter(batches),
        numbered=True,
        notes=lambda: Notes(pages=7, findings=("told",)),
    )
    landing = SliceLanding(
        lake=lake, plan=of, part=of.slices[0], execution="e1", known=known, now=lambda: NOW
    )
    return landing.land(reading)


def test_every_row_counts_as_read_after_the_one_before() -> None:
    lake = MemoryLake()
    receipt = land(lake, batch((1, 11, 1, 0), (1, 12, 1, 1)), batch((1, 11, 2, 0)))
    [file] = receipt.files
    rows = pq.read_table(pa.BufferReader(lake.read(file.path))).to_pylist()

    began = datetime.fromisoformat(READ_AT).replace(tzinfo=UTC)
    assert [row["_read_at"] - began for row in rows] == [
        timedelta(microseconds=n) for n in range(3)
    ]
    ordered = sorted(rows, key=lambda row: (row["_run_no"], row["_read_at"]))
    assert ordered == sorted(rows, key=lambda row: (row["_page"], row["_position"]))


def test_receipt_and_manifest_tell_the_pages() -> None:
    receipt = land(MemoryLake(), batch((1, 11, 1, 0)))
    of = plan(columns=COLUMNS)
    manifest = manifest_of(of, Landing(run_id=of.run_id, plan="p", receipts=(receipt,)))

    assert (receipt.pages, receipt.findings) == (7, ("told",))
    assert manifest.receipt[0].pages == 7


def test_a_row_that_was_landed_before_is_known_at_another_place() -> None:
    lake = MemoryLake()
    first = land(lake, batch((1, 21, 1, 0), (2, None, 1, 1), (3, 15, 1, 2)))
    assert first.overlap is not None
    known = unpack(lake.read(first.overlap))
    # Above the bound, and without a cursor value: both are read again by the next load.
    assert len(known) == 2
    again = land(MemoryLake(), batch((2, None, 4, 0), (1, 21, 5, 1), (4, 22, 5, 2)), known=known)

    assert (again.read, again.unchanged, again.landed) == (3, 2, 1)
    assert digest_rows(batch((1, 2, 3, 4))) == digest_rows(batch((1, 2, 5, 6)))

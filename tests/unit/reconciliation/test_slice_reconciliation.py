"""One slice of a reconciliation lands what repairs the copy, and proves what it read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.catalog import DeleteSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import KeyScan, Reading
from shared.landing.publication import publish
from shared.landing.row_hash import hash_rows
from shared.landing.slicing import SliceLanding
from shared.landing.soft_deletes import soft_deleted
from shared.loading.errors import KeyUnsound, ReceiptBroken, SchemaDrifted
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.receipt import Landing, Receipt, Repairs, add_repairs, check_landing
from shared.loading.span import Span
from shared.reconciliation.images import survey_images
from shared.reconciliation.orphans import count_rekeyed
from shared.reconciliation.slicing import SliceReconciliation, hashed_columns, scanned_columns
from tests.unit.landing.landing_samples import READ_AT, SCHEMA, TARGET, plan
from tests.unit.landing.memory_lake import MemoryLake

NOW = datetime(2026, 1, 2, 0, 0, 5, tzinfo=UTC)
WIDE = SCHEMA.append(typed_field("v", pa.string(), "text"))
COLUMNS = (*plan().columns, PlannedColumn(name="v", source_type="text", lands="string"))
Row = tuple[int | None, int | None, str]


def batch(rows: Sequence[Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [(), (), ()]
    return pa.RecordBatch.from_arrays(
        [pa.array(values, f.type) for values, f in zip(columns, WIDE, strict=True)], schema=WIDE
    )


def planned(no: int, **fields: Any) -> LoadPlan:
    run = f"20260101T00000{no:04d}Z-00000a.crm.dbo.Users"
    return plan(run_id=run, run_no=no, columns=COLUMNS, **fields)


def load(lake: MemoryLake, no: int, rows: Sequence[Row], **fields: Any) -> None:
    """Publish a run as a load does."""
    of = planned(no, **fields)
    landing = SliceLanding(
        lake=lake, plan=of, part=of.slices[0], execution="e", known=frozenset(), now=lambda: NOW
    )
    receipt = landing.land(Reading(read_at=READ_AT, schema=WIDE, batches=iter([batch(rows)])))
    publish(lake, of, Landing(run_id=of.run_id, plan="p", receipts=(receipt,)))


class MemoryScan:
    """A source of rows in memory; `found` is what it finds by key, where that differs."""

    def __init__(self, rows: Sequence[Row], found: Sequence[Row] | None = None) -> None:
        self.rows, self.found = rows, rows if found is None else found

    def scan(self, of: LoadPlan) -> KeyScan:
        scanned = batch(self.rows)
        chosen = scanned.select(list(scanned_columns(of)))
        if hashed := hashed_columns(of):
            digests = pa.array(hash_rows(scanned.select(list(hashed))), pa.binary())
            chosen = chosen.append_column("hash", digests)
        return KeyScan(read_at=READ_AT, schema=WIDE, batches=iter([chosen]), find=self._find)

    def _find(self, keys: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        wanted = set(keys["id"].to_pylist())
        yield batch([row for row in self.found if row[0] in wanted])


def reconciled(lake: MemoryLake, source: MemoryScan, no: int = 50, **fields: Any) -> Receipt:
    of = replace(
        planned(no), **{"mode": "reconcile", "slices": (Slice(number=0, span=Span()),), **fields}
    )
    slicing = SliceReconciliation(
        lake=lake,
        plan=of,
        part=of.slices[0],
        images=survey_images(lake, TARGET),
        execution="x",
        now=lambda: NOW,
    )
    receipt = slicing.land(source.scan(of))
    check_landing(of, [receipt])
    return receipt


def landed(lake: MemoryLake, receipt: Receipt) -> dict[Any, tuple[Any, ...]]:
    tables = [pq.read_table(pa.BufferReader(lake.read(file.path))) for file in receipt.files]
    rows = [row for table in tables for row in table.to_pylist()]
    return {row["id"]: (row["_op"], row["no"], row["v"]) for row in rows}


def test_missing_rows_land_whole_and_deleted_ones_as_tombstones() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a"), (2, 12, "b")])
    receipt = reconciled(lake, MemoryScan([(2, 99, "B"), (3, 13, "c")]))
    assert receipt.repairs == Repairs(compared=3, missing=1, deleted=1)
    assert landed(lake, receipt) == {3: ("upsert", 13, "c"), 1: ("delete", None, None)}
    assert (receipt.read, receipt.landed, receipt.unchanged) == (3, 2, 1)


def test_rows_that_changed_unseen_are_found_where_rows_are_compared() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a"), (2, 12, "b")])
    receipt = reconciled(lake, MemoryScan([(1, 11, "a"), (2, 12, "B")]), compare="rows")
    assert receipt.repairs == Repairs(compared=2, changed=1)
    assert landed(lake, receipt) == {2: ("upsert", 12, "B")}


def test_the_last_image_of_a_key_counts() -> None:
    lake = MemoryLake()
    load(lake, 2, [(1, 12, "new")])
    load(lake, 1, [(1, 11, "old")])
    receipt = reconciled(lake, MemoryScan([(1, 12, "new")]), compare="rows")
    assert (receipt.repairs, receipt.files) == (Repairs(compared=1), ())


def test_a_snapshot_replaces_what_was_landed_before_it() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a")])
    load(lake, 2, [(2, 12, "b")], mode="snapshot")
    receipt = reconciled(lake, MemoryScan([(2, 12, "b")]))
    assert receipt.repairs == Repairs(compared=1)


def test_an_empty_snapshot_leaves_nothing_to_delete() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a")])
    load(lake, 2, [], mode="snapshot")
    assert reconciled(lake, MemoryScan([])).repairs == Repairs(compared=0)


def test_only_the_range_of_a_slice_is_compared() -> None:
    lake = MemoryLake()
    load(lake, 1, [(number, 11, "a") for number in range(10)])
    part = (Slice(number=0, span=Span(after="3", upto="6")),)
    receipt = reconciled(lake, MemoryScan([(5, 11, "a"), (6, 11, "a")]), slices=part)
    assert landed(lake, receipt) == {4: ("delete", None, None)}


def test_row_groups_outside_of_a_range_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.landing.parquet.ROW_GROUP_ROWS", 1)
    read: list[list[int]] = []
    whole = pq.ParquetFile.iter_batches

    def watched(file: pq.ParquetFile, *args: Any, **kwargs: Any) -> Any:
        read.append(kwargs["row_groups"])
        return whole(file, *args, **kwargs)

    lake = MemoryLake()
    for number in range(1, 6):
        load(lake, number, [(number, 11, "a")])
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    part = (Slice(number=0, span=Span(after="2", upto="4")),)
    source = MemoryScan([(3, 11, "a"), (4, 11, "a")])
    assert reconciled(lake, source, slices=part).repairs == Repairs(compared=2)
    assert len(read) == 2


def test_a_row_without_a_key_or_with_that_of_another_is_refused() -> None:
    with pytest.raises(KeyUnsound, match="without a value in key column id"):
        reconciled(MemoryLake(), MemoryScan([(None, 11, "a")]))
    with pytest.raises(KeyUnsound, match="several rows of the source have the same id"):
        reconciled(MemoryLake(), MemoryScan([(1, 11, "a"), (1, 12, "b")]))


def test_a_row_that_is_not_found_again_by_its_key_breaks_the_receipt() -> None:
    with pytest.raises(ReceiptBroken, match="1 rows that were scanned were not found"):
        reconciled(MemoryLake(), MemoryScan([(1, 11, "a")], found=[]))


def test_a_row_that_comes_twice_for_one_key_breaks_the_receipt() -> None:
    with pytest.raises(ReceiptBroken, match="not the one that was scanned"):
        reconciled(MemoryLake(), MemoryScan([(1, 11, "a")], found=[(1, 11, "a")] * 2))


def test_a_row_that_is_read_otherwise_than_it_was_hashed_breaks_the_receipt() -> None:
    with pytest.raises(ReceiptBroken, match="not the one that was scanned"):
        reconciled(MemoryLake(), MemoryScan([(1, 11, "a")], found=[(1, 11, "b")]), compare="rows")


def test_rows_that_loads_leave_out_are_neither_landed_nor_deleted() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a"), (2, 12, "b")])
    of = plan().spec
    spec = replace(of, nulls="ignore", cursor=replace(of.cursor, start="10"))
    source = MemoryScan([(1, None, "a"), (2, 5, "b"), (3, None, "c"), (4, 9, "d"), (5, 10, "e")])
    receipt = reconciled(lake, source, spec=spec)
    assert landed(lake, receipt) == {5: ("upsert", 10, "e")}


@pytest.mark.parametrize(
    ("kind", "there", "gone"),
    [
        (pa.bool_(), [False, None], [True]),
        (pa.int16(), [0, None], [1, -1]),
        (pa.decimal128(5, 2), [0, None], [1]),
        (pa.timestamp("us"), [None], [0]),
    ],
)
def test_rows_marked_deleted_count_as_not_there(
    kind: pa.DataType, there: list[Any], gone: list[Any]
) -> None:
    spec = replace(plan().spec, deletes=DeleteSpec(how="soft", column="m"))
    values = pa.array([*there, *gone], kind)
    marks = soft_deleted(spec, pa.RecordBatch.from_arrays([values], names=["m"]))
    assert marks is not None
    assert marks.to_pylist() == [False] * len(there) + [True] * len(gone)


def test_a_deleted_and_a_missing_row_that_are_alike_were_given_another_key() -> None:
    lake = MemoryLake()
    load(lake, 1, [(1, 11, "a"), (2, 12, "b"), (3, 13, "c")])
    source = MemoryScan([(2, 12, "b"), (9, 11, "a"), (8, 99, "x")])
    receipt = reconciled(lake, source, compare="rows")
    assert receipt.orphans is not None
    rekeyed = count_rekeyed(lake, [receipt.orphans])
    assert rekeyed == 1
    assert add_repairs([receipt], rekeyed=rekeyed) == Repairs(
        compared=5, missing=2, deleted=2, rekeyed=1
    )


def test_a_column_that_older_files_lack_is_null_there() -> None:
    lake = MemoryLake()
    narrow = planned(1)
    narrow = replace(narrow, columns=narrow.columns[:2])
    landing = SliceLanding(
        lake=lake,
        plan=narrow,
        part=narrow.slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: NOW,
    )
    rows = batch([(1, 11, "a")]).select(SCHEMA.names)
    receipt = landing.land(Reading(read_at=READ_AT, schema=SCHEMA, batches=iter([rows])))
    publish(lake, narrow, Landing(run_id=narrow.run_id, plan="p", receipts=(receipt,)))
    assert reconciled(lake, MemoryScan([(1, 11, "a")]), compare="rows").repairs == Repairs(
        compared=1, changed=1
    )


def test_a_table_altered_after_the_plan_is_not_reconciled() -> None:
    with pytest.raises(SchemaDrifted, match="column v"):
        reconciled(MemoryLake(), MemoryScan([(1, 11, "a")]), columns=plan().columns)

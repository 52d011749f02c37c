"""One slice lands what changed, counts what it read, and remembers what will be read again."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_samples import READ_AT, RUN, SCHEMA, batch, plan, reading
from memory_lake import MemoryLake

from shared.extraction.batches import typed_field
from shared.extraction.source import Reading
from shared.landing import slicing
from shared.landing.overlap import digest_rows, unpack
from shared.landing.slicing import SliceLanding
from shared.loading.bound import Bound
from shared.loading.errors import SchemaDrifted, TypeUnsupported
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import Receipt
from shared.loading.span import Span

NOW = datetime(2026, 1, 2, 0, 0, 5, tzinfo=UTC)


def land(
    lake: MemoryLake,
    *batches: pa.RecordBatch,
    of: LoadPlan | None = None,
    known: frozenset[bytes] = frozenset(),
) -> Receipt:
    of = of or plan()
    landing = SliceLanding(
        lake=lake, plan=of, part=of.slices[0], execution="e1", known=known, now=lambda: NOW
    )
    return landing.land(reading(*batches))


def table(lake: MemoryLake, receipt: Receipt) -> pa.Table:
    return pa.concat_tables(
        pq.read_table(pa.BufferReader(lake.read(file.path))) for file in receipt.files
    )


def remembered(lake: MemoryLake, receipt: Receipt) -> frozenset[bytes]:
    return unpack(lake.read(receipt.overlap)) if receipt.overlap else frozenset()


def test_rows_land_with_the_columns_of_bronze() -> None:
    lake = MemoryLake()
    receipt = land(lake, batch([(1, 11), (2, 12)]))
    assert table(lake, receipt).to_pylist()[1] == {
        "id": 2,
        "no": 12,
        "_op": "upsert",
        "_run_no": 3,
        "_read_at": datetime.fromisoformat(READ_AT).replace(tzinfo=UTC),
        "_run_id": RUN,
        "_loaded_at": NOW,
    }


def test_a_receipt_counts_rows_nulls_and_the_cursors_range() -> None:
    receipt = land(MemoryLake(), batch([(1, 15), (None, 12)]), batch([(None, 19), (4, None)]))
    assert (receipt.read, receipt.landed, receipt.unchanged) == (4, 4, 0)
    assert {count.column: count.nulls for count in receipt.nulls} == {"id": 2, "no": 1}
    [file] = receipt.files
    assert (file.rows, file.cursor_min, file.cursor_max) == (4, "12", "19")


def test_no_row_makes_no_file() -> None:
    lake = MemoryLake()
    receipt = land(lake)
    assert (receipt.read, receipt.files, receipt.overlap) == (0, (), None)
    assert lake.files == {}


def test_rows_that_were_landed_just_so_are_left_out_and_counted() -> None:
    lake = MemoryLake()
    known = frozenset(digest_rows(batch([(1, 21)])))
    receipt = land(lake, batch([(1, 21), (2, 22), (1, 23)]), known=known)
    assert (receipt.read, receipt.landed, receipt.unchanged) == (3, 2, 1)
    assert table(lake, receipt)["no"].to_pylist() == [22, 23]


def test_rows_above_the_bound_are_remembered_whether_landed_or_known() -> None:
    lake = MemoryLake()
    rows = batch([(1, 19), (2, 20), (3, 21), (4, 22)])
    known = frozenset(digest_rows(batch([(3, 21)])))
    receipt = land(lake, rows, known=known)
    assert remembered(lake, receipt) == frozenset(digest_rows(batch([(3, 21), (4, 22)])))


def test_rows_without_a_cursor_value_are_all_remembered() -> None:
    lake = MemoryLake()
    nulls = plan(slices=(Slice(number=0, span=Span(nulls=True)),))
    rows = batch([(1, None), (2, None)])
    assert remembered(lake, land(lake, rows, of=nulls)) == frozenset(digest_rows(rows))


@pytest.mark.parametrize(
    "silent",
    [
        plan(mode="backfill"),
        plan(mode="snapshot"),
        plan(bound=Bound(value=None, how="exact")),
        plan(slices=(Slice(number=0, span=Span(after="10", upto="20")),)),
    ],
)
def test_what_the_next_load_does_not_read_again_is_not_remembered(silent: LoadPlan) -> None:
    assert land(MemoryLake(), batch([(1, 15), (2, 25)]), of=silent).overlap is None


def test_more_digests_than_memory_allows_are_forgotten_and_rows_land_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slicing, "MOST_DIGESTS", 2)
    receipt = land(MemoryLake(), *(batch([(n, 30 + n)]) for n in range(5)))
    assert (receipt.landed, receipt.overlap) == (5, None)


def test_a_long_slice_is_cut_into_files_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.landing.files.FILE_BYTES", 100)
    monkeypatch.setattr("shared.landing.parquet.ROW_GROUP_ROWS", 1)
    lake = MemoryLake()
    receipt = land(lake, *(batch([(n, 11 + n)]) for n in range(4)))
    assert sum(file.rows for file in receipt.files) == receipt.landed == 4
    assert len(receipt.files) > 1
    assert len({file.path for file in receipt.files}) == len(receipt.files)
    assert table(lake, receipt)["id"].to_pylist() == [0, 1, 2, 3]


def test_every_execution_writes_files_of_its_own() -> None:
    lake = MemoryLake()
    first = land(lake, batch([(1, 11)]))
    of = plan()
    again = SliceLanding(
        lake=lake, plan=of, part=of.slices[0], execution="e2", known=frozenset(), now=lambda: NOW
    ).land(reading(batch([(1, 11)])))
    assert {file.path for file in first.files}.isdisjoint(file.path for file in again.files)
    assert [file.name for file in first.files] == [file.name for file in again.files]


def test_a_table_altered_after_the_plan_is_not_landed() -> None:
    altered = SCHEMA.append(pa.field("late", pa.int64()))
    landing = SliceLanding(
        lake=MemoryLake(),
        plan=plan(),
        part=plan().slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: NOW,
    )
    with pytest.raises(SchemaDrifted, match="late"):
        landing.land(Reading(read_at=READ_AT, schema=altered, batches=iter(())))


def test_a_source_column_may_not_take_a_name_of_bronze() -> None:
    schema = pa.schema([typed_field(name, pa.int64(), "int8") for name in ("id", "_op")])
    of = plan(columns=tuple(replace(plan().columns[0], name=name) for name in schema.names))
    landing = SliceLanding(
        lake=MemoryLake(),
        plan=of,
        part=of.slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: NOW,
    )
    with pytest.raises(TypeUnsupported, match="_op"):
        landing.land(Reading(read_at=READ_AT, schema=schema, batches=iter(())))


def altered(fields: list[tuple[str, pa.DataType, str]]) -> Reading:
    schema = pa.schema([typed_field(*field) for field in fields])
    return Reading(read_at=READ_AT, schema=schema, batches=iter(()))


ID, NO = ("id", pa.int64(), "int8"), ("no", pa.int64(), "int8")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([ID, NO, ("age", pa.int16(), "int2")], r"column age \(int2\) is new"),
        ([ID], r"column no \(int8\) is gone"),
        ([ID, ("no", pa.string(), "text")], r"column no was int8 .* and is text"),
        ([ID, ("no", pa.int64(), "bigserial")], "column no was int8 and is bigserial"),
        ([NO, ID], "they stand in another order"),
    ],
)
def test_files_of_one_run_have_one_schema(
    fields: list[tuple[str, pa.DataType, str]], told: str
) -> None:
    lake = MemoryLake()
    landing = SliceLanding(
        lake=lake,
        plan=plan(),
        part=plan().slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: NOW,
    )
    with pytest.raises(SchemaDrifted, match=f"during the load: {told}"):
        landing.land(altered(fields))
    assert lake.files == {}


def test_rows_that_are_set_aside_say_why_and_where_they_came_from() -> None:
    lake = MemoryLake()
    receipt = land(lake, batch([(1, 11), (2, 25)]), of=plan(reasons=("a is new", "b is gone")))
    assert [file.path.split("/")[0] for file in receipt.files] == ["quarantine"]
    row = table(lake, receipt).to_pylist()[0]
    assert (row["_reasons"], row["_table"]) == (["a is new", "b is gone"], "crm/dbo.Users")
    assert (row["_run_id"], row["_run_no"]) == (RUN, 3)
    assert receipt.overlap is None

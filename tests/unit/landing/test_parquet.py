"""Parquet files have row groups of bounded size and hold every row once."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.landing import parquet
from shared.landing.parquet import ParquetStream

SCHEMA = pa.schema([pa.field("n", pa.int64()), pa.field("t", pa.string())])


def batch(first: int, count: int, width: int = 1) -> pa.RecordBatch:
    numbers = list(range(first, first + count))
    texts = ["x" * width] * count
    return pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(texts)], schema=SCHEMA)


def written(*batches: pa.RecordBatch) -> pq.ParquetFile:
    sink = io.BytesIO()
    stream = ParquetStream(sink, SCHEMA)
    for each in batches:
        stream.write(each)
    stream.close()
    assert stream.rows == sum(each.num_rows for each in batches)
    return pq.ParquetFile(pa.BufferReader(sink.getvalue()))


def groups(file: pq.ParquetFile) -> list[int]:
    return [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]


def test_small_batches_are_gathered_into_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 100)
    file = written(*(batch(n * 30, 30) for n in range(7)))
    assert groups(file) == [120, 90]
    assert file.read()["n"].to_pylist() == list(range(210))


def test_wide_rows_close_a_row_group_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 10_000)
    file = written(*(batch(n * 10, 10, width=600) for n in range(4)))
    assert groups(file) == [20, 20]


def test_a_file_without_rows_still_has_its_schema() -> None:
    file = written()
    assert (file.metadata.num_rows, file.schema_arrow) == (0, SCHEMA)


def test_a_batch_without_rows_is_harmless() -> None:
    assert written(batch(0, 0), batch(0, 2)).metadata.num_rows == 2


def test_files_are_compressed_and_carry_statistics() -> None:
    column = written(batch(0, 10)).metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert (column.statistics.min, column.statistics.max) == (0, 9)

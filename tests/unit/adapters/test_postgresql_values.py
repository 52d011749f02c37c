"""What of a streamed batch lands, and what is refused, without a server."""

import pyarrow as pa
import pytest

from shared.adapters.postgresql.values import land_batches
from shared.extraction.batches import MAX_ROWS
from shared.loading.errors import ValueUnsupported

FIRST_MICROSECOND = -210_866_803_200_000_000
DAY = 86_400_000_000


def land(array: pa.Array, lands: pa.DataType) -> list[pa.RecordBatch]:
    schema = pa.schema([pa.field("c", lands)])
    return list(land_batches([pa.record_batch([array], names=["c"])], schema))


@pytest.mark.parametrize(
    ("count", "lands"),
    [
        (FIRST_MICROSECOND - 1, pa.timestamp("us")),
        (FIRST_MICROSECOND - 1, pa.timestamp("us", "UTC")),
        (-(2**63), pa.timestamp("us")),
        (-2_440_589, pa.date32()),
        (DAY, pa.time64("us")),
    ],
)
def test_a_time_beyond_the_range_is_refused_by_name(count: int, lands: pa.DataType) -> None:
    integers = pa.int32() if lands == pa.date32() else pa.int64()
    with pytest.raises(ValueUnsupported, match="column c"):
        land(pa.array([0, None, count], integers).view(lands), lands)


@pytest.mark.parametrize(
    ("count", "lands"),
    [
        (FIRST_MICROSECOND, pa.timestamp("us")),
        (2**63 - 1, pa.timestamp("us")),
        (-2_440_588, pa.date32()),
        (DAY - 1, pa.time64("us")),
    ],
)
def test_a_time_at_the_edge_of_the_range_lands(count: int, lands: pa.DataType) -> None:
    integers = pa.int32() if lands == pa.date32() else pa.int64()
    array = pa.array([count, None], integers).view(lands)
    assert land(array, lands)[0].column(0).equals(array)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1000.00", "1.001"])
def test_a_text_that_is_no_such_decimal_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueUnsupported, match="column c"):
        land(pa.array(["1.00", None, text]), pa.decimal128(5, 2))


def test_rows_are_cut_without_loss() -> None:
    pieces = land(pa.array(range(2 * MAX_ROWS + 1)), pa.int64())
    assert [piece.num_rows for piece in pieces] == [MAX_ROWS, MAX_ROWS, 1]
    assert pa.Table.from_batches(pieces)["c"].to_pylist() == list(range(2 * MAX_ROWS + 1))


def test_nulls_stay_nulls() -> None:
    for lands in (pa.timestamp("us"), pa.date32(), pa.time64("us"), pa.int64()):
        assert land(pa.nulls(3, lands), lands)[0].column(0).null_count == 3

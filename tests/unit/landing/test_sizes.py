"""A value that is too large is refused by column and key, whatever its source is."""

from dataclasses import replace

import pyarrow as pa
import pytest
from landing_samples import SPEC

from shared.catalog import ColumnSpec, MaskSpec
from shared.landing.sizes import check_sizes
from shared.loading.errors import ValueTooLarge

BOUNDED = replace(SPEC, max_value_bytes=10)


def rows(kind: pa.DataType, *sizes: int) -> pa.RecordBatch:
    values = pa.array(["é" * (size // 2) for size in sizes]).cast(kind)
    return pa.record_batch({"id": pa.array(range(len(sizes))), "v": values})


@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
def test_bytes_are_counted_and_the_bound_itself_may_be(kind: pa.DataType) -> None:
    check_sizes(BOUNDED, rows(kind, *[10] * 100))
    with pytest.raises(
        ValueTooLarge, match="column v: the row with the key 2 has a value of 12 bytes"
    ):
        check_sizes(BOUNDED, rows(kind, 10, 2, 12, 10))


def test_without_a_key_or_with_a_masked_one_none_is_told() -> None:
    with pytest.raises(ValueTooLarge, match="a row without a key"):
        check_sizes(replace(BOUNDED, key=()), rows(pa.string(), 12))
    masked = ColumnSpec(mask=(("id", MaskSpec(how="sha256")),))
    with pytest.raises(ValueTooLarge, match=r"the key \(masked\)"):
        check_sizes(replace(BOUNDED, columns=masked), rows(pa.string(), 12))

"""Reads landed files back from the lake, as they lie there, in bounded memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from shared.landing.lake import Lake, PathMissing
from shared.loading.errors import ReceiptBroken
from shared.loading.receipt import LandedFile

_ROWS = 16_384


def read_back(lake: Lake, file: LandedFile, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give the file's rows, row group by row group, with the columns of `wanted`, in its types.

    Raises:
        ReceiptBroken: the file is not there, is damaged, or has a column of another type.
    """
    with _opened(lake, file) as parquet:
        _check_types(file, parquet.schema_arrow, wanted)
        for group in range(parquet.num_row_groups):
            batches = parquet.iter_batches(
                _ROWS, row_groups=[group], columns=wanted.names, use_threads=False
            )
            for batch in batches:
                # In the order that is wanted, whatever that of the file is.
                yield batch.select(wanted.names)


def count_back(lake: Lake, file: LandedFile) -> int:
    """Give the number of rows that the file itself says it has. Raises ReceiptBroken."""
    with _opened(lake, file) as parquet:
        return parquet.metadata.num_rows


def schema_of(lake: Lake, file: LandedFile) -> pa.Schema:
    """Give the columns as they lie in the file. Raises ReceiptBroken."""
    with _opened(lake, file) as parquet:
        return parquet.schema_arrow


@contextmanager
def _opened(lake: Lake, file: LandedFile) -> Generator[pq.ParquetFile]:
    try:
        # Column chunks are read one at a time: a row group is bounded when it is written.
        with lake.open(file.path) as source, pq.ParquetFile(source) as parquet:
            yield parquet
    except PathMissing as error:
        raise ReceiptBroken(f"{file.name} is not in the lake, although it was landed") from error
    except (pa.ArrowException, OSError) as error:
        raise ReceiptBroken(f"{file.name} cannot be read back: {error}") from error


def _check_types(file: LandedFile, found: pa.Schema, wanted: pa.Schema) -> None:
    for field in wanted:
        place = found.get_field_index(field.name)
        if place < 0:
            raise ReceiptBroken(f"column {field.name} is missing from {file.name}")
        if found.field(place).type != field.type:
            raise ReceiptBroken(
                f"column {field.name} lies in {file.name} as {found.field(place).type}, "
                f"not as {field.type}"
            )

"""Where a load's CPU goes: each part of landing alone, and other ways to encode the same rows.

`.venv/bin/python -m benchmarks.parts [--rows 1000000]` starts PostgreSQL and the lake on loopback, reads
the table `played` into memory and takes one part after the other. Prints seconds of CPU of this process and, of encodings,
the size of the file.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import played
from benchmarks.receipts import spec_of
from local.datalake.process import start as start_lake
from local.postgres import start as start_postgres
from shared.adapters.azure.clients import lake_service
from shared.adapters.azure.lake import AzureLake
from shared.adapters.postgresql import connect
from shared.landing.columns import FIELDS, Stamp, bronze_schema, stamped
from shared.landing.parquet import DICTIONARY_BYTES, ParquetStream
from shared.landing.reading_back import read_back
from shared.landing.tally import Tally
from shared.loading.receipt import LandedFile
from shared.loading.span import Span

_MEGABYTE = 1_000_000
_ENCODINGS: dict[str, dict[str, Any]] = {
    "zstd 1, dictionaries to 1 MB (Parquet's default)": {},
    f"zstd 1, dictionaries to {DICTIONARY_BYTES // 1024} kB (as it lands)": {
        "dictionary_pagesize_limit": DICTIONARY_BYTES
    },
    "zstd 1, dictionaries of our own columns only": {
        "use_dictionary": [field.name for field in FIELDS]
    },
    "zstd 3, small dictionaries": {
        "dictionary_pagesize_limit": DICTIONARY_BYTES,
        "compression_level": 3,
    },
    "snappy, small dictionaries": {
        "dictionary_pagesize_limit": DICTIONARY_BYTES,
        "compression": "snappy",
        "compression_level": None,
    },
}


class _Nowhere(io.RawIOBase):
    """Counts what is written and keeps nothing."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        self.size += len(content)
        return len(content)

    def tell(self) -> int:
        return self.size


def main() -> None:
    """Take the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with (
        tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder,
        start_lake(Path(folder) / "lake") as lake,
    ):
        # PostgreSQL runs as another user, who has to pass through.
        Path(folder).chmod(0o755)
        server = start_postgres(Path(folder) / "postgres", fsync=False)
        try:
            played.create(server.uri)
            played.grow(server.uri, first=1, last=rows)
            with lake_service(lake.url, lake.key) as service:
                _take_parts(server.uri, AzureLake(service))
        finally:
            server.stop()


def _take_parts(uri: str, lake: AzureLake) -> None:
    with connect(uri) as session, session.read(spec_of("values"), Span()) as reading:
        with _part("reading from the source"):
            batches = list(reading.batches)
        source, measures = reading.schema, reading.proof.measures if reading.proof else {}
    tally = Tally(measures)
    with _part("counting what was read"):
        for batch in batches:
            tally.add(batch)
    now = datetime.now(UTC)
    stamp = Stamp(operation="upsert", run_no=1, read_at=now, run_id="one-run", loaded_at=now)
    schema = bronze_schema(source)
    with _part("bronze columns"):
        rows = [stamped(batch, schema, stamp) for batch in batches]
    path = "bronze/bench/part.parquet"
    lake.make_folder("bronze/bench")
    with _part("encoding and upload"), lake.create(path) as sink:
        stream = ParquetStream(sink, schema)
        for batch in rows:
            stream.write(batch)
        stream.close()
        size = sink.tell()
    with _part("download"), lake.open(path) as stored:
        while stored.read(_MEGABYTE):
            pass
    file = LandedFile(path=path, name="part", rows=stream.rows, bytes=size)
    with _part("reading back: download, decoding, counting"):
        for batch in read_back(lake, file, source):
            tally.add(batch)
    for name, options in _ENCODINGS.items():
        _encode(name, rows, schema, options)


def _encode(
    name: str, rows: list[pa.RecordBatch], schema: pa.Schema, options: dict[str, Any]
) -> None:
    sink = _Nowhere()
    settings = {"compression": "zstd", "compression_level": 1, **options}
    groups = pa.Table.from_batches(rows, schema)
    with _part(name, lambda: f"{sink.size / _MEGABYTE:6.1f} MB"):
        writer = pq.ParquetWriter(cast("BinaryIO", sink), schema, **settings)
        writer.write_table(groups, row_group_size=64_000)
        writer.close()


@contextmanager
def _part(name: str, more: Callable[[], str] = str) -> Generator[None]:
    began = time.process_time()
    yield
    sys.stdout.write(f"{name:52} {time.process_time() - began:6.2f} s {more()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

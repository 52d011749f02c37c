"""What else reads a table of PostgreSQL into Parquet, each in a process of its own.

`.venv/bin/python -m benchmarks.peers NAME URI FOLDER` reads the table `played` once into local
files, as a user of that tool would, and prints what that took as JSON: without the start of the process and
its imports, and without anything that proves that all arrived. All write zstd at level 1 but for dlt, which
writes as it does by itself.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.played import NAME

_BATCH = 50_000
_FETCHED = 10_000
_COLUMNS = {
    "id": pa.int64(),
    "listener": pa.int64(),
    "track": pa.int64(),
    "artist": pa.int64(),
    "session": pa.string(),
    "country": pa.string(),
    "device": pa.string(),
    "title": pa.string(),
    "played_at": pa.timestamp("us"),
    "received_at": pa.timestamp("us", "UTC"),
    "milliseconds": pa.int32(),
    "royalty": pa.decimal128(18, 6),
    "skipped": pa.bool_(),
    "score": pa.float64(),
}

Work = Callable[[], object]


def read_connectorx(uri: str, folder: Path) -> Work:
    """connectorx, as a stream of batches."""
    import connectorx  # noqa: PLC0415 - each process needs one of them

    def work() -> None:
        kind: Any = "arrow_stream"
        batches = connectorx.read_sql(
            uri, f"SELECT * FROM {NAME}", return_type=kind, batch_size=_BATCH
        )
        _write(batches, folder)

    return work


def read_adbc(uri: str, folder: Path) -> Work:
    """ADBC alone, every type as the driver gives it."""
    from adbc_driver_postgresql import StatementOptions  # noqa: PLC0415
    from adbc_driver_postgresql.dbapi import connect  # noqa: PLC0415

    options = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: "16000000"}

    def work() -> None:
        with connect(uri) as connection, connection.cursor(adbc_stmt_kwargs=options) as cursor:
            cursor.execute(f"SELECT * FROM {NAME}")
            _write(cursor.fetch_record_batch(), folder)

    return work


def read_pyodbc(uri: str, folder: Path) -> Work:
    """Rows by fetchmany of pyodbc into Arrow, with the driver's switch that bounds its memory."""
    import pyodbc  # noqa: PLC0415

    options = f"UseDeclareFetch=1;Fetch={_FETCHED};BoolsAsChar=0"

    def work() -> None:
        connection = pyodbc.connect(f"{odbc_address(uri)};{options}", autocommit=False)
        cursor = connection.cursor()
        cursor.execute(f"SELECT * FROM {NAME}")
        _write(_fetched(cursor), folder)
        connection.close()

    return work


def _fetched(cursor: Any) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(_FETCHED):
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(values, kind) for values, kind in zip(columns, _COLUMNS.values(), strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=list(_COLUMNS))


def read_dlt(uri: str, folder: Path, backend: Any, settings: dict[str, Any]) -> Work:
    """Let dlt's `sql_table` write into its `filesystem` destination."""
    import dlt  # noqa: PLC0415
    from dlt.sources.sql_database import sql_table  # noqa: PLC0415

    def work() -> None:
        pipeline = dlt.pipeline(
            "bench",
            destination=dlt.destinations.filesystem(str(folder / "lake")),
            dataset_name="copy",
            pipelines_dir=str(folder / "state"),
        )
        table = sql_table(
            credentials=uri.replace("postgresql://", "postgresql+psycopg://"),
            table=NAME,
            backend=backend,
            chunk_size=_BATCH,
            **settings,
        )
        pipeline.run(table, write_disposition="replace", loader_file_format="parquet")

    return work


# dlt's default has connectorx read the whole table into memory; this lets it give batches.
_STREAM = {"backend_kwargs": {"return_type": "arrow_stream"}}
PEERS: dict[str, Callable[[str, Path], Work]] = {
    "connectorx": read_connectorx,
    "adbc": read_adbc,
    "pyodbc": read_pyodbc,
    "dlt-connectorx": lambda uri, folder: read_dlt(uri, folder, "connectorx", {}),
    "dlt-connectorx-stream": lambda uri, folder: read_dlt(uri, folder, "connectorx", _STREAM),
    "dlt-pyarrow": lambda uri, folder: read_dlt(uri, folder, "pyarrow", {}),
    "dlt-sqlalchemy": lambda uri, folder: read_dlt(uri, folder, "sqlalchemy", {}),
}


def odbc_address(uri: str) -> str:
    """Give the ODBC connection string of a server that is known by its URI."""
    port = urlsplit(uri).port
    return (
        f"Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={port};Database=postgres;UID=postgres"
    )


def main() -> None:
    """Do the work once, and say what it took."""
    name, uri, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
    (folder / "lake").mkdir()
    work = PEERS[name](uri, folder)
    # Whatever is printed on the way is no answer.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    clock, cpu = time.monotonic(), time.process_time()
    work()
    clock, cpu = time.monotonic() - clock, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = [*(folder / "lake").rglob("*.parquet")]
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    size = sum(file.stat().st_size for file in files)
    told = {"clock": clock, "cpu": cpu, "memory": memory, "rows": rows, "bytes": size}
    answer.write(json.dumps(told))
    answer.flush()


def _write(batches: Iterable[pa.RecordBatch], folder: Path) -> None:
    writer = None
    for batch in batches:
        if writer is None:
            file = folder / "lake" / "part.parquet"
            writer = pq.ParquetWriter(file, batch.schema, compression="zstd", compression_level=1)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()


if __name__ == "__main__":
    main()

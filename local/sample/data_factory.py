"""`python -m local.sample.data_factory`: leaves what a Data Factory pipeline over the sample leaves.

For whoever wants to try a migration without one: the array that the pipeline loops over, the files
that one run of it landed, and its watermark files. Like the pipeline it reads `cursor > last`, so
that rows without a cursor value are missing from what it landed.
"""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

from local.sample.spotify import SCHEMA

# The cursor that the pipeline was given for each table.
CURSORS = {
    "DimUser": "updated_at",
    "DimTrack": "updated_at",
    "DimDate": "date",
    "DimArtist": "updated_at",
    "FactStream": "stream_timestamp",
}
# The hand-made watermark of a table that was never loaded.
_BEGINNING = "1900-01-01"


def write_project(uri: str, folder: Path) -> dict[str, int]:
    """Run the pipeline once over the five tables; give the rows that it landed of each.

    `uri` is a postgresql:// URI of the sample, `folder` is made. A second run adds files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed = [
        {"schema": SCHEMA, "table": table, "cdc_col": cursor, "from_date": ""}
        for table, cursor in CURSORS.items()
    ]
    (folder / "loop_input.json").write_text(json.dumps(listed, indent=2), encoding="utf-8")
    with closing(dbapi.connect(uri)) as connection:
        return {
            table: _run(connection, table, cursor, folder / "bronze")
            for table, cursor in CURSORS.items()
        }


def _run(connection: dbapi.Connection, table: str, cursor: str, bronze: Path) -> int:
    """Copy what lies above the watermark, then write down the highest value there is by now."""
    mark = bronze / f"{table}_cdc" / "cdc.json"
    last = json.loads(mark.read_text())["cdc"] if mark.exists() else _BEGINNING
    source = f'"{SCHEMA}"."{table}"'
    with connection.cursor() as asking:
        asking.execute(f'SELECT * FROM {source} WHERE "{cursor}" > $1::timestamp', [last])
        rows = asking.fetch_arrow_table()
        asking.execute(f'SELECT max("{cursor}")::timestamp::text FROM {source}')
        highest = asking.fetchone()
    connection.rollback()
    if rows.num_rows:
        now = datetime.now(UTC).isoformat().replace("+00:00", "0Z")
        path = bronze / table / f"{table}_{now}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_as_landed(rows), path, use_deprecated_int96_timestamps=True)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps({"cdc": highest[0] if highest else None}), encoding="utf-8")
    return rows.num_rows


def _as_landed(rows: pa.Table) -> pa.Table:
    """Give the types that Data Factory writes: a DATE comes out as a time, and every time as INT96."""
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_date(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def main() -> None:
    """Run the pipeline once and say what it landed."""
    parser = argparse.ArgumentParser(prog="python -m local.sample.data_factory")
    parser.add_argument("--database", required=True, help="postgresql:// address of the sample")
    parser.add_argument("--output", type=Path, default=Path("data-factory"), help="folder to make")
    given = parser.parse_args()
    for table, rows in write_project(given.database, given.output).items():
        print(f"{table}: {rows} rows landed")  # noqa: T201 - what was asked for


if __name__ == "__main__":
    main()

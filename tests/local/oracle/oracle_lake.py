"""Writes bronze runs to a folder, as the contract describes them, for tests to damage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BronzeFolder:
    """A table's target. Each part of a run has a `_read_at` of its own, a second after the last.

    Runs are an hour apart, in the order of their numbers unless `hour` says otherwise.
    """

    path: Path

    def publish(
        self,
        run_no: int,
        *parts: pa.Table,
        operation: str = "upsert",
        mode: str = "incremental",
        hour: int | None = None,
    ) -> Path:
        """Publish a run with one file for each part; give its folder."""
        run_id = f"run-{run_no}"
        folder = self.path / f"run_id={run_id}"
        folder.mkdir(parents=True)
        files: list[dict[str, Any]] = []
        for number, rows in enumerate(parts):
            name = f"part-{number:05d}-0.parquet"
            read_at = START + timedelta(hours=hour or run_no, seconds=number)
            pq.write_table(stamp(rows, run_no, run_id, read_at, operation), folder / name)
            size = (folder / name).stat().st_size
            files.append({"name": name, "rows": rows.num_rows, "bytes": size})
        total = sum(rows.num_rows for rows in parts)
        manifest = {
            "run_id": run_id,
            "run_no": run_no,
            "load_type": mode,
            "rows": total,
            "files": files,
            "receipt": [{"slice": 0, "read": total, "landed": total, "unchanged": 0}],
        }
        (folder / "_manifest.json").write_text(json.dumps(manifest))
        return folder


def stamp(rows: pa.Table, run_no: int, run_id: str, read_at: datetime, operation: str) -> pa.Table:
    """Add the bronze columns."""
    moment = pa.timestamp("us", "UTC")
    for name, value in (
        ("_op", pa.scalar(operation)),
        ("_run_no", pa.scalar(run_no, pa.int64())),
        ("_read_at", pa.scalar(read_at, moment)),
        ("_run_id", pa.scalar(run_id)),
        ("_loaded_at", pa.scalar(START, moment)),
    ):
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    return rows

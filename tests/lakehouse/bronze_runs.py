"""Writes runs and hand-over files as Tidemark does, and reads silver back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.delta import Lake
from lakehouse.handover import Handover, read_handover
from lakehouse.silver.layout import META

START = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = (
    pa.field("_op", pa.string(), nullable=False),
    pa.field("_run_no", pa.int64(), nullable=False),
    pa.field("_read_at", pa.timestamp("us", "UTC"), nullable=False),
    pa.field("_run_id", pa.string(), nullable=False),
    pa.field("_loaded_at", pa.timestamp("us", "UTC"), nullable=False),
)


@dataclass(kw_only=True)
class BronzeTable:
    """One table's runs in bronze. Rows are dicts; `_op` and `_slice` in a row are its own."""

    root: Path
    columns: Mapping[str, pa.DataType]
    key: Sequence[str] = ("id",)
    name: str = "shop/public.orders"
    soft_delete: str | None = None
    quality: Sequence[Mapping[str, str]] = ()
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def silver(self) -> str:
        return f"silver/{self.name}"

    def land(
        self,
        run_no: int,
        rows: Sequence[Mapping[str, Any]],
        *,
        mode: str = "incremental",
        columns: Mapping[str, pa.DataType] | None = None,
    ) -> None:
        """Publish a run: a file per slice, the manifest, and what a hand-over says of it."""
        run_id = f"{self.name.rpartition('/')[2]}.{run_no:04d}"
        folder = f"bronze/{self.name}/run_id={run_id}"
        (self.root / folder).mkdir(parents=True)
        names = self.columns if columns is None else columns
        schema = pa.schema([*(pa.field(n, kind) for n, kind in names.items()), *STAMP])
        files: list[dict[str, Any]] = []
        for slice_no in sorted({row.get("_slice", 0) for row in rows}):
            read_at = START + timedelta(hours=run_no, seconds=slice_no)
            stamp = {"_run_no": run_no, "_read_at": read_at, "_run_id": run_id, "_loaded_at": START}
            op = "snapshot" if mode == "snapshot" else "upsert"
            own = [{"_op": op, **row, **stamp} for row in rows if row.get("_slice", 0) == slice_no]
            name = f"part-{slice_no:05d}-0.parquet"
            pq.write_table(pa.Table.from_pylist(own, schema), self.root / folder / name)
            files.append({"name": name, "rows": len(own)})
        manifest = {
            "run_id": run_id,
            "run_no": run_no,
            "load_type": mode,
            "columns": [{"name": n, "lands": str(kind)} for n, kind in names.items()],
            "rows": len(rows),
            "files": files,
            "receipt": [{"slice": 0, "read_at": (START + timedelta(hours=run_no)).isoformat()}],
        }
        (self.root / folder / "_manifest.json").write_text(json.dumps(manifest, indent=1))
        self.runs[run_no] = {"run_id": run_id, "run_no": run_no, "mode": mode, "folder": folder}

    def handed(self, *run_nos: int) -> dict[str, Any]:
        """Say of the table what a hand-over does, with these runs as new."""
        return {
            "table": self.name,
            "target": f"bronze/{self.name}",
            "silver": self.silver,
            "key": list(self.key),
            "soft_delete": self.soft_delete,
            "valid_from": None,
            "quality": list(self.quality),
            "until": max(run_nos, default=0),
            "runs": [self.runs[number] for number in sorted(run_nos)],
        }


def handover(
    lake: Lake,
    number: int,
    *tables: Mapping[str, Any],
    releases: Sequence[tuple[str, Mapping[str, str]]] = (),
) -> Handover:
    """Write a hand-over file and read it as the job does; releases are tables with keys."""
    path = f"bronze/_handover/{number:08d}.json"
    document = {
        "format": 1,
        "number": number,
        "created_at": "2026-01-31T23:59:00.000000Z",
        "tables": list(tables),
        "releases": [
            {"id": f"{number}-{at}", "asked_at": "2026-01-31T23:58:00Z", "table": name, "key": key}
            for at, (name, key) in enumerate(releases)
        ],
    }
    file = Path(lake.root) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1))
    return read_handover(lake, path)


def rows_of(lake: Lake, table: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    """Give rows sorted by their texts; without columns all but those that tell who wrote them."""
    found = lake.read(table).where(where)
    wanted = columns or sorted(set(found.columns) - {"_handover"})
    return sorted((tuple(row) for row in found.select(*wanted).collect()), key=repr)


def live(lake: Lake, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Give the rows that are not deleted."""
    own = [name for name in lake.read(table).columns if name not in META]
    return rows_of(lake, table, *(columns or own), where="_op <> 'delete'")

"""Two lakes on disk: files as Data Factory writes them, and a bronze table as Tidemark does."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from cli.commands.diff_lake import command

USERS = pa.schema({"id": pa.int32(), "name": pa.string(), "updated_at": pa.timestamp("us")})
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def moment(day: int) -> datetime:
    """A cursor value of October 2025."""
    return datetime(2025, 10, day)  # noqa: DTZ001 - the column has no zone


def user(number: int, name: str = "", day: int = 1) -> dict[str, Any]:
    return {"id": number, "name": name or f"user {number}", "updated_at": moment(day)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lakes:
    """The folders of both sides, and a table file for the table's key and cursor."""

    root: Path

    @property
    def old(self) -> Path:
        return self.root / "adf" / "User"

    @property
    def new(self) -> Path:
        return self.root / "bronze" / "shop" / "dbo.User"

    @property
    def tables(self) -> Path:
        return self.root / "tables"

    def describe(self, watermark: str = "{column: updated_at, kind: timestamp}") -> None:
        self.tables.mkdir(exist_ok=True)
        (self.tables / "shop.yml").write_text(
            'source: {name: shop, kind: sql, engine: postgresql, connection: "${SHOP_DB}"}\n'
            f"tables:\n  - table: dbo.User\n    key: [id]\n    watermark: {watermark}\n"
        )

    def extract(
        self, rows: Iterable[Row], *, time: str, schema: pa.Schema = USERS, ending: str = ""
    ) -> Path:
        """Write a file of Data Factory: times as INT96, a colon in the name, no ending."""
        self.old.mkdir(parents=True, exist_ok=True)
        path = self.old / f"User_{time}{ending}"
        table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
        pq.write_table(table, path, use_deprecated_int96_timestamps=True)
        return path

    def publish(
        self,
        rows: Iterable[Row],
        *,
        number: int,
        schema: pa.Schema = USERS,
        kind: str = "incremental",
        operation: str = "upsert",
    ) -> Path:
        """Write a run of bronze."""
        run = self.new / f"run_id=run-{number}"
        run.mkdir(parents=True)
        own = {
            "_op": pa.string(),
            "_run_no": pa.int64(),
            "_read_at": pa.timestamp("us", "UTC"),
            "_run_id": pa.string(),
            "_loaded_at": pa.timestamp("us", "UTC"),
        }
        stamps = {
            "_op": operation,
            "_run_no": number,
            "_read_at": READ_AT,
            "_run_id": run.name,
            "_loaded_at": READ_AT,
        }
        stamped = [{**row, **stamps, **{k: v for k, v in row.items() if k in own}} for row in rows]
        files = []
        if stamped:
            table = pa.Table.from_pylist(stamped, schema=pa.schema([*schema, *pa.schema(own)]))
            pq.write_table(table, run / "part-00000-0.parquet")
            files = [{"name": "part-00000-0.parquet", "rows": len(stamped)}]
        manifest = {"run_id": run.name, "run_no": number, "load_type": kind, "files": files}
        (run / "_manifest.json").write_text(json.dumps(manifest))
        return run

    def diff(self, *options: str, old: str | None = None) -> Result:
        places = [old or str(self.old), str(self.new)]
        named = ["--table", "shop/dbo.User", "--tables", str(self.tables)]
        result = CliRunner().invoke(command, [*places, *named, *options])
        # Anything but an exit means a traceback for the user.
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        return result

    def compare(self, *options: str) -> Any:
        """Give the report; its exit status fits what it says."""
        result = self.diff(*options, "--json")
        assert result.exit_code in (0, 1), result.output
        report = json.loads(result.stdout)
        assert report["equal"] is (result.exit_code == 0)
        return report

    def counts(self, *options: str) -> dict[str, int]:
        rows = self.compare(*options)["rows"]
        return {
            name: value["count"] if isinstance(value, dict) else value
            for name, value in rows.items()
        }

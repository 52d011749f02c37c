"""A Data Factory project over five tables of a PostgreSQL source, and the files that it landed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
from click.testing import CliRunner, Result
from e2e_source import SETTING, Source
from e2e_stack import Stack

from cli.commands.diff_lake import command as diff_lake
from cli.commands.import_adf import command as import_adf
from local.sample.spotify import DDL

CURSORS = {
    "DimUser": "updated_at",
    "DimTrack": "updated_at",
    "DimDate": "date",
    "DimArtist": "updated_at",
    "FactStream": "stream_timestamp",
}
# Every time is shared by several rows, as in what the application writes.
ROWS = """
INSERT INTO dbo."DimUser"
SELECT n, 'User ' || n, 'Brasil', 'Free', date '2024-01-01' + n, NULL,
       timestamp '2025-09-01' + interval '1 hour' * (n / 7) FROM generate_series(1, 60) AS n;
INSERT INTO dbo."DimArtist"
SELECT n, 'Artist ' || n, 'Pop', 'Canada', timestamp '2025-09-01' + interval '1 hour' * (n / 7)
FROM generate_series(1, 20) AS n;
INSERT INTO dbo."DimTrack"
SELECT n, 'Track-' || n, n % 20 + 1, 'Album', 60 + n, date '2020-01-01' + n,
       timestamp '2025-09-01 00:00:00.127' + interval '1 hour' * (n / 7)
FROM generate_series(1, 40) AS n;
INSERT INTO dbo."DimDate"
SELECT to_char(d, 'YYYYMMDD')::integer, d, extract(day FROM d), extract(month FROM d),
       extract(year FROM d), trim(to_char(d, 'Day'))
FROM generate_series(timestamp '2025-09-01', '2025-10-15', '1 day') AS d;
INSERT INTO dbo."FactStream"
SELECT n, n % 60 + 1, n % 40 + 1, 20250901, n % 300, 'Mobile',
       timestamp '2025-09-01 00:00:00.003' + interval '10 minutes' * (n / 7)
FROM generate_series(1, 700) AS n
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project of a test: its source's name, its database, and the folder of its old lake."""

    name: str
    database: Source
    stack: Stack
    folder: Path

    def full(self, table: str) -> str:
        return f"{self.name}/dbo.{table}"

    @property
    def tables(self) -> list[str]:
        return [self.full(table) for table in CURSORS]

    def import_it(self, watermarks: Mapping[str, str] | None = None) -> Path:
        """Import the project; the file goes to the running stack just as it was written."""
        listed = [
            {"schema": "dbo", "table": table, "cdc_col": column, "from_date": ""}
            for table, column in CURSORS.items()
        ]
        loop_input = self.folder / "loop_input"
        loop_input.write_text(json.dumps(listed, indent=2))
        options = ["--loop-input", str(loop_input), "--source-name", self.name]
        options += ["--engine", "postgresql", "--connection", f"${{{SETTING}}}"]
        for table, value in (watermarks or {}).items():
            place = self.folder / "bronze" / f"{table}_cdc" / "cdc.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({"cdc": value}))
            options += ["--cdc-dir", str(self.folder / "bronze")]
        result = CliRunner().invoke(import_adf, [*options, "--output", str(self.stack.tables)])
        assert result.exit_code == 0, result.output
        return self.stack.tables / f"{self.name}.yml"

    def extract(self, table: str, time: str, where: str = "true") -> None:
        """Land rows as Data Factory does: its types, its file names, no ending."""
        with dbapi.connect(self.database.uri) as connection, connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM dbo."{table}" WHERE {where}')
            rows = cursor.fetch_arrow_table()
        # A DATE comes out of Data Factory as a time, and every time as INT96.
        schema = pa.schema(
            [
                field.with_type(pa.timestamp("us")) if pa.types.is_date(field.type) else field
                for field in rows.schema
            ]
        )
        folder = self.folder / "bronze" / table
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{table}_{time}"
        pq.write_table(rows.cast(schema), path, use_deprecated_int96_timestamps=True)

    def diff(self, table: str, *options: str) -> Result:
        """Compare what Data Factory landed with bronze."""
        places = [self.folder / "bronze" / table]
        places.append(self.stack.lake / "bronze" / self.name / f"dbo.{table}")
        named = ["--table", self.full(table), "--tables", str(self.stack.tables)]
        return CliRunner().invoke(diff_lake, [*map(str, places), *named, *options])

    def compare(self, table: str, *options: str) -> Any:
        result = self.diff(table, *options, "--json")
        assert result.exit_code in (0, 1), result.output
        return json.loads(result.stdout)


def create(project: Project) -> None:
    """Make the five tables with their rows, anew."""
    project.database.execute(f"{DDL}{ROWS}")


def keys(rows: Any) -> set[str]:
    """Give the only key column of the rows shown."""
    return {next(iter(each["key"].values())) for each in rows["examples"]}

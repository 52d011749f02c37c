"""Silver as a source's changes make it, a gold model over it, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow as pa
from deltalake import DeltaTable

from lakehouse.delta import Lake
from lakehouse.gold.build import Refreshed, build_gold
from lakehouse.gold.model import Column, Kind, Model
from lakehouse.gold.model import Table as GoldTable
from lakehouse.gold.reading import read_model
from lakehouse.handover import Handover, Table

ROOT = Path(__file__).parents[3]
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)

META = {
    "_op": "string",
    "_run_no": "bigint",
    "_read_at": "timestamp",
    "_run_id": "string",
    "_row_hash": "bigint",
    "_handover": "bigint",
}
USER = {
    "user_id": "int",
    "user_name": "string",
    "country": "string",
    "subscription_type": "string",
    "start_date": "date",
    "end_date": "date",
    "updated_at": "timestamp",
}
ARTIST = {
    "artist_id": "int",
    "artist_name": "string",
    "genre": "string",
    "country": "string",
    "updated_at": "timestamp",
}
TRACK = {
    "track_id": "int",
    "track_name": "string",
    "artist_id": "int",
    "album_name": "string",
    "duration_sec": "int",
    "release_date": "date",
    "updated_at": "timestamp",
}
STREAM = {
    "stream_id": "bigint",
    "user_id": "int",
    "track_id": "int",
    "date_key": "int",
    "listen_duration": "int",
    "device_type": "string",
    "stream_timestamp": "timestamp",
}
SPOTIFY = {
    "spotify/dbo.DimUser": (("user_id",), USER),
    "spotify/dbo.DimArtist": (("artist_id",), ARTIST),
    "spotify/dbo.DimTrack": (("track_id",), TRACK),
    "spotify/dbo.FactStream": (("stream_id",), STREAM),
}
TOWNS = GoldTable(
    name="towns",
    kind=Kind.AGGREGATE,
    key=("town",),
    columns=(Column(name="town", type="string"), Column(name="sales", type="bigint")),
)
SHOP = Model(name="shop", title="Shop", tables=(TOWNS,))
"""A model of one table that is made of nothing, for what may happen to any table."""

Row = dict[str, Any]


def at(day: int) -> datetime:
    """Midnight of a day after the first of January 2024, in UTC."""
    return BEGAN + timedelta(days=day)


@dataclass(slots=True, kw_only=True)
class Silver:
    """Silver tables as the contract says; each read of a row is a version of it."""

    lake: Lake
    tables: Mapping[str, tuple[tuple[str, ...], dict[str, str]]] = field(
        default_factory=lambda: SPOTIFY
    )
    history: dict[str, list[Row]] = field(default_factory=dict)
    number: int = 0
    runs: int = 0

    def put(self, table: str, *rows: Row, run: int = 0, read: datetime | None = None) -> None:
        """Hand over rows of one run, read at noon of the day of its number unless said otherwise."""
        self.runs = max(self.runs + 1, run)
        number = run or self.runs
        key, columns = self.tables[table]
        for row in rows:
            values = {name: row.get(name) for name in columns}
            op = row.get("_op", "upsert")
            self.history.setdefault(table, []).append(
                {
                    **values,
                    "_op": op,
                    "_run_no": number,
                    "_read_at": read or at(number) + timedelta(hours=12),
                    "_run_id": f"run-{number}",
                    "_row_hash": crc32(repr((op, values)).encode()),
                    "_handover": self.number + 1,
                }
            )
        assert all(row[name] is not None for row in rows for name in key)

    def hand_over(self) -> Handover:
        """Write the silver tables and give the hand-over that did it."""
        self.number += 1
        for table, versions in self.history.items():
            columns = self.tables[table][1]
            self._write(f"silver/{table}", {**columns, **META}, self.current(table))
            self._write(f"silver/{table}__history", {**columns, **META}, versions)
        tables = tuple(
            Table(
                table=table,
                silver=f"silver/{table}",
                key=key,
                soft_delete=None,
                valid_from=None,
                quality=(),
                runs=(),
            )
            for table, (key, _) in self.tables.items()
        )
        return Handover(number=self.number, tables=tables)

    def current(self, table: str) -> list[Row]:
        """The newest version of each key, tombstones included."""
        latest: dict[tuple[Any, ...], Row] = {}
        order = ("_run_no", "_read_at", "_row_hash")
        for row in sorted(self.history[table], key=lambda each: [each[name] for name in order]):
            latest[tuple(row[name] for name in self.tables[table][0])] = row
        return list(latest.values())

    def _write(self, path: str, columns: dict[str, str], rows: list[Row]) -> None:
        self.lake.create(path, columns)
        schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        values = [tuple(row[name] for name in columns) for row in rows]
        self.lake.overwrite(path, self.lake.spark.createDataFrame(values, schema))


@dataclass(slots=True, kw_only=True)
class Gold:
    """A model's tables in a lake."""

    lake: Lake
    model: Model

    def refresh(self, handover: Handover) -> dict[str, Refreshed]:
        return {done.table: done for done in build_gold(self.lake, self.model, handover)}

    def delta(self, table: str) -> DeltaTable:
        return DeltaTable(f"{self.lake.root}/gold/{self.model.name}/{table}")

    def rows(self, table: str) -> list[Row]:
        """The rows as another reader of Delta sees them, in a fixed order."""
        found: pa.Table = pa.table(self.delta(table).to_pyarrow_table())
        return sorted(found.to_pylist(), key=repr)

    def all_rows(self) -> dict[str, list[Row]]:
        return {table.name: self.rows(table.name) for table in self.model.tables}

    def commits(self) -> dict[str, int]:
        logs = Path(self.lake.root, "gold").rglob("_delta_log")
        return {str(log): len(list(log.glob("*.json"))) for log in logs}


def spotify() -> Model:
    return read_model(ROOT / "lakehouse" / "models" / "spotify")


def small(model: Model, *names: str) -> Model:
    """A model with some of its tables, and few days."""
    tables = [table for table in model.tables if table.kind.is_dimension or table.name in names]
    days = {"first_day": date(2023, 12, 1), "last_day": date(2024, 3, 1)}
    return replace(
        model,
        tables=tuple(replace(t, **days) if t.kind is Kind.DATE else t for t in tables),
    )


def user(number: int, updated: datetime | None, **values: object) -> Row:
    named = {"user_name": f"user {number}", "country": "Brasil", "subscription_type": "Free"}
    return {"user_id": number, "updated_at": updated, **named, **values}


def artist(number: int, updated: datetime | None, **values: object) -> Row:
    named = {"artist_name": f"artist {number}", "genre": "Jazz", "country": "Canada"}
    return {"artist_id": number, "updated_at": updated, **named, **values}


def track(number: int, updated: datetime | None, **values: object) -> Row:
    named = {"track_name": f"track-{number}", "artist_id": 1, "duration_sec": 200}
    return {"track_id": number, "updated_at": updated, **named, **values}


def stream(number: int, when: datetime | None, **values: object) -> Row:
    day = (when or BEGAN).date()
    named = {"user_id": 1, "track_id": 1, "listen_duration": 30, "device_type": "Mobile"}
    key = day.year * 10_000 + day.month * 100 + day.day
    return {"stream_id": number, "stream_timestamp": when, "date_key": key, **named, **values}


def deleted(row: Row, *key: str) -> Row:
    """The tombstone that a reconciliation finds: it has only the key."""
    return {**{name: row[name] for name in key}, "_op": "delete"}

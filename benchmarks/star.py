"""A music service as bronze has it, of any size: a first run of every table, and a run of changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Columns = dict[str, pa.Array]

BEGAN: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAYS: Final = 600
"""Over so many days are the streams of the first run spread; the changes come on the day after."""

# In microseconds.
_DAY: Final = 86_400_000_000
_KEYS: Final = {
    "dbo.DimUser": ["user_id"],
    "dbo.DimArtist": ["artist_id"],
    "dbo.DimTrack": ["track_id"],
    "dbo.FactStream": ["stream_id"],
}
# What one slice of a load would hold.
_FILE_ROWS: Final = 500_000


@dataclass(slots=True, kw_only=True)
class Star:
    """Runs of the four tables below a root, and the hand-overs of them.

    Of the changes, 15 % correct for how long was listened: in the last week, whose streams they are all
    if it has no more, but for the share `strewn` of all changes, whose streams are of any time. With
    `moving`, a quarter of a per cent of all members of dimensions change, or as many as are 5 % of the
    changes if these are fewer. The rest are new streams of the day after.
    """

    root: Path
    facts: int
    users: int = 100_000
    tracks: int = 50_000
    artists: int = 5_000
    strewn: float = 0.0
    moving: bool = True
    seed: int = 1
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    def land_first(self) -> None:
        """Land every table whole, as an initial load does."""
        draw = np.random.default_rng(self.seed)
        start = np.zeros(1, dtype=np.int64)
        self._land("dbo.DimUser", 1, self._user(np.arange(self.users), start.repeat(self.users)))
        self._land(
            "dbo.DimArtist", 1, self._artist(np.arange(self.artists), start.repeat(self.artists))
        )
        self._land(
            "dbo.DimTrack", 1, self._track(np.arange(self.tracks), start.repeat(self.tracks))
        )
        ids = np.arange(self.facts)
        at = (ids * (DAYS * _DAY // self.facts)).astype(np.int64)
        self._land("dbo.FactStream", 1, self._stream(draw, ids, at))

    def land_changes(self, changes: int) -> None:
        """Land one run more of every table that changes, with so many rows in all."""
        draw = np.random.default_rng(self.seed + 1)
        old, week = int(changes * self.strewn), self.facts // DAYS * 7
        recent = min(changes * 15 // 100 - old, week)
        members = self._land_members(draw, changes // 20) if self.moving else 0
        new = changes - old - recent - members
        ids = np.concatenate(
            [
                self.facts + np.arange(new),
                self.facts - 1 - draw.choice(week, recent, replace=False),
                draw.choice(self.facts - week, old, replace=False),
            ]
        )
        at = np.where(
            ids < self.facts,
            ids * (DAYS * _DAY // self.facts),
            DAYS * _DAY + (ids - self.facts) * (_DAY // (new + 1)),
        ).astype(np.int64)
        self._land("dbo.FactStream", 2, self._stream(draw, ids, at))

    def _land_members(self, draw: np.random.Generator, most: int) -> int:
        """Land changes of a quarter of a per cent of all members, or of about `most`; gives of how many."""
        of = {
            "dbo.DimUser": (self.users, self._user),
            "dbo.DimTrack": (self.tracks, self._track),
            "dbo.DimArtist": (self.artists, self._artist),
        }
        every = sum(count for count, _ in of.values())
        members, landed = min(most, every // 400), 0
        for table, (count, make) in of.items():
            some = draw.choice(count, max(1, members * count // every), replace=False)
            when = np.full(len(some), DAYS * _DAY + _DAY // 2, dtype=np.int64)
            self._land(table, 2, make(some, when))
            landed += len(some)
        return landed

    def forget_changes(self) -> None:
        """Say no more of the run of changes, so that another one can be landed elsewhere."""
        for runs in self.runs.values():
            del runs[1:]

    def hand_over(self, number: int) -> str:
        """Write hand-over `number`, which brings the runs of that number. Gives its path."""
        path = f"bronze/_handover/{number:08d}.json"
        tables = [
            {
                "table": f"spotify/{name}",
                "target": f"bronze/spotify/{name}",
                "silver": f"silver/spotify/{name}",
                "key": _KEYS[name],
                "soft_delete": None,
                "valid_from": None,
                "quality": [],
                "until": number,
                "runs": [run for run in runs if run["run_no"] == number],
            }
            for name, runs in self.runs.items()
        ]
        document = {
            "format": 1,
            "number": number,
            "created_at": "2026-01-31T23:59:00.000000Z",
            "tables": tables,
        }
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document))
        return path

    def _user(self, ids: np.ndarray, at: np.ndarray) -> Columns:
        version = (at > 0).astype(int)
        plans = np.array(["Free", "Premium", "Family"])
        countries = np.array(["NL", "US", "DE", "GB", "FR", "ES", "BR", "IN"])
        return {
            "user_id": pa.array(ids, pa.int32()),
            "user_name": _texts("Listener ", ids),
            "country": pa.array(countries[ids % 8]),
            "subscription_type": pa.array(plans[(ids + version) % 3]),
            "start_date": pa.array([date(2023, 1, 1)] * len(ids), pa.date32()),
            "end_date": pa.nulls(len(ids), pa.date32()),
            "updated_at": _times(at),
        }

    def _artist(self, ids: np.ndarray, at: np.ndarray) -> Columns:
        genres = np.array(["Pop", "Rock", "Jazz", "Folk", "Dub"])
        return {
            "artist_id": pa.array(ids, pa.int32()),
            "artist_name": _texts("Artist ", ids),
            "genre": pa.array(genres[(ids + (at > 0)) % 5]),
            "country": _texts("Country ", ids % 50),
            "updated_at": _times(at),
        }

    def _track(self, ids: np.ndarray, at: np.ndarray) -> Columns:
        return {
            "track_id": pa.array(ids, pa.int32()),
            "track_name": _texts("Track ", ids),
            "artist_id": pa.array(ids % self.artists, pa.int32()),
            "album_name": _texts("Album ", ids // 10),
            "duration_sec": pa.array(120 + (ids + (at > 0)) % 240, pa.int32()),
            "release_date": pa.array([date(2020, 1, 1)] * len(ids), pa.date32()),
            "updated_at": _times(at),
        }

    def _stream(self, draw: np.random.Generator, ids: np.ndarray, at: np.ndarray) -> Columns:
        devices = np.array(["Mobile", "Desktop", "Smart Speaker"])
        days = BEGAN.date()
        keys = np.array([int(f"{days + timedelta(days=d):%Y%m%d}") for d in range(DAYS + 2)])
        return {
            "stream_id": pa.array(ids, pa.int64()),
            # Drawn by the stream, so that a correction changes for how long was listened and no more.
            "user_id": pa.array((ids * 7919) % self.users, pa.int32()),
            "track_id": pa.array((ids * 104_729) % self.tracks, pa.int32()),
            "date_key": pa.array(keys[at // _DAY], pa.int32()),
            "listen_duration": pa.array(draw.integers(1, 400, len(ids)), pa.int32()),
            "device_type": pa.array(devices[ids % 3]),
            "stream_timestamp": _times(at),
        }

    def _land(self, table: str, number: int, columns: Mapping[str, pa.Array]) -> None:
        run_id = f"{table}.{number:04d}"
        folder = f"bronze/spotify/{table}/run_id={run_id}"
        (self.root / folder).mkdir(parents=True)
        # After all that it holds, and before the changes of the next run.
        read_at = BEGAN + timedelta(days=DAYS + number - 1)
        rows = _stamped(pa.table(dict(columns)), run_id, number, read_at)
        files = list(_write(rows, self.root / folder))
        manifest = {
            "run_id": run_id,
            "run_no": number,
            "load_type": "initial" if number == 1 else "incremental",
            "columns": [{"name": n, "lands": str(each.type)} for n, each in columns.items()],
            "rows": rows.num_rows,
            "files": files,
            "receipt": [{"slice": 0, "read_at": read_at.isoformat()}],
        }
        (self.root / folder / "_manifest.json").write_text(json.dumps(manifest))
        self.runs.setdefault(table, []).append(
            {"run_id": run_id, "run_no": number, "mode": manifest["load_type"], "folder": folder}
        )


def _write(rows: pa.Table, folder: Path) -> Sequence[dict[str, Any]]:
    files: list[dict[str, Any]] = []
    for number, begin in enumerate(range(0, rows.num_rows, _FILE_ROWS)):
        part = rows.slice(begin, _FILE_ROWS)
        name = f"part-{number:05d}-0.parquet"
        pq.write_table(part, folder / name, compression="zstd")
        files.append({"name": name, "rows": part.num_rows})
    return files


def _stamped(rows: pa.Table, run_id: str, number: int, read_at: datetime) -> pa.Table:
    stamps = {
        "_op": ("upsert", pa.string()),
        "_run_no": (number, pa.int64()),
        "_read_at": (read_at, pa.timestamp("us", "UTC")),
        "_run_id": (run_id, pa.string()),
        "_loaded_at": (read_at, pa.timestamp("us", "UTC")),
    }
    for name, (value, kind) in stamps.items():
        column = pa.array([value] * rows.num_rows, kind)
        rows = rows.append_column(pa.field(name, kind, nullable=False), column)
    return rows


def _texts(prefix: str, ids: np.ndarray) -> pa.Array:
    return pa.array([f"{prefix}{number}" for number in ids.tolist()])


def _times(micros: np.ndarray) -> pa.Array:
    since = int(BEGAN.timestamp() * 1_000_000)
    return pa.array(micros + since, pa.timestamp("us", "UTC"))

"""What loads were able to see.

The values of every version are taken from what the source gave to a read, never from what landed.
Two things alone are taken from bronze. Its manifest says which of the reads of a load counted, as
an activity that dies is carried out again. And of an incremental load it is asked which of the rows
that were read had landed before just so and were left out: their time of reading then stays that of
the first read, by which the page on gold lets some things happen. That what was left out had been
seen just so is checked here; of all other loads it is computed here what has to have landed.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from chain_source import TABLES, Read, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A row as a read found it; of one that was found to be gone, `row` is None."""

    key: int
    read_at: datetime
    row: Row | None
    deleted: bool


@dataclass(kw_only=True)
class Seen:
    """The versions that runs brought, by run, in the order of the runs of a table."""

    reads: Sequence[Read]
    # The orders of reconciliations that compared keys alone.
    keys_only: set[str]
    runs: dict[str, list[Version]] = field(default_factory=dict)
    _last: dict[str, dict[int, Version]] = field(default_factory=lambda: defaultdict(dict))
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def look(self, files: Mapping[str, bytes]) -> None:
        """Take in the runs that have appeared in bronze."""
        for path in sorted(path for path in files if path.endswith("/_manifest.json")):
            folder = path.rpartition("/")[0]
            run_id = folder.rpartition("run_id=")[2]
            if path.startswith("bronze/shop/") and run_id not in self.runs:
                manifest = json.loads(files[path])
                content = [files[f"{folder}/{file['name']}"] for file in manifest["files"]]
                self.runs[run_id] = self._take(manifest, content)

    def handed(self, run_ids: Sequence[str]) -> dict[str, list[Version]]:
        """Give the versions of runs by table, in the order of reading."""
        found: dict[str, list[Version]] = {name: [] for name in TABLES}
        for run_id in run_ids:
            found[run_id.rpartition(".")[2]] += self.runs[run_id]
        return found

    def _take(self, manifest: Mapping[str, Any], files: Sequence[bytes]) -> list[Version]:
        name = manifest["table"].rpartition(".")[2]
        assert manifest["run_no"] > self._numbers[name], "runs do not ascend"
        self._numbers[name] = manifest["run_no"]
        counted = {receipt["read_at"] for receipt in manifest["receipt"]}
        reads = [r for r in self.reads if r.table == name and r.read_at in counted]
        assert len(reads) == len(counted)
        landed = _landed(name, files)
        found: list[Version] = []
        for read in reads:
            mode = manifest["load_type"]
            if manifest["order_id"] in self.keys_only:
                mode = "compare keys"
            versions = self._versions(read, mode, landed)
            self._last[name].update({version.key: version for version in versions})
            found += versions
        assert {(v.key, v.read_at) for v in found if not _derived(v, manifest)} == landed
        return found

    def _versions(self, read: Read, mode: str, landed: set[tuple[int, datetime]]) -> list[Version]:
        last, at = self._last[read.table], _time(read.read_at)
        there = [_version(key, at, row) for key, row in read.rows.items()]
        if mode == "incremental":
            for version in there:
                if (version.key, at) not in landed:
                    assert last[version.key].row == version.row, (
                        "what was left out is not in bronze"
                    )
            return [version for version in there if (version.key, at) in landed]
        if mode not in ("reconcile", "compare keys", "snapshot"):
            return there
        live = {v.key for v in there if not v.deleted}
        gone = [
            Version(key=key, read_at=at, row=None, deleted=True)
            for key, version in last.items()
            if key in read.keys and not version.deleted and key not in live
        ]
        if mode == "snapshot":
            return [*there, *gone]
        differs = _lacks if mode == "compare keys" else _differs
        return [*(v for v in there if v.key in live and differs(v, last.get(v.key))), *gone]


def _landed(name: str, files: Sequence[bytes]) -> set[tuple[int, datetime]]:
    key = TABLES[name].key
    tables = [pq.read_table(pa.BufferReader(file), columns=[key, "_read_at"]) for file in files]
    return {(row[key], row["_read_at"]) for table in tables for row in table.to_pylist()}


def _version(key: int, at: datetime, row: Row) -> Version:
    return Version(key=key, read_at=at, row=row, deleted=bool(row.get("gone")))


def _lacks(_version: Version, last: Version | None) -> bool:
    return last is None or last.deleted


def _differs(version: Version, last: Version | None) -> bool:
    return last is None or last.deleted or last.row != version.row


def _derived(version: Version, manifest: Mapping[str, Any]) -> bool:
    """Whether it is gone because a snapshot lacks it, of which nothing lands."""
    return version.row is None and manifest["load_type"] == "snapshot"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

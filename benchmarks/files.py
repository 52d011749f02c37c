"""What loading large files costs: CSV, and JSON lines in gzip, from the landing zone to bronze on one machine.

`.venv/bin/python -m benchmarks.files [--csv 5000] [--ndjson 1000]` starts the embedded storage on loopback,
writes a CSV of so many megabytes and JSON lines of so many megabytes of gzip, with ten malformed rows
among them, and loads each in a process of its own, step by step as the flow does. It prints rows,
seconds, megabytes a second, and the worker's resident memory at its highest, sampled ten times a
second, and checks that every malformed row is in quarantine under its line. Needs Linux, and room on
disk for twice the files.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from activities.advance_watermark import advance_watermark
from activities.claim_commit import claim_commit
from activities.extract_slice import extract_slice
from activities.judge_quality import judge_quality
from activities.plan_load import plan_load
from activities.publish import publish
from activities.take_turn import take_turn
from local.azurite.install import ensure_installed
from local.azurite.process import start as start_azurite
from local.datalake.process import start as start_datalake
from local.stack import CACHE
from shared.durable import steps
from shared.loading.order import TableOrder, new_order_id
from shared.loading.turn import Claim
from shared.operations.records import RunRecord
from shared.runtime import wiring

_MB = 1_000_000
_BAD_ROWS = 10
_NO_ROW = "not a row of this file"
_TABLES = """
source: {name: bench, kind: files, location: landing/bench}
tables:
  - table: files.csv
    key: [id]
    watermark: {kind: none}
    settle: 0s
    files: {path: "csv/*", format: csv, columns: &columns {id: integer, listener: integer, track: text,
      played_at: timestamp, royalty: "decimal(18,6)", device: text, note: text}}
  - table: files.ndjson
    key: [id]
    watermark: {kind: none}
    settle: 0s
    files: {path: "ndjson/*", format: ndjson, columns: *columns}
"""
_DEVICES = ("a telephone", "the web player", "a loudspeaker in the kitchen", "")


def main() -> None:
    """Measure, or be the process that is measured."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--csv", type=int, default=5_000)
    arguments.add_argument("--ndjson", type=int, default=1_000)
    arguments.add_argument("--load", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.load:
        sys.stdout.write(json.dumps(load(given.load)))
        return
    for kind, megabytes in (("csv", given.csv), ("ndjson", given.ndjson)):
        if megabytes:
            measure(kind, megabytes)


def measure(kind: str, megabytes: int) -> None:
    """Write one file, load it, and print what that took."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        place = Path(folder)
        (place / "tables").mkdir()
        (place / "tables" / "bench.yml").write_text(_TABLES)
        azurite = start_azurite(place / "azurite", install=ensure_installed(CACHE))
        datalake = start_datalake(place / "lake")
        settings = {
            "TIDEMARK_LAKE_URL": datalake.url,
            "TIDEMARK_LAKE_KEY": datalake.key,
            "TIDEMARK_STATE_URL": azurite.table_url,
            "TIDEMARK_STATE_KEY": azurite.key,
            "TIDEMARK_TABLES": str(place / "tables"),
        }
        try:
            os.environ.update(settings)
            size, bad = put(kind, megabytes)
            done = run(kind)
        finally:
            azurite.stop()
            datalake.stop()
    report(kind, size, bad, done)


def put(kind: str, megabytes: int) -> tuple[int, list[int]]:
    """Write the file into the landing zone; give its size and the lines of its malformed rows."""
    lake = wiring.build(wiring.Settings.from_env(os.environ), os.environ).lake
    lake.make_folder(f"landing/bench/{kind}")
    name = "large.csv" if kind == "csv" else "large.ndjson.gz"
    size, bad = 0, list[int]()
    with lake.create(f"landing/bench/{kind}/{name}") as sink:
        for piece, lines in _pieces(kind, megabytes * _MB):
            sink.write(piece)
            size += len(piece)
            bad += lines
    return size, bad


def _pieces(kind: str, most: int) -> Iterator[tuple[bytes, list[int]]]:
    """Give the file piece by piece with the lines of malformed rows; `most` is as packed.

    The same rows come again and again, so that writing them takes no longer than reading them.
    """
    rows = [_row(kind, number) for number in range(50_000)]
    good, bad = (
        "\n".join(each).encode() + b"\n" for each in (rows, [*rows[:1000], _NO_ROW, *rows[1000:]])
    )
    at = bad.count(b"\n", 0, bad.index(_NO_ROW.encode()))
    packed = {each: _pack(each) if kind == "ndjson" else each for each in (good, bad)}
    line, written, found = 1, 0, 0
    if kind == "csv":
        yield b"id,listener,track,played_at,royalty,device,note\n", []
        line = 2
    while written < most:
        spoilt = found < _BAD_ROWS and written >= most * found // _BAD_ROWS
        raw = bad if spoilt else good
        found += spoilt
        yield packed[raw], [line + at] if spoilt else []
        written += len(packed[raw])
        line += raw.count(b"\n")


def _pack(raw: bytes) -> bytes:
    """Pack as one member of gzip, of which a file may have many."""
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(raw) + packer.flush()


def _row(kind: str, n: int) -> str:
    played = f"2025-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:{n % 60:02d}:{n % 59:02d}.{n % 1000000:06d}"
    royalty, device = f"{n % 2000000 / 1e6:.6f}", _DEVICES[n % 4]
    track, note = f"Track {zlib.crc32(b'%d' % (n % 200000)):08x} in ünïcode", "plain"
    if kind == "csv":
        if n % 5 == 0:
            note = f'"a ""quoted"" note, with\na line of its own {n % 977}"'
        return f"{n},{n * 7919 % 5000000},{track},{played},{royalty},{device},{note}"
    return json.dumps(
        {"id": n, "listener": n * 7919 % 5000000, "track": track, "played_at": played,
         "royalty": royalty, "device": device, "note": note},
        ensure_ascii=False,
    )  # fmt: skip


def run(kind: str) -> dict[str, Any]:
    """Load in a process of its own, and watch its memory."""
    command = [sys.executable, "-m", "benchmarks.files", "--load", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:  # noqa: S603 - our own
        samples: list[int] = []
        watching = threading.Thread(target=_watch, args=(worker, samples))
        watching.start()
        out, _ = worker.communicate()
        watching.join()
    done: dict[str, Any] = json.loads(out)
    return done | {"memory": max(samples) / _MB, "samples": len(samples)}


def _watch(worker: subprocess.Popen[str], samples: list[int]) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while worker.poll() is None:
        try:
            text = Path(f"/proc/{worker.pid}/statm").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            return
        samples.append(int(text.split()[1]) * page)
        time.sleep(0.1)


def load(kind: str) -> dict[str, Any]:
    """Load the table as its flow does; give rows, malformed lines and seconds."""
    app, table = wiring.app(), f"bench/files.{kind}"
    order = TableOrder(
        order_id=new_order_id(datetime.now(UTC), "000001"),
        table=table,
        mode="incremental",
        reason="request",
    )
    begun = time.monotonic()
    turn = take_turn(steps.TurnWanted(order=order, instance="bench"))
    record = RunRecord(
        run_id=order.run_id,
        order_id=order.order_id,
        table=table,
        mode="incremental",
        state="running",
        started_at=datetime.now(UTC).isoformat(),
    )
    plan = plan_load(steps.PlanWanted(order=order, epoch=turn.epoch, record=record))
    for number in range(plan.slices):
        extract_slice(steps.SliceWanted(plan=plan.path, number=number))
    read = time.monotonic()
    verdict = judge_quality(steps.JudgeWanted(plan=plan.path, epoch=turn.epoch))
    claim = Claim(
        run_id=order.run_id,
        epoch=turn.epoch,
        run_no=plan.run_no,
        plan=plan.path,
        landing=verdict.landing,
    )
    record = replace(record, state="committing", outcome="loaded", rows=verdict.rows)
    commit = claim_commit(steps.CommitWanted(claim=claim, record=record))
    publish(commit)
    advance_watermark(commit)
    ended = time.monotonic()
    aside: list[Any] = []
    for entry in app.lake.list("quarantine/bench"):
        if entry.path.endswith(".parquet"):
            aside += pq.read_table(io.BytesIO(app.lake.read(entry.path)))["_line"].to_pylist()
    return {
        "rows": verdict.rows,
        "bytes": verdict.bytes,
        "aside": sorted(aside),
        "read": read - begun,
        "seconds": ended - begun,
    }


def report(kind: str, size: int, bad: list[int], done: dict[str, Any]) -> None:
    """Print one line; stop if a malformed row is not where it should be."""
    if done["aside"] != sorted(bad):
        raise SystemExit(f"malformed rows are in lines {bad}, in quarantine are {done['aside']}")
    sys.stdout.write(
        f"{kind}: {size / _MB:,.0f} MB, {done['rows']:,} rows, {len(bad)} malformed; "
        f"{done['seconds']:.1f} s, {size / _MB / done['seconds']:.1f} MB/s; "
        f"{done['bytes'] / _MB:,.0f} MB of Parquet; resident {done['memory']:.0f} MB at the most "
        f"of {done['samples']} samples\n"
    )


if __name__ == "__main__":
    main()

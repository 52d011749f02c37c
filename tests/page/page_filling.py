"""What the ledger is filled with: many tables and many runs, and names that hold HTML."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_source import SETTING

from local.azurite.process import ACCOUNT, KEY
from shared.adapters.azure.entities import Entities
from shared.adapters.azure.ledger_keys import descending, month_of
from shared.loading.bound import Bound
from shared.loading.errors import Failure
from shared.loading.order import Order, new_order_id, run_id, table_key
from shared.loading.turn import Turn
from shared.loading.watermark import Watermark
from shared.operations.records import OrderRecord, RunRecord
from shared.runtime.wiring import STATE_TABLES
from tests.long_forms import LONG

SOURCE = "wide"
# 10,000 runs in the long form, 1,200 in the short one: more than a page looks through.
TABLES, ROUNDS = (200, 50) if LONG else (40, 30)
HOSTILE = '<img src=x onerror="document.title=1">'
_HOSTILE_TABLE = f"dbo.{HOSTILE}"
_ENDS = ("loaded", "loaded", "nothing_new", "loaded", "failed", "loaded", "quarantined", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was filled in: the tables, the runs of the newest round, and the number of all runs."""

    tables: tuple[str, ...]
    newest: tuple[RunRecord, ...]
    runs: int


def wide_names() -> tuple[str, ...]:
    """Name the tables: one of them is called like a piece of HTML."""
    names = [f"dbo.T{number:03d}" for number in range(TABLES - 1)]
    return tuple(f"{SOURCE}/{name}" for name in (*names, _HOSTILE_TABLE))


def write_wide_source(folder: Path) -> None:
    """Write the table file of the wide source."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = [
        {
            "table": name.partition("/")[2],
            "key": ["id"],
            "watermark": {"column": "updated_at", "kind": "timestamp"},
            **({"schedule": "0 0 0 * * *"} if at % 9 == 0 else {}),
            **({"target": "bronze/wide/hostile"} if HOSTILE in name else {}),
        }
        for at, name in enumerate(wide_names())
    ]
    source = {
        "name": SOURCE,
        "kind": "sql",
        "engine": "postgresql",
        "connection": f"${{{SETTING}}}",
    }
    document = {"source": source, "tables": tables}
    (folder / f"{SOURCE}.yml").write_text(json.dumps(document))


def fill(state_url: str) -> Filled:
    """Write turns, watermarks, orders and runs as the app would have written them."""
    names, now = wide_names(), datetime.now(UTC)
    rounds = [list(_round(names, now, number)) for number in range(1, ROUNDS + 1)]
    with TableServiceClient(state_url, credential=AzureNamedKeyCredential(ACCOUNT, KEY)) as service:
        tables = {
            name: Entities(service.create_table_if_not_exists(STATE_TABLES[name]))
            for name in ("runs", "orders", "states")
        }
        _write_runs(tables["runs"], rounds)
        _write_orders(tables["orders"], names, rounds, now)
        for name, run in zip(names, rounds[0], strict=True):
            turn = Turn(epoch=ROUNDS, published_run_no=ROUNDS, last_run=run.run_id)
            mark = Watermark(
                position=f"{now - timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f}",
                how="exact",
                run_id=run.run_id,
                moved_at=now.isoformat(),
                version=ROUNDS,
            )
            tables["states"].put_all(table_key(name), [("turn", turn), ("watermark", mark)])
    return Filled(tables=names, newest=tuple(rounds[0]), runs=TABLES * ROUNDS)


def _round(names: tuple[str, ...], now: datetime, back: int) -> Iterator[RunRecord]:
    """Give the runs of one order, some minutes before another."""
    asked = now - timedelta(minutes=11 * back)
    order_id = new_order_id(asked, f"{back:06x}")
    for at, name in enumerate(names):
        began = asked + timedelta(seconds=at % 7)
        end = _ENDS[(at * 7 + back * 3) % len(_ENDS)] if at % 5 == 0 else "loaded"
        took = timedelta(seconds=2 + (at * 13 + back * 5) % 40)
        run = RunRecord(
            run_id=run_id(order_id, name),
            order_id=order_id,
            table=name,
            mode="incremental",
            state="succeeded",
            outcome="loaded",
            rows=(at * 37 + back * 101) % 5_000,
            files=1,
            bytes=(at * 37 + back * 101) % 5_000 * 40,
            started_at=began.isoformat(),
            ended_at=(began + took).isoformat(),
        )
        yield replace(run, **_end(end))


def _end(end: str) -> dict[str, Any]:
    if end == "failed":
        error = Failure(
            type="QueryRefused",
            message=f"column {HOSTILE} does not exist",
            remedy="Repair the table file or the source, then rerun.",
        )
        return {"state": "failed", "outcome": None, "rows": 0, "error": error}
    if end == "held":
        since = datetime.now(UTC).isoformat()
        held = {"held_back_since": since, "held_back_seconds": 4_000, "held_back_by": "pid 4711"}
        return {"bound": Bound(value="1", how="exact", **held)}
    findings = ("rule known_plan (quarantine) is broken by 3 of 1200 rows",)
    return {"outcome": end, "findings": findings if end == "quarantined" else ()}


def _write_runs(runs: Entities, rounds: list[list[RunRecord]]) -> None:
    by_table: dict[str, list[RunRecord]] = {}
    for each in rounds:
        keyed = [(descending(run.run_id), run) for run in each]
        runs.put_all(month_of(each[0].run_id), keyed)
        for run in each:
            by_table.setdefault(run.table, []).append(run)
    for table, found in by_table.items():
        runs.put_all(f"t-{table_key(table)}", [(descending(run.run_id), run) for run in found])


def _write_orders(
    orders: Entities, names: tuple[str, ...], rounds: list[list[RunRecord]], now: datetime
) -> None:
    for each in rounds:
        order_id = each[0].order_id
        failed = sum(run.state == "failed" for run in each)
        order = Order(
            order_id=order_id, tables=names, reason="schedule", created_at=each[0].started_at
        )
        record = OrderRecord(
            order=order,
            state="failed" if failed else "succeeded",
            started_at=each[0].started_at,
            ended_at=now.isoformat(),
            failed=failed,
        )
        orders.put(month_of(order_id), descending(order_id), record)

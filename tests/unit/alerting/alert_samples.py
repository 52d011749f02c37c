"""Alerts that the tests of alerting are written with."""

from dataclasses import replace
from typing import Any

from shared.alerting.alert import Alert, FailedTable, HeldTable
from shared.loading.errors import Failure

BASE = "https://tidemark.example"
FAILURE = Failure(type="QueryRefused", message="no such column", remedy="mend it")
# Names that would ping everybody, format, mention, break lines or turn text around.
HOSTILE = (
    "<!channel>",
    "**x**",
    "<at>all</at>",
    "[click](https://evil.example)",
    "a\nStatus: Resolved",
    "a\r\nBcc: x@evil.example",
    "\u202eelbat",
    "<https://evil.example|table>",
    "&lt;!here&gt;",
    "_x_ ~y~ `z`",
)


def failed(**fields: Any) -> Alert:
    """An order of two tables failed."""
    tables = ("crm/dbo.A", "crm/dbo.B")
    usual = Alert(
        title="Tidemark: order 20260101T000000000Z-00000a failed",
        text="crm/dbo.A and 1 more failed. QueryRefused: no such column",
        order_id="20260101T000000000Z-00000a",
        table=tables[0],
        run_id="20260101T000000000Z-00000a.crm.dbo.A",
        error=FAILURE,
        failed=2,
        tables=tuple(
            FailedTable(table=name, run_id="r", error=FAILURE, link=f"{BASE}/api/runs/r")
            for name in tables
        ),
        link=f"{BASE}/api/orders/20260101T000000000Z-00000a",
        rerun=f"{BASE}/api/page/do/rerun?id=20260101T000000000Z-00000a",
        id="message-1",
        rows=0,
        lag_seconds=5_400,
        page=f"{BASE}/api/",
        runbook="https://wiki.example/runbook#queryrefused",
        at="2026-01-01T00:00:00+00:00",
    )
    return replace(usual, **fields)


def held(**fields: Any) -> Alert:
    """A bound is held back."""
    table = HeldTable(
        table="crm/dbo.A", run_id="r", since="2026", seconds=7_200, by="pid 1", link=BASE
    )
    return failed(
        status="held_back",
        error=None,
        failed=0,
        tables=(),
        held=(table, replace(table, table="crm/dbo.B")),
        rerun=None,
        **fields,
    )


def many(count: int) -> Alert:
    """So many tables failed, with long names and messages."""
    error = replace(FAILURE, message="ö" * 5_000)
    table = FailedTable(table="ü" * 500, run_id="r" * 300, error=error, link=f"{BASE}/{'x' * 500}")
    return failed(
        title="t" * 5_000,
        text="<" * 10_000,
        table="ü" * 500,
        error=error,
        failed=count,
        tables=(table,) * count,
    )

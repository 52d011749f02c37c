"""Paths of the API, with every name made safe for one segment."""

from __future__ import annotations

from urllib.parse import quote

LOADS = "/api/loads"
PLANS = "/api/plans"
BACKFILLS = "/api/backfills"
RECONCILIATIONS = "/api/reconciliations"
TABLES = "/api/tables"
RUNS = "/api/runs"
ORDERS = "/api/orders"
REFRESHES = "/api/refreshes"
LETTERS = "/api/deadletters"
HEALTH = "/api/health"
OPENAPI = "/api/openapi.json"
AUDIT = "/api/audit"
INCIDENTS = "/api/incidents"


def order_path(order_id: str) -> str:
    """An order with all its tables."""
    return _under(ORDERS, order_id)


def backfill_path(order_id: str) -> str:
    """A backfill with all its windows."""
    return _under(BACKFILLS, order_id)


def run_path(run_id: str) -> str:
    """One run."""
    return _under(RUNS, run_id)


def refresh_path(number: int) -> str:
    """One refresh of the lakehouse."""
    return f"{REFRESHES}/{number}"


def letter_path(letter_id: str) -> str:
    """One dead letter."""
    return _under(LETTERS, letter_id)


def replay_path(letter_id: str) -> str:
    """Where a dead letter is taken up again."""
    return f"{letter_path(letter_id)}/replay"


def is_run(name: str) -> bool:
    """Say whether this is a run's id: its order's id, a dot and its table."""
    return "." in name


def rerun_path(name: str) -> str:
    """Where the rerun of a run, an order or a backfill is ordered."""
    return f"{run_path(name)}/rerun"


def table_path(table: str) -> str:
    """One table, from its full name `source/schema.table`."""
    source, _, name = table.partition("/")
    return _under(_under(TABLES, source), name)


def watermark_path(table: str) -> str:
    """A table's watermark, to be set."""
    return f"{table_path(table)}/watermark"


def rollback_path(table: str) -> str:
    """Where a table's watermark is taken back to an earlier one."""
    return f"{watermark_path(table)}/rollback"


def watermarks_path(table: str) -> str:
    """Every watermark that a table has had."""
    return f"{table_path(table)}/watermarks"


def _under(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"

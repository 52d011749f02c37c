"""What is wrong with a request is said in its answer, and changes nothing."""

import json
from dataclasses import dataclass, field
from pprint import pformat
from typing import Any

import httpx
import pytest
from e2e_api import Api
from e2e_lake import listing
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack

ORDER = "20260101T000000000Z-abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A request that is refused: how, and with which fields named. `TABLE` stands for a table."""

    method: str = "POST"
    path: str
    body: Any = None
    raw: bytes | None = None
    query: dict[str, str] = field(default_factory=dict)
    status: int = 400
    fields: tuple[str, ...] = ()

    def send(self, api: Api, table: str) -> httpx.Response:
        text = self.raw if self.raw is not None else json.dumps(self.body).encode()
        content = text.replace(b"TABLE", table.encode()) if self.method == "POST" else None
        path = self.path.replace("TABLE", table)
        return api.http.request(self.method, path, content=content, params=self.query or None)


def loads(*fields: str, body: Any = None, raw: bytes | None = None) -> Bad:
    return Bad(path="/api/loads", body=body, raw=raw, fields=fields)


def backfills(*fields: str, **body: Any) -> Bad:
    period = {"table": "TABLE", "from": "2026-01-01", "to": "2026-01-02"}
    wanted = {name: value for name, value in (period | body).items() if value is not None}
    return Bad(path="/api/backfills", body=wanted, fields=fields)


def runs(*fields: str, **query: str) -> Bad:
    return Bad(method="GET", path="/api/runs", query=query, fields=fields)


def unknown(method: str, path: str) -> Bad:
    return Bad(method=method, path=path, body={}, status=404)


BAD: dict[str, Bad] = {
    "no json": loads("body", raw=b"{tables: x}"),
    "not utf-8": loads("body", raw=b'{"source": "\xff\xfe"}'),
    "a list": loads("body", body=[]),
    "a text": loads("body", body="TABLE"),
    "nested without end": loads("body", raw=b"[" * 100_000),
    "an endless number": loads("body", raw=b'{"after": ' + b"9" * 5000 + b"}"),
    "too large": Bad(path="/api/loads", raw=b'{"source": "' + b"x" * 1_100_000 + b'"}', status=413),
    "unknown field": loads("table", body={"table": "TABLE"}),
    "field that is no text": loads("body", raw=b'{"\\ud800": 1}'),
    "no table": loads("tables", body={"tables": []}),
    "one table not in a list": loads("tables", body={"tables": "TABLE"}),
    "table that is a number": loads("tables[0]", body={"tables": [7]}),
    "unknown table": loads("tables[1]", body={"tables": ["TABLE", "no/such.table"]}),
    "table that is no text": loads("body", raw=b'{"tables": ["\\ud800"]}'),
    "unknown source": loads("source", body={"source": "nowhere"}),
    "table of another source": loads(
        "tables[0]", "source", body={"tables": ["a/b.c"], "source": "nowhere"}
    ),
    "unknown mode": loads("mode", body={"tables": ["TABLE"], "mode": "full"}),
    "mode of a backfill": loads("mode", body={"tables": ["TABLE"], "mode": "backfill"}),
    "mode that is a list": loads("mode", body={"tables": ["TABLE"], "mode": []}),
    "after with another mode": loads(
        "after", body={"tables": ["TABLE"], "mode": "initial", "after": "2026-01-01"}
    ),
    "after that is no time": loads("after", body={"tables": ["TABLE"], "after": "yesterday"}),
    "after that is a list": loads("after", body={"tables": ["TABLE"], "after": ["2026-01-01"]}),
    "two bad fields": loads("mode", "after", body={"mode": "full", "after": True}),
    "backfill of nothing": Bad(path="/api/backfills", body={}, fields=("table",)),
    "backfill of an unknown table": backfills("table", table="no/such.table"),
    "backfill from no time": backfills("from", **{"from": "soon"}),
    "backfill to no day": backfills("to", to="2026-02-30"),
    "backfill that goes back": backfills("from", **{"from": "2026-01-03"}),
    "backfill above the watermark": backfills("to", to="2999-01-01"),
    "window that is no duration": backfills("window", window="a day"),
    "window of nothing": backfills("window", window="0d"),
    "windows without end": backfills("window", window="1s", **{"from": "1990-01-01"}),
    "too many at once": backfills("parallel", parallel=99),
    "none at once": backfills("parallel", parallel=0),
    "half a window at once": backfills("parallel", parallel=1.5),
    "unknown status": runs("status", status="done"),
    "runs of an unknown table": runs("table", table="no/such.table"),
    "since no time": runs("since", since="yesterday"),
    "no runs at all": runs("limit", limit="0"),
    "all runs there are": runs("limit", limit="all"),
    "unknown filter": runs("state", state="failed"),
    "unknown order": unknown("GET", f"/api/orders/{ORDER}"),
    "order that is no id": unknown("GET", "/api/orders/latest"),
    "unknown run": unknown("GET", f"/api/runs/{ORDER}.a.b.c"),
    "run that is no id": unknown("GET", "/api/runs/1"),
    "run of a table that is no name": unknown("GET", f"/api/runs/{ORDER}.a.~ZZ"),
    "run of no day": unknown("GET", "/api/runs/99999999T999999999Z-ffffff.a.b.c"),
    "run with a quote": unknown("GET", f"/api/runs/{ORDER}.a.b'c"),
    "unknown backfill": unknown("GET", f"/api/backfills/{ORDER}"),
    "cancelling an unknown backfill": unknown("DELETE", f"/api/backfills/{ORDER}"),
    "rerun of an unknown order": unknown("POST", f"/api/runs/{ORDER}/rerun"),
    "rerun of no id": unknown("POST", "/api/runs/latest/rerun"),
    "unknown table's page": unknown("GET", "/api/tables/no/such.table"),
    "table's page with a quote": unknown("GET", "/api/tables/no/o'clock"),
}


@pytest.fixture
def table(api: Api, source: Source) -> str:
    """A table that has been loaded."""
    create_items(source)
    name = source.declare("item", watermark=STAMPED)
    api.load_one(name)
    return name


def said(answer: httpx.Response) -> tuple[Any, ...]:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    body = answer.json() if "json" in kind else {}
    fields = {error["field"] for error in body.get("errors", [])}
    return answer.status_code, kind, body.get("status"), fields


def test_every_bad_request_is_refused_by_name_and_changes_nothing(
    api: Api, stack: Stack, table: str
) -> None:
    lake, remembered = listing(stack.lake), stack.remembered()
    wrong: dict[str, Any] = {}
    for name, bad in BAD.items():
        wanted = (bad.status, "application/problem+json", bad.status, set(bad.fields))
        if (found := said(bad.send(api, table))) != wanted:
            wrong[name] = {"got": found, "wanted": wanted}
    assert not wrong, pformat(wrong)
    assert (listing(stack.lake), stack.remembered()) == (lake, remembered)


@pytest.mark.parametrize("since", ["2000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_runs_since_long_ago_are_listed_at_once(api: Api, table: str, since: str) -> None:
    """As many questions to the store as there are days since then would never end."""
    answer = api.http.get("/api/runs", params={"since": since, "limit": 1000}, timeout=10)
    assert table in {run["table"] for run in answer.json()["runs"]}

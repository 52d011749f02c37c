"""What goes on while things are made to fail: tables that are written to, and orders of every kind.

The tables differ in what decides how they are loaded: slices in lanes, one slice, a cursor of
numbers, a full snapshot each time. One more, `ghost`, is missing at the source until the end, so
that orders fail, are alerted, and are run again.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

import httpx
from e2e_api import FINAL, Api, grid_event
from e2e_source import Source, Transaction
from faults_extent import extent

_STAMPED = {"column": "updated_at", "kind": "timestamp", "assigned": "database"}
_NUMBERED = {"column": "version", "kind": "integer", "assigned": "database"}
_ALL: dict[str, dict[str, str]] = {
    "laned": _STAMPED,
    "plain": _STAMPED,
    "numbered": _NUMBERED,
    "whole": {"kind": "none"},
}
# What the sample has are the two that differ most.
WATERMARKS = extent(_ALL, {name: _ALL[name] for name in ("laned", "whole")})
GHOST = "ghost"
_ROWS = {"laned": extent(4000, 2000), "plain": 300, "numbered": 300, "whole": 200, GHOST: 50}
ROWS = {name: _ROWS[name] for name in (*WATERMARKS, GHOST)}
# Orders under way at which no more are placed: a life that is short must not only add to them.
MOST_OPEN = 5
_ASKS, _PAUSE_SECONDS = 20, 0.5
_START = "2026-01-01"


@dataclass(slots=True, kw_only=True)
class Scenario:
    """Tables, and whoever writes to them and orders loads. What is asked for follows from `seed`."""

    source: Source
    seed: str
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311 - a test that can be repeated

    @property
    def tables(self) -> list[str]:
        """The full names of the tables that are there."""
        return [self.source.full(table) for table in WATERMARKS]

    @property
    def ghost(self) -> str:
        """The full name of the one that is not, at first."""
        return self.source.full(GHOST)

    def create(self) -> None:
        """Make the tables and declare them."""
        self.source.execute("CREATE SEQUENCE versions")
        for table, rows in ROWS.items():
            self.source.execute(
                f"""
                CREATE TABLE {table} (
                    id bigint PRIMARY KEY, name text, price numeric(12, 2), noise double precision,
                    version bigint NOT NULL DEFAULT nextval('versions'),
                    updated_at timestamp(6) NOT NULL DEFAULT clock_timestamp()
                );
                INSERT INTO {table} (id, name, price, noise, updated_at)
                SELECT n, md5(n::text), n / 100.0, random(),
                       timestamp '{_START}' + interval '1 hour' * n
                FROM generate_series(1, {rows}) AS n;
                ANALYZE {table}
                """
            )
        for table, watermark in WATERMARKS.items():
            slices = {"rows": 500, "parallel": 2} if table == "laned" else {"rows": 100_000}
            self.source.declare(table, watermark=watermark, slices=slices)
        self.source.declare(GHOST, watermark=_STAMPED)
        self.hide()

    def hide(self) -> None:
        """Take the ghost away from the source."""
        self.source.execute(f"ALTER TABLE {GHOST} RENAME TO away")

    def show(self) -> None:
        """Bring it back."""
        self.source.execute(f"ALTER TABLE away RENAME TO {GHOST}")

    def ask(self, url: str, *, wanted: str = "") -> None:
        """Order something; `wanted` may name a step or flow that only some orders come to.

        Whoever is asked may die before it has answered.
        """
        with suppress(httpx.HTTPError), Api(url) as api:
            if "alert" in wanted:
                _post(api, "/api/loads", {"tables": [self.ghost]})
            elif "windows" in wanted or "backfill" in wanted:
                self._order_backfill(api)
            elif len(open_orders(api)) < MOST_OPEN:
                self._order_something(api)

    def _order_something(self, api: Api) -> None:
        table = self.chance.choice(self.tables)
        match self.chance.randrange(10):
            case 0:
                _post(api, "/api/loads", {"tables": [table], "mode": "initial"})
            case 1:
                self._order_backfill(api)
            case 2 | 3:
                names = self.chance.sample(self.tables, 2)
                events = [grid_event(name, self.chance.randrange(10**9)) for name in names]
                api.http.post(
                    "/runtime/webhooks/eventgrid",
                    params={"functionName": "on_data_changed"},
                    headers={"aeg-event-type": "Notification"},
                    json=events,
                )
            case 4:
                _post(api, "/api/loads", {"tables": [*self.tables, self.ghost]})
            case 5:
                self._rerun_one(api)
            case _:
                _post(api, "/api/loads", {"tables": self.tables})

    def _order_backfill(self, api: Api) -> None:
        first = self.chance.randrange(1, 20)
        period = {"from": f"2026-01-{first:02d}", "to": f"2026-01-{first + 6:02d}", "window": "1d"}
        given = {"table": self.source.full("laned"), "parallel": 2, **period}
        if _post(api, "/api/backfills", given) == httpx.codes.CONFLICT:
            # Nothing was loaded yet, so that there is no watermark.
            _post(api, "/api/loads", {"tables": self.tables})

    def _rerun_one(self, api: Api) -> None:
        failed = [each["order_id"] for each in orders(api) if each["state"] == "failed"]
        if failed:
            _post(api, f"/api/runs/{self.chance.choice(failed)}/rerun", {})

    def writing(self) -> "Writer":
        """Somebody who writes to all tables for as long as the context lasts."""
        return Writer(self)


def _post(api: Api, path: str, body: Any) -> int:
    answer = api.http.post(path, json=body)
    # 409: not now; 422: nothing failed; 503: the storage has been made to fail.
    assert answer.status_code in (202, 409, 422, 503), (path, answer.status_code, answer.text)
    return answer.status_code


def orders(api: Api) -> list[Any]:
    """Every order, newest first; asked again while the storage does not answer the worker."""
    for _ in range(_ASKS):
        answer = api.http.get("/api/orders", params={"limit": 1000})
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(_PAUSE_SECONDS)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()["orders"]


def open_orders(api: Api) -> list[str]:
    """The ids of the orders that have not ended."""
    return [each["order_id"] for each in orders(api) if each["state"] not in FINAL]


class Writer:
    """Commits small transactions, one after the other: new rows, and changes of old ones."""

    def __init__(self, scenario: Scenario) -> None:
        self._source = scenario.source
        self._chance = Random(f"{scenario.seed}/writer")  # noqa: S311 - as above
        self._next = dict.fromkeys(WATERMARKS, 1_000_000)
        self._done = threading.Event()
        self._broke: Exception | None = None
        self._thread = threading.Thread(target=self._write, name="writer")
        self.commits = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()
        if self._broke is not None:
            raise self._broke

    def _write(self) -> None:
        try:
            with self._source.transaction() as transaction:
                while not self._done.wait(self._chance.uniform(0.02, 0.15)):
                    for table in self._chance.sample(sorted(WATERMARKS), 2):
                        self._change(transaction, table)
                    transaction.commit()
                    self.commits += 1
        except Exception as error:  # noqa: BLE001 - told to whoever waits for this thread
            self._broke = error

    def _change(self, transaction: Transaction, table: str) -> None:
        count = self._chance.randint(1, 5)
        first = self._next[table]
        self._next[table] += count
        low = self._chance.randint(1, ROWS[table])
        transaction.execute(
            f"""
            INSERT INTO {table} (id, name, noise)
            SELECT n, 'new ' || n, random() FROM generate_series({first}, {first + count - 1}) AS n;
            UPDATE {table} SET noise = random(), version = nextval('versions'),
                   updated_at = clock_timestamp()
            WHERE id BETWEEN {low} AND {low + count}
            """
        )

"""A REST source as the tests meet it: the interface, a table of it, and a clock that does not wait."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa

from local.rest_api import Collection, RestApi
from shared.adapters.rest import connect
from shared.adapters.rest.exchange import Limits
from shared.adapters.rest.session import RestSession
from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.catalog.rest_spec import (
    AuthSpec,
    IncrementalSpec,
    PagingSpec,
    RestSourceSpec,
    RestTableSpec,
)
from shared.extraction.planning import PlanBasis, plan_columns
from shared.extraction.source import Notes
from shared.loading.order import TableOrder
from shared.loading.plan import PlannedColumn
from shared.loading.span import Span

OFFSET = PagingSpec(kind="offset", param="offset", size_param="limit", size=10, shifts="overlap")
PAGE = PagingSpec(kind="page", param="page", size_param="per_page", size=20, shifts="overlap")
TWICE = PagingSpec(kind="page", param="page", shifts="twice")
CURSOR = PagingSpec(
    kind="cursor", param="cursor", size_param="limit", size=10, next=("meta", "next")
)
LAST = PagingSpec(
    kind="cursor", param="cursor", size_param="limit", size=10, last=("id",), more=("meta", "more")
)
LINK = PagingSpec(kind="link", size_param="per_page", size=10)
NEXT = PagingSpec(kind="next_url", size_param="per_page", size=10, next=("meta", "next"))
WAYS = {
    "offset": ("/offset", OFFSET),
    "page": ("/page", PAGE),
    "page-twice": ("/page", TWICE),
    "offset-twice": ("/offset", replace(OFFSET, shifts="twice")),
    "cursor": ("/cursor", CURSOR),
    "last": ("/cursor", LAST),
    "link": ("/link", LINK),
    "next_url": ("/next", NEXT),
    "none": ("/all", PagingSpec()),
}

NOBODY = AuthSpec(how="none")


@dataclass
class FakeClock:
    """Time passes only where somebody waits."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


# The interfaces of the tests are on this machine.
REACHABLE = {"TIDEMARK_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8"}


@dataclass
class Read:
    """What a read gave."""

    rows: list[dict[str, Any]]
    notes: Notes
    schema: pa.Schema
    read_at: str

    @property
    def ids(self) -> list[Any]:
        return [row["id"] for row in self.rows]


@dataclass
class Rig:
    """One interface and one table of it."""

    api: RestApi
    rest: RestTableSpec
    auth: AuthSpec = NOBODY
    environ: Mapping[str, str] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    limits: Limits = field(default_factory=Limits)
    keys: dict[str, Any] = field(default_factory=dict)
    requests_per_second: float | None = None
    connections: int = 1

    @property
    def spec(self) -> TableSpec:
        given: dict[str, Any] = {"cursor": CursorSpec(kind="none", column=None)} | self.keys
        return TableSpec(
            source=SourceSpec(
                name="crm",
                kind="rest",
                engine=None,
                connection="",
                max_connections=self.connections,
                rest=RestSourceSpec(
                    base_url=self.api.url,
                    auth=self.auth,
                    requests_per_second=self.requests_per_second,
                ),
            ),
            table="api.items",
            key=("id",),
            target="bronze/crm/items",
            rest=self.rest,
            **given,
        )

    @contextmanager
    def session(self, known: Sequence[PlannedColumn] = ()) -> Generator[RestSession]:
        with connect(
            self.spec.source,
            {**REACHABLE, **self.environ},
            known,
            clock=self.clock,
            limits=self.limits,
        ) as session:
            yield session

    def columns(self, known: Sequence[PlannedColumn] = ()) -> tuple[PlannedColumn, ...]:
        with self.session(known) as session:
            return plan_columns(self.spec, session.shape(self.spec))

    def read(self, span: Span | None = None, known: Sequence[PlannedColumn] | None = None) -> Read:
        """Plan and read, each in a session of its own as activities do."""
        columns = self.columns() if known is None else known
        with self.session(columns) as session, session.read(self.spec, span or Span()) as reading:
            rows = [row for batch in reading.batches for row in batch.to_pylist()]
            assert reading.notes is not None
            return Read(rows, reading.notes(), reading.schema, reading.read_at)

    def basis(self, **fields: Any) -> PlanBasis:
        order = TableOrder(
            order_id="20260101T000000000Z-00000a",
            table=self.spec.name,
            mode=fields.pop("mode", "incremental"),
            reason="request",
        )
        usual: dict[str, Any] = {
            "watermark": None,
            "published_run_no": 0,
            "columns": (),
            "marks": (),
            "run_no": 1,
            "planned_at": "t",
        }
        return PlanBasis(order=order, spec=self.spec, **(usual | fields))


def item(number: int, **fields: Any) -> dict[str, Any]:
    """Give a record whose content follows from its number."""
    usual = {"id": number, "name": f"item {number}", "updated_at": stamp(number)}
    return usual | fields


def stamp(number: int) -> str:
    return f"2026-01-{1 + number // 86400:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"


def collection(records: int, **fields: Any) -> Collection:
    made = Collection(**fields)
    made.put(*(item(number) for number in range(1, records + 1)))
    return made


def table(way: str = "offset", **fields: Any) -> RestTableSpec:
    path, paging = WAYS[way]
    usual: dict[str, Any] = {"path": path, "paging": paging, "records": ("data", "items")}
    return RestTableSpec(**(usual | fields))


STAMPED = CursorSpec(kind="timestamp", column="updated_at")
SINCE = IncrementalSpec(param="since", until="until", resolution=timedelta(seconds=1))

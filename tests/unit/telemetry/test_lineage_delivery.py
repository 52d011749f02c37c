"""Lineage is delivered at least once, and what takes none of it fails nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.openlineage import delivery as module
from shared.adapters.openlineage.delivery import FileEndpoint, HttpEndpoint, LineageDelivery, Sent
from shared.catalog import SourceSpec
from shared.loading.errors import LakeUnavailable
from shared.runtime.lineage import lineage_of, place_of
from shared.runtime.settings import SettingsIncomplete
from shared.telemetry.lineage import LineageEvent, LineageRun
from shared.telemetry.measures import LINEAGE, STATE
from shared.telemetry.telemetry import SILENT

EVENT = LineageEvent(
    moment="START", at="2026-01-01T00:00:00Z", run=LineageRun(job="j", key="k", kind="LOAD")
)


class Kept:
    """As much of a lake as is needed: files by path. While it is `away` it does not answer."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.away = False

    def write(self, path: str, content: bytes) -> None:
        if self.away:
            raise LakeUnavailable("away")
        self.files[path] = content

    def read(self, path: str) -> bytes:
        return self.files[path]

    def remove(self, path: str) -> None:
        del self.files[path]

    def list(self, folder: str) -> list[Any]:
        if self.away:
            raise LakeUnavailable("away")
        return [type("E", (), {"path": path, "is_folder": False}) for path in self.files]


class Far:
    """An endpoint that answers as it is told."""

    def __init__(self) -> None:
        self.answer: Sent = "taken"
        self.got: list[Mapping[str, Any]] = []
        self.asked = 0

    def send(self, event: Mapping[str, Any]) -> Sent:
        self.asked += 1
        if self.answer == "taken":
            self.got.append(event)
        return self.answer


class Counted:
    """Implements `Telemetry`: counts by state."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def tell(self, span: object) -> None: ...

    def measure(self, measure: object, value: float, by: Mapping[str, str]) -> None:
        assert measure is LINEAGE
        self.states.append(by[STATE])

    def flush(self, seconds: float) -> None: ...


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def lake() -> Kept:
    return Kept()


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def lineage(far: Far, lake: Kept, counted: Counted) -> LineageDelivery:
    def encode(event: LineageEvent) -> dict[str, Any]:
        return {"job": {"name": event.run.job}, "password": "hunter2"}

    return LineageDelivery(endpoint=far, encode=encode, lake=lake, telemetry=counted)  # type: ignore[arg-type] - as much of a lake as is needed


def test_what_is_not_taken_is_kept_and_sent_later(
    lineage: LineageDelivery,
    far: Far,
    lake: Kept,
    counted: Counted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far.answer = "away"
    for _ in range(3):
        lineage.tell(EVENT)
    assert (len(lake.files), far.asked) == (3, 1)  # nobody waits for it again and again
    far.answer = "taken"
    lineage.send_kept()
    assert len(lake.files) == 3
    monkeypatch.setattr(module, "LEFT_ALONE_SECONDS", 0)
    lineage.send_kept()
    assert (len(far.got), lake.files) == (3, {})
    assert counted.states == ["kept"] * 3 + ["sent"] * 3


def test_what_will_never_be_taken_holds_nothing_up(
    lineage: LineageDelivery, far: Far, lake: Kept, counted: Counted
) -> None:
    far.answer = "refused"
    lineage.tell(EVENT)
    far.answer = "taken"
    lineage.tell(EVENT)
    assert (lake.files, counted.states) == ({}, ["refused", "sent"])


def test_what_can_be_kept_nowhere_is_lost_and_counted(
    lineage: LineageDelivery, far: Far, lake: Kept, counted: Counted
) -> None:
    far.answer, lake.away = "away", True
    lineage.tell(EVENT)
    lineage.send_kept()
    assert counted.states == ["lost"]


def test_no_secret_is_sent(lineage: LineageDelivery, far: Far) -> None:
    lineage.tell(EVENT)
    assert "hunter2" not in json.dumps(far.got)


def test_a_file_takes_a_line_an_event(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lineage.jsonl"
    assert [FileEndpoint(path=path).send({"n": n}) for n in (1, 2)] == ["taken"] * 2
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 2]


def test_an_endpoint_that_is_not_there_is_away_and_shows_no_key() -> None:
    endpoint = HttpEndpoint(url="http://127.0.0.1:9/?key=hunter2", key="hunter2")
    assert endpoint.send({}) == "away"
    assert "hunter2" not in repr(endpoint)


def test_the_setting_is_an_address_or_a_file_or_not_there() -> None:
    assert lineage_of({}, Kept(), SILENT) is None  # type: ignore[arg-type] - not used
    with pytest.raises(SettingsIncomplete):
        lineage_of({"TIDEMARK_OPENLINEAGE": "elsewhere"}, Kept(), SILENT)  # type: ignore[arg-type]


PLACES = [
    ("postgresql", "postgresql://ada:hunter2@db:6000/shop", "postgres://db:6000", "shop.s.t"),
    ("postgresql", "postgresql://ada:hunter2@db/shop?x=1", "postgres://db:5432", "shop.s.t"),
    (
        "sqlserver",
        "Driver={x};Server=tcp:db,1444;Database=shop;UID=a;PWD=hunter2",
        "mssql://db:1444",
        "shop.s.t",
    ),
    (
        "mariadb",
        "Driver={x};Server=db;Port=3307;Database=shop;PWD=hunter2",
        "mysql://db:3307",
        "shop.t",
    ),
    ("other", "Driver={x};Server=db;PWD=hunter2", "tidemark://crm", "s.t"),
]


@pytest.mark.parametrize(("engine", "address", "namespace", "name"), PLACES)
def test_a_source_is_named_by_its_server_and_database_and_no_more(
    engine: str, address: str, namespace: str, name: str
) -> None:
    source = SourceSpec(name="crm", kind="sql", engine=engine, connection="${DB}")
    assert place_of(source, "s.t", {"DB": address}) == (namespace, name)


def test_a_source_without_its_setting_is_named_as_in_the_table_files() -> None:
    source = SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${DB}")
    assert place_of(source, "s.t", {}) == ("tidemark://crm", "s.t")

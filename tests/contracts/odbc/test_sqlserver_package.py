"""SQL Server by mssql-python: when it is taken, what it keeps, and how long its readers live."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.odbc import connect, libraries
from shared.adapters.odbc.dialect import Column, Landing, Relation
from shared.adapters.odbc.links import dial_arrow, dial_rows
from shared.adapters.odbc.sqlserver import SqlServerDialect, native
from shared.adapters.odbc.sqlserver.types import find_landing
from shared.catalog import DeleteSpec, TableSpec
from shared.extraction.tracked import take_apart
from shared.loading.errors import CredentialRejected, SourceUnavailable, TrackingExpired
from shared.loading.span import Span
from tests.contracts.odbc.tds_server import Answer, TdsServer
from tests.unit.adapters.sqlserver_link import ANSWERS, catalog_column, spec
from tests.unit.adapters.sqlserver_page import LANDED, source_type

needs_package = pytest.mark.skipif(not native.is_there(), reason="mssql-python is not installed")
LOSSY = Landing(wire=pa.timestamp("us"), lands=pa.timestamp("us"))


def relation(*landings: Landing) -> Relation:
    columns = [
        Column(name=f"c{number}", declared="", nullable=True, landing=landing)
        for number, landing in enumerate(landings)
    ]
    return Relation(columns=tuple(columns), cursor=None)


PLAIN = relation(Landing(wire=pa.int64(), lands=pa.int64()))
LONG = relation(Landing(wire=pa.binary(), lands=pa.string(), bounded=False))
MIXED = relation(PLAIN.columns[0].landing, LOSSY)


def installed(monkeypatch: pytest.MonkeyPatch, *, odbc: bool, package: bool) -> None:
    monkeypatch.setattr(native, "is_there", lambda: package)
    monkeypatch.setattr(libraries, "MISSING", None if odbc else "ODBC is not installed")


@pytest.mark.parametrize(
    ("odbc", "package", "rows", "dial"),
    [
        (True, True, PLAIN, native.dial_native),
        (True, True, LONG, dial_rows),
        (True, True, MIXED, dial_arrow),
        (True, True, None, dial_rows),
        (True, False, PLAIN, dial_arrow),
        (True, False, LONG, dial_rows),
        (False, True, PLAIN, native.dial_native),
        (False, True, LONG, native.dial_native_long),
        (False, True, None, native.dial_native),
    ],
)
def test_the_way_follows_from_what_is_installed_and_what_the_columns_need(
    monkeypatch: pytest.MonkeyPatch, rows: Relation | None, dial: Any, *, odbc: bool, package: bool
) -> None:
    installed(monkeypatch, odbc=odbc, package=package)
    assert native.choose_dial(rows) is dial


def test_columns_that_need_odbc_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, odbc=True, package=True)
    assert "change values of c1" in SqlServerDialect().reads_otherwise(MIXED)[0]
    assert SqlServerDialect().reads_otherwise(PLAIN) == ()
    installed(monkeypatch, odbc=True, package=False)
    assert SqlServerDialect().reads_otherwise(MIXED) == ()


@pytest.mark.parametrize(
    ("package", "rows", "why"),
    [
        (False, PLAIN, "or install the package mssql-python"),
        (False, None, "or install the package mssql-python"),
        (True, MIXED, "mssql-python alone would change values of c1"),
    ],
)
def test_where_neither_reads_the_columns_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, rows: Relation | None, why: str, *, package: bool
) -> None:
    installed(monkeypatch, odbc=False, package=package)
    with pytest.raises(CredentialRejected, match=f"ODBC is not installed.*{why}"):
        native.choose_dial(rows)


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row[0])
def test_every_type_of_the_page_travels_in_a_form_that_the_package_keeps(
    row: tuple[str, ...],
) -> None:
    """Seven digits of a second and offsets among them: they travel as text."""
    assert native.find_lossy(relation(find_landing("c", source_type(row[0])))) == ()


@needs_package
def test_a_closed_port_is_unavailable_and_no_secret_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(monkeypatch, odbc=False, package=True)
    monkeypatch.setattr(native, "LOGIN_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    address = f"Server=127.0.0.1,{port};Database=shop;UID=reader;PWD=open sesame;Encrypt=no"
    with pytest.raises(SourceUnavailable) as refused, connect(SqlServerDialect(), address):
        pass
    assert "sesame" not in str(refused.value)


@needs_package
def test_an_attribute_that_the_package_does_not_know_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(monkeypatch, odbc=False, package=True)
    address = "Server=127.0.0.1,1;Database=shop;UID=reader;PWD=open sesame;Encrypt=no;Colour=red"
    with (
        pytest.raises(CredentialRejected, match="colour") as refused,
        connect(SqlServerDialect(), address),
    ):
        pass
    assert "sesame" not in str(refused.value)


class TrackedScript:
    """A table that tracks its changes, two of which are told."""

    kept_above = "7"

    def __call__(self, sql: str) -> Answer:
        told: list[tuple[str, dict[str, tuple[str, object]]]] = [
            ("is_primary_key", {"name": ("varchar(20)", "id")}),
            (
                "begin_version",
                {"kept_above": ("varchar(20)", self.kept_above), "began": ("int", 1)},
            ),
            (
                "VIEW CHANGE TRACKING",
                {"version": ("varchar(9)", "42"), "granted": ("int", 1), "kept_above": ("int", 7)},
            ),
            ("AS found", {"found": ("int", 1)}),
        ]
        for part, row in told:
            if part in sql:
                kinds = [(name, kind) for name, (kind, _) in row.items()]
                return Answer(kinds, [[value for _, value in row.values()]])
        if "CHANGETABLE" in sql and "AS n" in sql:
            return Answer([("n", "int")], [[2]])
        if "CHANGETABLE" in sql:
            columns = [("id", "bigint"), ("tidemark:gone", "bit"), ("tidemark:version", "bigint")]
            return Answer(columns, [[1, 0, 41], [2, 1, 42]])
        if "FROM sys.columns" in sql:
            return _described(catalog_column("id", "bigint", nullable=False))
        return next((_described(row) for part, row in ANSWERS.items() if part in sql), Answer())


def _described(row: dict[str, Any]) -> Answer:
    kinds = {str: "varchar(200)", int: "int", bool: "bit"}
    return Answer([(n, kinds[type(v)]) for n, v in row.items()], [list(row.values())])


@pytest.fixture
def script() -> TrackedScript:
    return TrackedScript()


@pytest.fixture(params=["odbc", "mssql-python"])
def address(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, script: TrackedScript
) -> Iterator[str]:
    if request.param == "odbc":
        installed(monkeypatch, odbc=True, package=False)
    else:
        pytest.importorskip("mssql_python")
        installed(monkeypatch, odbc=False, package=True)
    with closing(TdsServer(script)) as server:
        place = f"Server=127.0.0.1,{server.port};Database=shop"
        yield f"{place};UID=reader;PWD=open sesame;Encrypt=no"


def tracked() -> TableSpec:
    deletes = DeleteSpec(how="change_tracking")
    return replace(spec("change_tracking"), key=("id",), deletes=deletes, receipt="rows")


def test_changes_come_with_what_became_of_their_rows(address: str) -> None:
    with (
        connect(SqlServerDialect(), address) as session,
        session.read(tracked(), Span(after="40")) as reading,
    ):
        assert reading.schema.names == ["id"]
        [rows] = map(take_apart, reading.batches)
        assert reading.proof is not None
        assert reading.proof.ask().rows == 2
    assert rows.batch.to_pydict() == {"id": [1, 2]}
    assert rows.batch.schema.equals(reading.schema)
    assert rows.gone is not None
    assert rows.versions is not None
    assert rows.gone.to_pylist() == [False, True]
    assert rows.versions.to_pylist() == [41, 42]


def test_changes_that_were_cleaned_up_stop_a_read_before_its_first_row(
    address: str, script: TrackedScript
) -> None:
    script.kept_above = "41"
    with (
        connect(SqlServerDialect(), address) as session,
        pytest.raises(TrackingExpired, match="older ones were cleaned up"),
        session.read(tracked(), Span(after="40")),
    ):
        pass

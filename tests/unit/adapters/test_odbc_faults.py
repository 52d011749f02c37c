"""Errors of ODBC become errors of a load, and none of them holds a secret."""

import pyodbc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.odbc.address import Address
from shared.adapters.odbc.faults import Faults, one_line
from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
    ValueUnsupported,
)


def fail(state: str, native: int = 7, text: str = "it failed") -> None:
    raise pyodbc.Error(state, f"[{state}] [driver]{text} ({native}) (SQLExecDirectW)")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("42S02", TableMissing),
        ("42S22", ColumnMissing),
        ("22003", ValueUnsupported),
        ("01004", ValueUnsupported),
        ("08S01", SourceUnavailable),
        ("HYT00", SourceUnavailable),
        ("40001", SourceUnavailable),
        ("HY008", SourceThrottled),
        ("28000", CredentialRejected),
        ("IM002", CredentialRejected),
        ("42000", QueryRefused),
    ],
)
def test_a_state_of_the_standard_has_its_error(state: str, kind: type[IngestError]) -> None:
    with pytest.raises(kind, match=rf"it failed .*\(SQLSTATE {state}\)"), Faults().translated():
        fail(state)


def test_an_engines_own_number_wins_over_its_states_and_these_over_the_standard() -> None:
    faults = Faults(native={1205: SourceThrottled}, states={"42000": ColumnMissing})
    with pytest.raises(SourceThrottled), faults.translated():
        fail("42S02", 1205)
    with pytest.raises(ColumnMissing), faults.translated():
        fail("42000", 1)


@pytest.mark.parametrize(
    ("state", "kind"),
    [("HY000", SourceUnavailable), ("01000", CredentialRejected), ("08001", SourceUnavailable)],
)
def test_a_refused_connection_is_placed(state: str, kind: type[IngestError]) -> None:
    with pytest.raises(kind):
        Faults().connected(lambda: fail(state), ())


@pytest.mark.parametrize(
    "name", ["PWD", "Pwd", "password", "AccessToken", "Client_Secret", "AccountKey"]
)
def test_a_drivers_text_is_told_without_its_secrets(name: str) -> None:
    told = one_line(f"bad string: Server=db; {name} = {{hun}}}}ter;2}};UID=me\n broken")
    assert told == f"bad string: Server=db; {name}=***;UID=me broken"


@given(
    secret=st.text(min_size=1, max_size=30).filter(lambda text: text.strip()),
    extra=st.text(max_size=20),
)
def test_no_secret_is_in_what_is_raised_nor_in_what_led_to_it(secret: str, extra: str) -> None:
    braced = "{" + secret.replace("}", "}}") + "}"
    address = Address(attributes={"Driver": "d", "PWD": braced})
    text = f"cannot open <{secret}> nor <{braced}> {extra}"
    with pytest.raises(IngestError) as caught:
        Faults().connected(lambda: fail("08001", text=text), address.secrets)
    error: BaseException | None = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    words = " ".join(secret.split())
    assert f"<{words}>" not in str(error)

"""ODBC connection strings: read, completed, and never repeated."""

import pytest

from shared.adapters.odbc.address import parse_address
from shared.loading.errors import CredentialRejected

SECRET = "hun;ter=2}"


def test_attributes_are_read_in_braces_and_without() -> None:
    address = parse_address(" Driver = {My Driver} ; Server=db,1433;PWD={hun;ter=2}}};; ")
    assert address.get("driver") == "{My Driver}"
    assert address.plain("DRIVER") == "My Driver"
    assert address.plain("pwd") == SECRET
    assert address.get("server") == "db,1433"
    assert "uid" not in address


def test_the_first_of_two_equal_names_counts() -> None:
    assert parse_address("Driver=a;driver=b").get("DRIVER") == "a"


@pytest.mark.parametrize(
    "text",
    [
        "Driver={open;PWD=hunter2",
        "postgresql://me:hunter2@db/x",
        "Driver=a;hunter2",
        "Driver=a;PWD=hun{ter2}",
    ],
)
def test_what_is_no_connection_string_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(CredentialRejected) as caught:
        parse_address(text)
    assert "hunter2" not in str(caught.value)
    assert "ter2" not in str(caught.value)


def test_settling_wins_over_what_was_written_and_completing_does_not() -> None:
    address = parse_address("Driver=a;Charset=latin1;Timeout=5")
    assert address.settled({"CHARSET": "utf8mb4"}).get("charset") == "utf8mb4"
    assert address.completed({"timeout": "9", "Port": "1"}).text() == (
        "Driver=a;Charset=latin1;Timeout=5;Port=1"
    )


def test_what_is_written_reads_back() -> None:
    text = "Driver={a b};PWD={hun;ter=2}}};Server=db"
    assert parse_address(text).text() == text


def test_an_address_shows_names_and_no_values() -> None:
    address = parse_address("Driver=a;UID=me;PWD={hun;ter=2}}};AccessToken=abc")
    assert repr(address) == "Address(Driver, UID, PWD, AccessToken)"
    assert set(address.secrets) == {"{hun;ter=2}}}", SECRET, "abc"}

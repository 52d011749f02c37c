"""Connection strings of SQL Server: completed, encrypted, with a driver and a login."""

import pytest

from shared.adapters.odbc.address import Address, parse_address
from shared.adapters.odbc.sqlserver.address import find_driver, settle
from shared.loading.errors import CredentialRejected

SERVER = "Driver={ODBC Driver 18 for SQL Server};Server=sql.example.com;Database=shop"
LOGIN = ";UID=reader;PWD={s;ecr}}et}"


def settled(text: str) -> Address:
    return settle(parse_address(text))


def test_a_connection_is_encrypted_unless_it_says_how() -> None:
    assert settled(SERVER + LOGIN).get("encrypt") == "yes"
    assert settled(SERVER + LOGIN + ";Encrypt=strict").get("encrypt") == "strict"


@pytest.mark.parametrize("off", ["no", "NO", "optional", "{no}", "false"])
def test_a_connection_in_clear_text_over_a_network_is_refused(off: str) -> None:
    with pytest.raises(CredentialRejected, match="clear text") as refused:
        settled(f"{SERVER}{LOGIN};Encrypt={off}")
    assert "ecr" not in str(refused.value)


@pytest.mark.parametrize(
    "server", ["localhost", "tcp:127.0.0.1,1433", "(local)", ".\\SQLEXPRESS", "{localhost}"]
)
def test_a_server_on_this_machine_may_be_read_in_clear_text(server: str) -> None:
    text = f"Driver={{x}};Server={server};UID=a;PWD=b;Encrypt=no"
    assert settled(text).get("encrypt") == "no"


def test_a_data_source_is_not_taken_for_this_machine() -> None:
    with pytest.raises(CredentialRejected, match="clear text"):
        settled("DSN=shop;UID=a;PWD=b;Encrypt=no")


def test_what_the_session_relies_on_is_set_whatever_the_string_says() -> None:
    address = settled(SERVER + LOGIN + ";app=mine;MARS_Connection=yes;Regional=yes")
    assert address.get("APP") == "tidemark"
    assert address.get("MARS_Connection") == "no"
    assert address.get("Regional") == "no"
    assert address.get("ConnectRetryCount") == "0"


def test_what_else_the_string_says_stays() -> None:
    address = settled(SERVER + LOGIN + ";ApplicationIntent=ReadOnly;MultiSubnetFailover=Yes")
    assert address.get("ApplicationIntent") == "ReadOnly"
    assert address.get("MultiSubnetFailover") == "Yes"
    assert address.get("PWD") == "{s;ecr}}et}"


@pytest.mark.parametrize(
    "login",
    [LOGIN, ";Trusted_Connection=yes", ";Authentication=ActiveDirectoryServicePrincipal;UID=a"],
)
def test_a_login_that_is_given_is_used(login: str) -> None:
    given = parse_address(SERVER + login)
    assert settle(given).get("authentication") == given.get("authentication")


@pytest.mark.parametrize("login", ["", ";UID=11111111-2222-3333-4444-555555555555"])
def test_without_a_secret_the_managed_identity_signs_in(login: str) -> None:
    assert settled(SERVER + login).get("authentication") == "ActiveDirectoryMsi"


def test_a_data_source_says_itself_who_signs_in_and_by_which_driver() -> None:
    address = settled("DSN=shop")
    assert "authentication" not in address
    assert "driver" not in address


def test_the_newest_driver_is_chosen() -> None:
    installed = [
        "SQLite3",
        "ODBC Driver 9 for SQL Server",
        "ODBC Driver 18 for SQL Server",
        "ODBC Driver 17 for SQL Server",
    ]
    assert find_driver(installed) == "{ODBC Driver 18 for SQL Server}"

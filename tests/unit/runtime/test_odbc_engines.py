"""The engine and the connection of a source say which adapter connects, and where to."""

from dataclasses import replace

import pytest

from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.catalog import SourceSpec
from shared.loading.errors import CredentialRejected, IngestError
from shared.runtime.engines import connect, find_address

SOURCE = SourceSpec(name="crm", kind="sql", engine="sqlserver", connection="${CRM_DB}")
IDENTITY = replace(
    SOURCE, connection="managed_identity", server="crm.database.windows.net", database="sales"
)


def test_the_address_is_what_the_setting_holds() -> None:
    assert find_address(SOURCE, {"CRM_DB": "Server=a;UID=b;PWD=c"}) == "Server=a;UID=b;PWD=c"


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(CredentialRejected, match="CRM_DB is not set"):
        find_address(SOURCE, {})


@pytest.mark.parametrize(
    ("environ", "identity"), [({}, None), ({"AZURE_CLIENT_ID": "0000-11"}, "0000-11")]
)
def test_a_managed_identity_signs_in_by_the_driver(
    environ: dict[str, str], identity: str | None
) -> None:
    address = SqlServerDialect().settle(parse_address(find_address(IDENTITY, environ)))
    assert address.get("Authentication") == "ActiveDirectoryMsi"
    assert (address.get("Server"), address.get("Database")) == (IDENTITY.server, "{sales}")
    assert address.get("UID") == identity
    assert "PWD" not in address


@pytest.mark.parametrize(
    "engine", ["postgresql", "sqlserver", "mariadb", "mysql", "oracle", "odbc"]
)
@pytest.mark.parametrize("address", ["hunter2", "Driver={none};PWD=hunter2", "x://u:hunter2@h"])
def test_an_address_that_is_none_is_refused_without_repeating_it(engine: str, address: str) -> None:
    with pytest.raises(IngestError) as caught, connect(replace(SOURCE, engine=engine), address):
        pass
    assert "hunter2" not in str(caught.value)

"""Says which adapter serves which database engine, and where its server is."""

# Each adapter is imported where it is needed: drivers take long to load, and a worker needs one.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from shared.catalog import MissingSetting, SourceSpec, TableSpec, resolve
from shared.catalog.connection import MANAGED_IDENTITY, read_setting
from shared.extraction.source import Session
from shared.loading.errors import CredentialRejected, MaskKeyMissing
from shared.loading.masks import MaskKey, mask_key
from shared.loading.plan import PlannedColumn

if TYPE_CHECKING:
    from shared.adapters.odbc.dialect import Dialect


def prepare(
    source: SourceSpec, environ: Mapping[str, str], columns: Sequence[PlannedColumn] = ()
) -> AbstractContextManager[Session]:
    """Give what connects to a source when it is entered, with its secrets; `columns` are those known.

    Raises:
        CredentialRejected: a setting that the source names is missing.
    """
    if source.rest is not None:
        from shared.adapters.rest import connect as connect_rest

        return connect_rest(source, environ, columns)
    return connect(source, find_address(source, environ))


def connect(source: SourceSpec, address: str) -> AbstractContextManager[Session]:
    """Connect to the server of a source at its address: a URI or an ODBC connection string.

    Raises:
        CredentialRejected: the server refused the login, or the address is not one.
        SourceThrottled: the server has no connection left.
        SourceUnavailable: the server does not answer.
    """
    if source.engine == "postgresql":
        from shared.adapters.postgresql import connect as connect_postgresql

        return connect_postgresql(address)
    from shared.adapters.odbc import connect as connect_odbc

    return connect_odbc(_dialect(source.engine), address)


def find_address(source: SourceSpec, environ: Mapping[str, str]) -> str:
    """Give the connection string of a source. Raises CredentialRejected if its setting is missing."""
    if source.connection == MANAGED_IDENTITY:
        # Neither name nor key: the driver signs in as this app's own identity. Of several, the one
        # that the Azure SDKs take, by its client id.
        chosen = environ.get("AZURE_CLIENT_ID")
        identity = f";UID={chosen}" if chosen else ""
        return f"Server={source.server};Database={{{source.database}}}{identity}"
    try:
        return resolve(source.connection, environ)
    except MissingSetting as error:
        raise CredentialRejected(str(error)) from error


def find_mask_key(table: TableSpec, environ: Mapping[str, str]) -> MaskKey | None:
    """Give the key that a table's columns are hashed with, None if none is.

    Raises MaskKeyMissing if its setting is missing, or holds no key.
    """
    if not table.hashes_columns:
        return None
    reference = table.source.mask_key
    try:
        secret = read_setting(reference, environ, meant="a random text of at least 32 characters")
    except MissingSetting as error:
        raise MaskKeyMissing(str(error)) from error
    return mask_key(secret, reference[2:-1])


def _dialect(engine: str | None) -> Dialect:
    match engine:
        case "sqlserver":
            from shared.adapters.odbc.sqlserver import SqlServerDialect

            return SqlServerDialect()
        case "mariadb" | "mysql":
            from shared.adapters.odbc.mariadb import MariadbDialect

            return MariadbDialect()
        case _:
            from shared.adapters.odbc.generic import GenericDialect

            return GenericDialect()

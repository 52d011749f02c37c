"""Combinations of keys that cannot work within one source."""

from collections.abc import Callable
from contextlib import suppress

from shared.catalog import source_grammar as s
from shared.catalog.connection import MANAGED_IDENTITY
from shared.catalog.files_grammar import LOCATION
from shared.catalog.place import Unread
from shared.catalog.rest_rules import check_rest_source
from shared.catalog.section import Fields


def check_source(source: Fields) -> None:
    """Report what contradicts itself in a source."""
    for rule in _RULES:
        with suppress(Unread):
            rule(source)


def _engine_belongs_to_sql(source: Fields) -> None:
    kind = source[s.SOURCE_KIND]
    if kind == "sql" and source[s.ENGINE] is None:
        source.at(s.ENGINE).report("is missing; kind sql needs it: engine: postgresql")
    if kind != "sql" and source.wrote(s.ENGINE):
        source.at(s.ENGINE).report(f"does not go with kind {kind}; remove it, or write kind: sql")


def _address_belongs_to_identity(source: Fields) -> None:
    given = source[s.CONNECTION] == MANAGED_IDENTITY and source[s.SOURCE_KIND] == "sql"
    for key in (s.SERVER, s.DATABASE):
        if given and source[key] is None:
            source.at(key).report(
                f"is missing; connection: {MANAGED_IDENTITY} names no server and no database"
            )
        if not given and source.wrote(key):
            source.at(key).report(
                f"goes with kind sql and connection: {MANAGED_IDENTITY} only; "
                "it is part of the connection string"
            )


def _identity_fits_engine(source: Fields) -> None:
    given = source[s.CONNECTION] == MANAGED_IDENTITY and source[s.SOURCE_KIND] == "sql"
    if given and source[s.ENGINE] not in (None, "sqlserver"):
        source.at(s.CONNECTION).report(
            f"is for engine sqlserver; for {source[s.ENGINE]} write ${{ITS_NAME}} of a setting"
        )


def _isolation_fits_kind(source: Fields) -> None:
    kind = source[s.SOURCE_KIND]
    if kind != "sql" and source.wrote(s.ISOLATION):
        source.at(s.ISOLATION).report(f"does not go with kind {kind}; remove it")


def _place_fits_kind(source: Fields) -> None:
    """Files lie in the lake of Tidemark itself, and a REST interface has an address: only sql is connected to."""
    kind = source[s.SOURCE_KIND]
    if kind == "sql" and not source.wrote(s.CONNECTION):
        source.at(s.CONNECTION).report("is missing; write connection: ${CRM_DB}")
    if kind != "sql" and source.wrote(s.CONNECTION):
        instead = "location" if kind == "files" else "base_url and auth"
        source.at(s.CONNECTION).report(f"does not go with kind {kind}; write {instead} instead")
    if kind == "files" and not source.wrote(LOCATION):
        source.at(LOCATION).report("is missing; kind files needs it: location: landing/crm")
    if kind != "files" and source.wrote(LOCATION):
        source.at(LOCATION).report(f"does not go with kind {kind}; remove it")


_RULES: tuple[Callable[[Fields], None], ...] = (
    _engine_belongs_to_sql,
    _address_belongs_to_identity,
    _identity_fits_engine,
    _isolation_fits_kind,
    _place_fits_kind,
    check_rest_source,
)

"""Chooses to whom lineage is told, by the setting `TIDEMARK_OPENLINEAGE`, and names sources as OpenLineage does."""

# What is imported late takes long to load, and few need it.
# ruff: noqa: PLC0415

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.catalog import SourceSpec
from shared.landing.lake import Lake
from shared.loading.errors import CredentialRejected
from shared.runtime.engines import find_address
from shared.runtime.settings import (
    LINEAGE,
    LINEAGE_KEY,
    LINEAGE_NAMESPACE,
    SettingsIncomplete,
)
from shared.telemetry.lineage import Lineage
from shared.telemetry.telemetry import Telemetry

_FILE = "file:"
# As OpenLineage's naming has them: https://openlineage.io/docs/spec/naming.
_SCHEMES = {
    "postgresql": ("postgres", 5432),
    "sqlserver": ("mssql", 1433),
    "mariadb": ("mysql", 3306),
    "mysql": ("mysql", 3306),
}
_PART = re.compile(r"\s*(server|host|port|database)\s*=\s*(\{[^}]*\}|[^;]*)", re.IGNORECASE)


def lineage_of(environ: Mapping[str, str], lake: Lake, telemetry: Telemetry) -> Lineage | None:
    """Open the way that the setting names: an http(s) address or `file:PATH`; None where it is not set.

    Raises:
        SettingsIncomplete: it is neither.
    """
    chosen = environ.get(LINEAGE)
    if not chosen:
        return None
    from shared.adapters.openlineage.delivery import FileEndpoint, HttpEndpoint, LineageDelivery
    from shared.adapters.openlineage.events import encode

    if chosen.startswith(_FILE):
        endpoint = FileEndpoint(path=Path(chosen.removeprefix(_FILE)))
    elif chosen.startswith(("https://", "http://")):
        endpoint = HttpEndpoint(url=chosen, key=environ.get(LINEAGE_KEY) or None)
    else:
        raise SettingsIncomplete(f"{LINEAGE} has to be an http(s) address or file:PATH")
    namespace = environ.get(LINEAGE_NAMESPACE) or "tidemark"
    return LineageDelivery(
        endpoint=endpoint,
        encode=lambda event: encode(event, namespace),
        lake=lake,
        telemetry=telemetry,
    )


def place_of(source: SourceSpec, table: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Give namespace and name of a source's table, of its address host, port and database alone.

    Where these are not known, the namespace is the source's name in the table files.
    """
    scheme, usual = _SCHEMES.get(source.engine or "", ("", 0))
    parts = _parts(source, environ) if scheme else {}
    host, _, behind = parts.get("server", "").removeprefix("tcp:").partition(",")
    if not host:
        return f"tidemark://{source.name}", table
    port = parts.get("port") or behind.strip() or str(usual)
    schema = table if scheme != "mysql" else table.rpartition(".")[2]
    database = parts.get("database", "")
    return f"{scheme}://{host}:{port}", f"{database}.{schema}" if database else schema


def _parts(source: SourceSpec, environ: Mapping[str, str]) -> dict[str, str]:
    """Give server, port and database of a source's address."""
    try:
        address = find_address(source, environ)
    except CredentialRejected:
        return {}
    if "://" in address:
        found = urlsplit(address)
        port = str(found.port) if found.port else ""
        database = unquote(found.path.lstrip("/"))
        return {"server": found.hostname or "", "port": port, "database": database}
    parts = {name.lower(): value.strip("{} ") for name, value in _PART.findall(address)}
    return {**parts, "server": parts.get("server") or parts.get("host", "")}

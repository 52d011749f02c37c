"""Puts the parts together: the only place that says which adapter is real."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import ResourceExistsError

from shared.adapters.azure.arrivals import AzureArrivals
from shared.adapters.azure.audit import AzureAuditLog
from shared.adapters.azure.boards import AzureBoards, AzureFreshness
from shared.adapters.azure.clients import lake_service, table_service
from shared.adapters.azure.dead_letters import AzureDeadLetters
from shared.adapters.azure.entities import Entities, answering
from shared.adapters.azure.lake import AzureLake
from shared.adapters.azure.ledger import AzureLedger, LedgerTables
from shared.adapters.azure.refreshes import AzureRefreshLedger
from shared.adapters.azure.releases import AzureReleaseRequests
from shared.adapters.azure.seen_events import AzureSeenEvents
from shared.adapters.azure.slots import AzureConnectionSlots
from shared.adapters.azure.table_states import AzureTableStates
from shared.adapters.azure.zone import AzureLandingZone
from shared.lakehouse.workspace import Workspace
from shared.landing.memory import give_back_memory
from shared.loading.errors import Failure
from shared.operations.dead_letters import LetterDesk, LetterKind
from shared.operations.inbox import KnownEvents
from shared.runtime.channels import open_channels
from shared.runtime.lineage import lineage_of
from shared.runtime.quiet import know_secrets
from shared.runtime.settings import Settings
from shared.runtime.tables import CatalogReader
from shared.runtime.telling import telemetry_of
from shared.runtime.wiring import STATE_TABLES, App, EngineSources
from shared.telemetry.measures import DEAD_LETTERS, ERROR, KIND
from shared.telemetry.telemetry import Telemetry


def build(settings: Settings, environ: Mapping[str, str]) -> App:
    """Build the app on Azure's services, or on what stands in for them under the same SDKs."""
    give_back_memory()
    know_secrets(environ)
    service = lake_service(settings.lake_url, settings.lake_key or _managed_identity())
    lake = AzureLake(service)
    tables = _tables(settings)
    slots = AzureConnectionSlots(tables["slots"])
    states = AzureTableStates(tables["states"])
    telemetry = telemetry_of(environ)
    return App(
        settings=settings,
        catalog_reader=CatalogReader(settings.tables, lake),
        lake=lake,
        states=states,
        ledger=AzureLedger(
            LedgerTables(orders=tables["orders"], runs=tables["runs"], windows=tables["windows"])
        ),
        sources=EngineSources(slots=slots, environ=environ),
        boards=AzureBoards(tables["incidents"]),
        freshness=AzureFreshness(tables["incidents"]),
        channels=open_channels(settings.alerts, _utc_now, _managed_identity),
        now=_utc_now,
        publications=states,
        refreshes=AzureRefreshLedger(tables["orders"]),
        releases=AzureReleaseRequests(tables["orders"]),
        zone=AzureLandingZone(service.paths),
        arrivals=AzureArrivals(tables["arrivals"]),
        letters=LetterDesk(
            log=AzureDeadLetters(tables["letters"]), now=_utc_now, tell=partial(_count, telemetry)
        ),
        seen=AzureSeenEvents(tables["events"]),
        known_events=KnownEvents(),
        audit=AzureAuditLog(tables["audit"]),
        workspace=_workspace(settings),
        telemetry=telemetry,
        lineage=lineage_of(environ, lake, telemetry),
    )


def _count(telemetry: Telemetry, kind: LetterKind, failure: Failure) -> None:
    telemetry.measure(DEAD_LETTERS, 1, {KIND: kind, ERROR: failure.type})


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _workspace(settings: Settings) -> Workspace | None:
    if settings.lakehouse_job is None:
        return None
    # Imported here: the SDK is slow to import, and not everybody has a lakehouse.
    from shared.adapters.databricks.workspace import DatabricksWorkspace  # noqa: PLC0415

    return DatabricksWorkspace(
        host=settings.databricks_host,
        token=settings.databricks_token,
        job_id=settings.lakehouse_job,
        identity=_managed_identity,
    )


def _tables(settings: Settings) -> dict[str, Entities]:
    """Open the tables of the state, making those that are missing."""
    account = settings.state_url.rstrip("/").rsplit("/", 1)[-1].split(".")[0]
    key = settings.state_key
    login = AzureNamedKeyCredential(account, key) if key else _managed_identity()
    service = table_service(settings.state_url, login)
    for name in STATE_TABLES.values():
        with suppress(ResourceExistsError), answering():
            service.create_table(name)
    return {part: Entities(service.get_table_client(n)) for part, n in STATE_TABLES.items()}


@cache
def _managed_identity() -> Any:
    # Imported here: not needed where keys are set.
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    return DefaultAzureCredential()

"""What activities and triggers work with: the parts, put together at their first use."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from secrets import token_hex
from typing import TYPE_CHECKING

from shared.alerting.alert import Channel
from shared.alerting.board import Boards
from shared.alerting.incident import Kind
from shared.catalog import (
    Catalog,
    CatalogInvalid,
    SourceSpec,
    TableSpec,
    UnknownTable,
)
from shared.extraction.source import Session
from shared.files.arrivals import Arrivals
from shared.files.zone import LandingZone
from shared.lakehouse.desk import RefreshDesk
from shared.lakehouse.errors import LakehouseUnset
from shared.lakehouse.records import RefreshLedger
from shared.lakehouse.releases import ReleaseRequests
from shared.lakehouse.workspace import Workspace
from shared.landing.lake import Lake
from shared.loading.errors import CatalogBroken, TableUnknown
from shared.loading.masks import MaskKey
from shared.loading.order import LoadCancelled, Mode, new_order_id
from shared.loading.plan import PlannedColumn
from shared.loading.published import Publications
from shared.loading.state import ConnectionSlots, NoSlots, TableStates
from shared.operations.alerts import AlertWriter
from shared.operations.audit import AuditLog
from shared.operations.dead_letters import LetterDesk
from shared.operations.freshness import Freshness
from shared.operations.inbox import Inbox, KnownEvents, SeenEvents
from shared.operations.ledger import Ledger
from shared.operations.ordering import OrderDesk
from shared.operations.telling import Teller
from shared.quality.contract import RuleJudge
from shared.runtime import engines
from shared.runtime.settings import Settings
from shared.runtime.tables import CatalogReader
from shared.telemetry.facts import asked_now
from shared.telemetry.telemetry import SILENT, Telemetry

if TYPE_CHECKING:
    from shared.files.planning import FilePlanner
    from shared.telemetry.lineage import Lineage

STATE_TABLES = {
    "states": "tidemarkstates",
    "orders": "tidemarkorders",
    "runs": "tidemarkruns",
    "windows": "tidemarkwindows",
    "slots": "tidemarkslots",
    "arrivals": "tidemarkarrivals",
    "letters": "tidemarkletters",
    "events": "tidemarkevents",
    "audit": "tidemarkaudit",
    "incidents": "tidemarkincidents",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSources:
    """Opens sessions by engine, within the source's connection slots. Implements `Sources`."""

    slots: ConnectionSlots
    environ: Mapping[str, str]

    @contextmanager
    def hold(self, source: SourceSpec) -> Generator[None]:
        """Take one of the source's connection slots, for a source that has no session."""
        with self.slots.hold(source.name, source.max_connections):
            yield

    @contextmanager
    def open(self, table: TableSpec, columns: Sequence[PlannedColumn] = ()) -> Generator[Session]:
        """Take one of the source's connection slots and connect.

        Raises:
            CredentialRejected: a setting that the table file names is missing.
        """
        source = table.source
        connection = engines.prepare(source, self.environ, columns)
        with self.slots.hold(source.name, source.max_connections), connection as session:
            yield session


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What activities and triggers work with. `now` gives the time in UTC."""

    settings: Settings
    catalog_reader: CatalogReader
    lake: Lake
    states: TableStates
    ledger: Ledger
    sources: EngineSources
    boards: Boards
    freshness: Freshness
    channels: tuple[Channel, ...]
    now: Callable[[], datetime]
    publications: Publications
    refreshes: RefreshLedger
    releases: ReleaseRequests
    zone: LandingZone
    arrivals: Arrivals
    letters: LetterDesk
    seen: SeenEvents
    known_events: KnownEvents
    audit: AuditLog
    workspace: Workspace | None = None
    telemetry: Telemetry = SILENT
    lineage: Lineage | None = None

    @property
    def refresh_desk(self) -> RefreshDesk:
        """Where hand-overs are made."""
        return RefreshDesk(
            lake=self.lake,
            publications=self.publications,
            turn=self.states.turn,
            refreshes=self.refreshes,
            releases=self.releases,
            now=self.now,
        )

    @property
    def teller(self) -> Teller:
        """Who tells of incidents."""
        alerts = self.settings.alerts
        return Teller(
            boards=self.boards,
            channels=self.channels,
            now=self.now,
            pause=alerts.pause,
            write=AlertWriter(base_url=self.settings.base_url, runbook=alerts.runbook),
            new_name=lambda: token_hex(12),
        )

    def lags(self) -> dict[str, int]:
        """Say how many seconds ago the last good load of each table had begun that was ever loaded."""
        now = self.now()
        return {
            name: int((now - datetime.fromisoformat(fresh.at)).total_seconds())
            for name, fresh in self.freshness.read().items()
            if fresh.loaded
        }

    def has_incidents(self, kind: Kind) -> bool:
        """Say whether any incident of a kind is open."""
        return any(each.last.kind == kind for each in self.boards.read().open)

    @property
    def job_workspace(self) -> Workspace:
        """The workspace of the lakehouse's job. Raises LakehouseUnset."""
        if self.workspace is None:
            raise LakehouseUnset("no job of the lakehouse is set")
        return self.workspace

    @property
    def file_planner(self) -> FilePlanner:
        """Plans runs of tables of files."""
        # Imported here: it looks into files, with Arrow.
        from shared.files.planning import FilePlanner  # noqa: PLC0415

        return FilePlanner(zone=self.zone, arrivals=self.arrivals)

    @property
    def rule_judge(self) -> RuleJudge:
        """Judges rows by the rules of their table."""
        # Imported here: the engine is large, and needed only where a table has rules.
        from shared.adapters.duckdb.judge import DuckRuleJudge  # noqa: PLC0415

        return DuckRuleJudge()

    @property
    def desk(self) -> OrderDesk:
        """Where orders are placed."""
        return OrderDesk(
            ledger=self.ledger,
            states=self.states,
            now=self.now,
            entropy=lambda: token_hex(3),
            asked=asked_now(),
        )

    @property
    def inbox(self) -> Inbox:
        """Where events are taken in."""
        return Inbox(
            seen=self.seen,
            desk=self.desk,
            known=self.known_events,
            new_batch=lambda: new_order_id(self.now(), token_hex(6)),
        )

    @property
    def glances(self) -> EngineSources:
        """The sources without their connection slots, for looks of some seconds that write nothing.

        To take a slot is to write. A look goes over `max_connections` by one connection at most.
        """
        return replace(self.sources, slots=NoSlots())

    def mask_key(self, table: TableSpec) -> MaskKey | None:
        """Give the key of a table's keyed hashes, None if it has none. Raises MaskKeyMissing."""
        return engines.find_mask_key(table, self.sources.environ)

    def check_wanted(self, run_id: str, attempt: int, mode: Mode) -> None:
        """Raise LoadCancelled if a run has been cancelled.

        A backfill is asked between its groups of windows only: one that is loaded is loaded whole.
        """
        if mode != "backfill" and self.ledger.is_cancelled(run_id, attempt):
            raise LoadCancelled(f"run {run_id} was cancelled")

    @property
    def catalog(self) -> Catalog:
        """The table files as they stand now. Raises CatalogBroken."""
        try:
            return self.catalog_reader.read()
        except CatalogInvalid as error:
            raise CatalogBroken("; ".join(str(problem) for problem in error.problems)) from error

    def find_specs(self) -> Mapping[str, TableSpec]:
        """Give the tables by name as the files stand now; none where these cannot be read."""
        try:
            return self.catalog.by_name
        except CatalogBroken:
            return {}

    def table(self, name: str) -> TableSpec:
        """Give a table's spec as it stands now. Raises CatalogBroken, TableUnknown."""
        try:
            return self.catalog.table(name)
        except UnknownTable as error:
            raise TableUnknown(str(error)) from error


def build(settings: Settings, environ: Mapping[str, str]) -> App:
    """Build the app on Azure's services, or on what stands in for them under the same SDKs."""
    # Imported here: the SDKs take longer to load than the rest of a worker that has just begun.
    from shared.runtime import building  # noqa: PLC0415

    return building.build(settings, environ)


@cache
def app() -> App:
    """Give the app of this process, built at its first use."""
    return build(Settings.from_env(os.environ), os.environ)

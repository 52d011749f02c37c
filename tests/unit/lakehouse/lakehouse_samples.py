"""Refreshes in memory, a workspace in memory, and short ways to write runs and tables down."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.lakehouse.errors import JobRefused, JobRunUnknown, RefreshUnknown
from shared.lakehouse.records import RefreshRecord
from shared.lakehouse.releases import Release
from shared.lakehouse.workspace import JobRun
from shared.loading.published import PublishedRun

SOURCE = SourceSpec(name="crm", kind="sql", engine="sqlserver", connection="${CRM_DB}")
AT = "2026-01-01T00:00:00.000000Z"


def spec(table: str, key: tuple[str, ...] = ("id",)) -> TableSpec:
    """A table of the source `crm`, by its short name."""
    return TableSpec(
        source=SOURCE,
        table=f"dbo.{table}",
        key=key,
        cursor=CursorSpec(kind="rowversion", column="rv"),
        target=f"bronze/crm/dbo.{table}",
    )


def run(table: str, run_no: int, mode: str = "incremental") -> PublishedRun:
    """A published run."""
    name = f"r{run_no}.crm.dbo.{table}"
    return PublishedRun(
        run_id=name,
        run_no=run_no,
        mode=mode,  # type: ignore[arg-type] - one of the modes
        folder=f"bronze/crm/dbo.{table}/run_id={name}",
    )


@dataclass
class MemoryRefreshes:
    """Implements `shared.lakehouse.records.RefreshLedger`."""

    records: dict[int, RefreshRecord] = field(default_factory=dict)

    def refresh(self, number: int) -> RefreshRecord | None:
        return self.records.get(number)

    def refreshes(self, most: int, *, below: int | None = None) -> tuple[RefreshRecord, ...]:
        numbers = [n for n in sorted(self.records, reverse=True) if below is None or n < below]
        return tuple(self.records[n] for n in numbers[:most])

    def change_refresh(
        self,
        number: int,
        step: Callable[[RefreshRecord], RefreshRecord],
        fresh: RefreshRecord | None = None,
    ) -> RefreshRecord:
        known = self.records.get(number, fresh)
        if known is None:
            raise RefreshUnknown(str(number))
        self.records[number] = step(known)
        return self.records[number]


@dataclass
class MemoryReleases:
    """Implements `shared.lakehouse.releases.ReleaseRequests`."""

    waiting: dict[str, Release] = field(default_factory=dict)

    def ask(self, releases: Sequence[Release]) -> None:
        self.waiting |= {each.id: each for each in releases}

    def asked(self) -> tuple[Release, ...]:
        return tuple(self.waiting.values())

    def settle(self, releases: Iterable[Release]) -> None:
        for each in releases:
            self.waiting.pop(each.id, None)


@dataclass
class MemoryWorkspace:
    """Implements `shared.lakehouse.workspace.Workspace`; runs change only by hand."""

    runs: dict[int, JobRun] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    handed: dict[int, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    repairable: bool = True

    def start(self, parameters: dict[str, str], token: str) -> int:
        run_id = self.tokens.setdefault(token, len(self.tokens) + 1)
        self.handed[run_id] = parameters["handover"]
        self.runs.setdefault(run_id, JobRun(run_id=run_id, life="active"))
        return run_id

    def look(self, run_id: int) -> JobRun:
        if run_id not in self.runs:
            raise JobRunUnknown(str(run_id))
        return self.runs[run_id]

    def repair(self, run_id: int) -> None:
        self.asked.append(f"repair {run_id}")
        if not self.repairable or self.runs[run_id].life == "active":
            raise JobRefused("the run is active, or cannot be repaired")
        self.runs[run_id] = replace(self.runs[run_id], life="active", result=None, repairs=1)

    def cancel(self, run_id: int) -> None:
        self.asked.append(f"cancel {run_id}")

    def ping(self) -> None:
        return None

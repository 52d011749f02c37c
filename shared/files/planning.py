"""Plans a run of a table of files: look through the landing zone, choose versions, fix their columns, cut slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.catalog import TableSpec, parse_schedule
from shared.catalog.files_spec import FilesSpec
from shared.catalog.path_patterns import static_folder
from shared.catalog.schedule import next_after
from shared.extraction.changes import judge_drift
from shared.extraction.planning import PlanBasis
from shared.files.arrivals import Arrivals
from shared.files.columns import PLACE_NAMES, REST, own_columns, place_columns, planned
from shared.files.matching import location_of, matches
from shared.files.shapes import find_columns
from shared.files.typed import arrow_type
from shared.files.zone import LandingZone
from shared.loading.bound import NO_BOUND
from shared.loading.drift import check_drift
from shared.loading.errors import BadOrder, ColumnMissing
from shared.loading.order import Mode
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.span import Span
from shared.loading.versions import FileVersion

# A run takes so many versions; what is left is for the next one, which is asked for.
MOST_VERSIONS = 5_000
# Small files are read together up to so many bytes, so that an activity is worth its while.
SLICE_BYTES = 128 * 1024 * 1024
_MODES: tuple[Mode, ...] = ("incremental", "initial")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFiles:
    """A plan of files. `left` says that versions wait that it does not take."""

    plan: LoadPlan
    left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlanner:
    """Plans runs of tables of files. Tells of versions that no event told of; writes nothing else."""

    zone: LandingZone
    arrivals: Arrivals

    def plan(self, basis: PlanBasis) -> PlannedFiles:
        """Plan one run.

        Raises:
            BadOrder: files know no such order.
            SchemaDrifted: the columns are not those of before, and that is not let through.
        """
        spec, order = basis.spec, basis.order
        files = _files_of(spec)
        if order.mode not in _MODES or order.after is not None:
            raise BadOrder(
                f"{spec.name} is made of files: order an incremental load, or an initial one "
                "that reads every file anew"
            )
        chosen = self._choose(basis, files)
        taken = chosen[:MOST_VERSIONS]
        columns, taken, findings = self._columns(basis, files, taken)
        left = len(taken) < len(chosen)
        drift = check_drift(
            spec, ordered=order.mode, mode=order.mode, last=basis.columns, now=columns
        )
        judged = judge_drift(drift, basis.set_aside)
        plan = LoadPlan(
            run_id=order.run_id,
            order_id=order.order_id,
            table=order.table,
            mode=order.mode,
            run_no=basis.run_no,
            spec=spec,
            cursor=None,
            watermark_before=None,
            bound=NO_BOUND,
            columns=columns,
            slices=tuple(group_files(taken)),
            overlap=None,
            planned_at=basis.planned_at,
            findings=judged.findings + findings,
            traceparent=order.traceparent,
        )
        return PlannedFiles(plan=plan, left=left)

    def _choose(self, basis: PlanBasis, files: FilesSpec) -> list[FileVersion]:
        """Give the versions to be read, the oldest first; one more than a run takes, if there are more."""
        spec = basis.spec
        if basis.order.mode == "initial":
            found = [
                each for each in self._listed(spec, files) if each.size or self._rests(spec, each)
            ]
            return sorted(found, key=_age)
        if self._is_due(basis):
            self._sweep(spec, files)
        waiting = self.arrivals.waiting(spec.name, MOST_VERSIONS + 1)
        return sorted((v for each in waiting for v in self._begun(spec, each)), key=_age)

    def _is_due(self, basis: PlanBasis) -> bool:
        """An event names its file; whoever else asks wants to know what there is."""
        if basis.order.reason != "event":
            return True
        swept = self.arrivals.swept(basis.spec.name)
        if swept is None:
            return True
        if basis.spec.schedule is None:
            return False
        due = next_after(parse_schedule(basis.spec.schedule), datetime.fromisoformat(swept))
        return due <= datetime.fromisoformat(basis.planned_at)

    def _sweep(self, spec: TableSpec, files: FilesSpec) -> None:
        """Tell of every version that lies there and that nobody told of."""
        clock = self.zone.clock()
        unseen = self.arrivals.unknown(spec.name, self._listed(spec, files))
        # One that was only just written may still be written to: the next sweep finds it again.
        settled = [each for each in unseen if clock - _moment(each) >= spec.settle]
        self.arrivals.tell(spec.name, settled)
        self.arrivals.sweep(spec.name, clock.isoformat())

    def _listed(self, spec: TableSpec, files: FilesSpec) -> Iterator[FileVersion]:
        location = location_of(spec)
        below = static_folder(files.path)
        for version in self.zone.list(f"{location}/{below}" if below else location):
            if matches(spec, version.path):
                yield version

    def _begun(self, spec: TableSpec, version: FileVersion) -> Iterator[FileVersion]:
        """Give the version, or what an empty one has become: it is told of before it is written to."""
        if version.size:
            yield version
            return
        now = self.zone.look(version.path)
        if now is not None and now.etag == version.etag:
            if self._rests(spec, now):
                yield version
            return
        self.arrivals.drop(spec.name, [version])
        if now is not None and self.arrivals.unknown(spec.name, [now]):
            self.arrivals.tell(spec.name, [now])
            yield now

    def _rests(self, spec: TableSpec, version: FileVersion) -> bool:
        return self.zone.clock() - _moment(version) >= spec.settle

    def _columns(
        self, basis: PlanBasis, files: FilesSpec, versions: Sequence[FileVersion]
    ) -> tuple[tuple[PlannedColumn, ...], Sequence[FileVersion], tuple[str, ...]]:
        """Give the columns of the run, and those of the versions that go with them."""
        spec = basis.spec
        excluded = spec.excluded([name for name, _ in files.columns])
        own = tuple(
            planned(name, declared, arrow_type(declared))
            for name, declared in files.columns
            if name not in excluded
        )
        findings: tuple[str, ...] = ()
        if not own:
            known = own_columns(basis.columns) if basis.order.mode == "incremental" else ()
            found = find_columns(self.zone, spec, files, known=known, versions=versions)
            own, versions, findings = found.columns, found.versions, found.findings
        if files.format in ("json", "ndjson"):
            own = (*own, planned(REST, "text", arrow_type("text")))
        columns = (*own, *place_columns())
        if versions:
            _check_needed(spec, columns)
        return columns, versions, findings


def group_files(versions: Sequence[FileVersion]) -> Iterator[Slice]:
    """Put small files together and leave large ones alone, in the order given."""
    group: list[FileVersion] = []
    number = size = 0
    for version in versions:
        if group and size + version.size > SLICE_BYTES:
            yield Slice(number=number, span=Span(), files=tuple(group))
            group, size, number = [], 0, number + 1
        group.append(version)
        size += version.size
    if group:
        yield Slice(number=number, span=Span(), files=tuple(group))


def _files_of(spec: TableSpec) -> FilesSpec:
    if spec.files is None:
        raise BadOrder(f"{spec.name} is no table of files")
    return spec.files


def _check_needed(spec: TableSpec, columns: Sequence[PlannedColumn]) -> None:
    names = [column.name for column in columns]
    for name in spec.key:
        if name not in names and name not in PLACE_NAMES:
            raise ColumnMissing(
                f"the files of {spec.table} have no column {name}, which is of its key"
            )


def _moment(version: FileVersion) -> datetime:
    return datetime.fromisoformat(version.modified)


def _age(version: FileVersion) -> tuple[str, str, str]:
    return version.modified, version.sequencer, version.path

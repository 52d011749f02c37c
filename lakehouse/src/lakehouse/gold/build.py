"""Builds the tables of a model in their order, each as far as hand-overs have changed it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lakehouse.counting import counted
from lakehouse.delta import Lake
from lakehouse.gold.journal import is_journaled
from lakehouse.gold.lineage import Computed, write_lineage
from lakehouse.gold.model import Kind, Model, Table
from lakehouse.gold.parts import Ground, find_part
from lakehouse.gold.progress import Progress, fingerprints, read_progress, write_progress
from lakehouse.gold.writing import prepare_table, write_part
from lakehouse.handover import Handover
from lakehouse.tracing import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What came of one table: whether it was computed whole, and how many rows were written."""

    table: str
    whole: bool
    written: int


@dataclass(slots=True, kw_only=True)
class _Build:
    """One refresh of one model, and how far its tables are."""

    ground: Ground
    progress: dict[str, Progress] = field(default_factory=dict[str, Progress])
    partitions: dict[str, str] = field(default_factory=dict[str, str])
    """By which column each table was parted when it was built."""
    computed: list[Computed] = field(default_factory=list[Computed])
    uncounted: list[str] = field(default_factory=list[str])
    """Tables that have other rows now, in whose progress their number is yet to be set."""

    def through(self, table: Table) -> int | None:
        """Give the hand-over up to which a table may stay as it is; None: it is to be built whole.

        That is where it was never built as it is declared now, and where a table that it is made
        of was built whole since.
        """
        done = self.progress.get(table.name)
        if done is None:
            return None
        above = [each.dimension for each in table.relationships]
        for name in [*above, *(name for name in table.reads if "/" not in name)]:
            made_of = self.progress.get(name)
            if made_of is None or made_of.built > done.through:
                return None
            if made_of.built == self.ground.handover.number != done.built:
                return None
        return done.through

    def needed_since(self, table: Table) -> int | None:
        """Give the hand-over after which other tables need to know how a table changes; None: none does.

        One that is built whole does not ask; where all are, what is to come is needed.
        """
        if not is_journaled(self.ground.model, table):
            return None
        asking = [
            each.name
            for each in self.ground.model.tables
            if each.kind in (Kind.FACT, Kind.AGGREGATE) and each.name in self.progress
        ]
        passed = [self.progress[name].through for name in asking]
        return min(passed, default=self.ground.handover.number)


def build_gold(lake: Lake, model: Model, handover: Handover) -> tuple[Refreshed, ...]:
    """Bring every table of the model up to this hand-over. Repeated, it makes no commit.

    Raises:
        LakehouseError: see what it says; the tables above the one that failed are written.
    """
    build = _Build(ground=Ground(lake=lake, model=model, handover=handover))
    prints = _fingerprints(build.ground)
    for name, done in read_progress(lake, model).items():
        build.partitions[name] = done.partition
        if done.fingerprint == prints.get(name):
            build.progress[name] = done
    refreshed = tuple(_told(build, table, prints[table.name]) for table in model.tables)
    # Before the progress: what dies in between is computed again, and told of again.
    write_lineage(build.ground, build.computed)
    _count_rows(build)
    # Once for all: what dies before is gone through again, and differs in nothing that is done.
    write_progress(lake, model, build.progress)
    return refreshed


def _fingerprints(ground: Ground) -> dict[str, str]:
    """Give what each table is built by. One without silver is another once there is silver."""
    return {
        name: said if not table.silver or ground.has(table.silver) else f"{said} without silver"
        for name, said in fingerprints(ground.model).items()
        for table in [ground.model.table(name)]
    }


def _told(build: _Build, table: Table, fingerprint: str) -> Refreshed:
    handover = build.ground.handover
    said = {"table": build.ground.model.path(table), "handover": handover.number}
    with told("gold_table", handover.traceparent, said) as work:
        refreshed = _refresh(build, table, fingerprint)
        work.attributes["rows"] = refreshed.written
    return refreshed


def _refresh(build: _Build, table: Table, fingerprint: str) -> Refreshed:
    ground = build.ground
    parted = build.partitions.get(table.name, table.partition)
    empty = prepare_table(ground.lake, ground.model, table, parted)
    if empty:
        build.progress.pop(table.name, None)
    through = build.through(table)
    part = find_part(ground, table, through)
    written = 0
    if part is not None:
        since, began = None if through is None else build.needed_since(table), _now()
        written = write_part(ground, table, part, empty=empty, needed_since=since)
        build.computed.append(Computed(table=table, written=written, began=began, ended=_now()))
    _keep_progress(build, table, fingerprint, whole=through is None, written=written)
    return Refreshed(table=table.name, whole=through is None, written=written)


def _keep_progress(
    build: _Build, table: Table, fingerprint: str, *, whole: bool, written: int
) -> None:
    ground = build.ground
    number, now = ground.handover.number, _now()
    done = build.progress.get(table.name)
    if written or done is None or whole:
        build.uncounted.append(table.name)
    if done is None or whole:
        done = Progress(
            through=number,
            built=number,
            fingerprint=fingerprint,
            rows=0,
            refreshed_at=now,
            partition=table.partition,
        )
    elif written or number > done.through:
        done = replace(done, through=max(number, done.through), refreshed_at=now)
    else:
        return
    build.progress[table.name] = done


def _count_rows(build: _Build) -> None:
    """Set how many rows the tables have that were written."""
    if build.uncounted:
        counts = counted(*map(build.ground.read, build.uncounted))
        for name, rows in zip(build.uncounted, counts, strict=True):
            build.progress[name] = replace(build.progress[name], rows=rows)


def _now() -> datetime:
    return datetime.now(UTC)

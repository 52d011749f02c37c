"""Which rows of a table a refresh computes anew, and which rows of the table they replace."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from lakehouse import parquet
from lakehouse.counting import is_empty
from lakehouse.delta import Lake
from lakehouse.errors import LakehouseError
from lakehouse.gold.aggregates import Refresh, affected_groups, aggregate, in_groups
from lakehouse.gold.dates import days
from lakehouse.gold.dimensions import changed_keys, members, unknown_member, versions
from lakehouse.gold.facts import affected_rows, facts
from lakehouse.gold.journal import Changes, Moved, differences_path, read_changes
from lakehouse.gold.model import Kind, Model, Table
from lakehouse.gold.rows import key_values, live, of_keys, touched, written_since
from lakehouse.handover import Handover, tables_of


class SilverMissing(LakehouseError):
    """Load the table and hand it over before an aggregate reads it, or correct its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows that a part of a table shall have, and those that it has now."""

    rows: DataFrame
    before: DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a refresh stands on."""

    lake: Lake
    model: Model
    handover: Handover
    journaled: dict[tuple[str, int], Changes | None] = field(
        default_factory=dict[tuple[str, int], Changes | None], compare=False
    )
    """What changed in tables that are brought up already, so that it is looked for once."""

    def changes(self, name: str, through: int) -> Changes | None:
        """Give how a gold table changed since a hand-over; ask when it is brought up to this one."""
        if (name, through) not in self.journaled:
            table, number = self.model.table(name), self.handover.number
            found = read_changes(self.lake, self.model, table, number, through)
            self.journaled[name, through] = found
        return self.journaled[name, through]

    def put_aside(
        self, name: str, rows: DataFrame, *, columns: Mapping[str, str] | None = None
    ) -> DataFrame:
        """Compute rows once, and give them as they lie until the next refresh; see `parquet.put_aside`."""
        place = differences_path(self.model, name)
        return parquet.put_aside(self.lake, place, rows, columns=columns)

    def read(self, name: str) -> DataFrame:
        """Give the rows of a gold table."""
        return self.lake.read(self.model.path(self.model.table(name)))

    def has(self, table: str) -> bool:
        """Tell whether there is silver of a table (`source/schema.table`)."""
        path = self._paths().get(table)
        return path is not None and self.lake.exists(path)

    def silver(self, table: str, *, history: bool = False) -> DataFrame:
        """Give the rows of a silver table, tombstones included, or of its history."""
        path = self._paths().get(table)
        if path is None:
            raise SilverMissing(f"{table} is not in hand-over {self.handover.number}")
        current, versions, _ = tables_of(path)
        return self.lake.read(versions if history else current)

    def silver_of(self, table: Table) -> DataFrame:
        """Give the silver rows that a gold table is made of: for versions the history."""
        return self.silver(table.silver, history=table.kind is Kind.SCD2)

    def _paths(self) -> Mapping[str, str]:
        return {each.table: each.silver for each in self.handover.tables}


def find_part(ground: Ground, table: Table, through: int | None) -> Part | None:
    """Give what may differ since the hand-over `through`: all where it is None, None where nothing may."""
    if table.kind is Kind.DATE:
        return _whole(ground, table, days(ground.lake.spark, table)) if through is None else None
    if table.kind is Kind.AGGREGATE:
        return _part_of_aggregate(ground, table, through)
    if table.kind is Kind.FACT:
        return _part_of_facts(ground, table, through)
    return _part_of_dimension(ground, table, through)


def _whole(ground: Ground, table: Table, rows: DataFrame) -> Part:
    return Part(rows=rows, before=ground.read(table.name))


def _part_of_dimension(ground: Ground, table: Table, through: int | None) -> Part | None:
    unknown = unknown_member(ground.lake.spark, table)
    if not ground.has(table.silver):
        return _whole(ground, table, unknown)
    make = versions if table.kind is Kind.SCD2 else members
    silver = ground.silver_of(table)
    if through is None:
        return _whole(ground, table, make(silver, table).unionByName(unknown))
    changed = touched(silver, ground.handover.number, through)
    if is_empty(changed):
        return None
    keys = changed_keys(changed, table)
    return Part(
        rows=make(of_keys(silver, keys, table, silver=silver.columns), table),
        before=of_keys(ground.read(table.name), keys, table),
    )


def _part_of_facts(ground: Ground, table: Table, through: int | None) -> Part | None:
    before = ground.read(table.name)
    if not ground.has(table.silver):
        return Part(rows=before.limit(0), before=before)
    silver = ground.silver_of(table)
    dimensions = {each.dimension: ground.read(each.dimension) for each in table.relationships}
    if through is None:
        return _whole(ground, table, facts(silver, table, ground.model, dimensions))
    own = touched(silver, ground.handover.number, through)
    changed = _changed_members(ground, table, through)
    if not changed and is_empty(own):
        return None
    rows = affected_rows(
        silver,
        written_since(ground.handover.number, through),
        table,
        ground.model,
        changed=changed,
        dimensions=dimensions,
        put_aside=lambda name, rows: ground.put_aside(f"{table.name}.{name}", rows),
    )
    keys = rows.select(*key_values(table))
    return Part(
        rows=facts(rows, table, ground.model, dimensions), before=of_keys(before, keys, table)
    )


def _changed_members(ground: Ground, table: Table, through: int) -> Mapping[str, Moved]:
    """Give the members that changed by dimension, without those dimensions where none did."""
    found: dict[str, Moved] = {}
    for name in {each.dimension for each in table.relationships}:
        # A calendar that is declared otherwise is built whole, and the facts with it.
        if ground.model.table(name).kind is not Kind.DATE:
            changes = ground.changes(name, through)
            if changes is not None and changes.moved is not None:
                found[name] = changes.moved
    return found


def _part_of_aggregate(ground: Ground, table: Table, through: int | None) -> Part | None:
    reads = {name: _read(ground, name) for name in table.reads}
    spark = ground.lake.spark
    if through is None:
        return _whole(ground, table, aggregate(spark, table, reads))
    changes = _changes(ground, table, through)
    silver_changed = any(_silver_changed(ground, name, through) for name in table.reads)
    if not changes and not silver_changed:
        return None
    groups = None
    if table.groups:
        keys = {name: ground.model.table(name).key for name in table.lookups}
        present = ground.read(table.name)
        part = Refresh(table=table, reads=reads, changes=changes, present=present, lookups=keys)
        groups = affected_groups(spark, part)
    if groups is None:
        return _whole(ground, table, aggregate(spark, table, reads))
    if not groups:
        return None
    return Part(
        rows=in_groups(aggregate(spark, table, reads), table, groups),
        before=in_groups(ground.read(table.name), table, groups),
    )


def _read(ground: Ground, name: str) -> DataFrame:
    if "/" in name:
        return live(ground.silver(name))
    return ground.read(name)


def _changes(ground: Ground, table: Table, through: int) -> Mapping[str, Changes]:
    found: dict[str, Changes] = {}
    for name in table.reads:
        if "/" not in name:
            changes = ground.changes(name, through)
            if changes is not None:
                found[name] = changes
    return found


def _silver_changed(ground: Ground, name: str, through: int) -> bool:
    if "/" not in name:
        return False
    rows = ground.silver(name)
    return not is_empty(touched(rows, ground.handover.number, through))

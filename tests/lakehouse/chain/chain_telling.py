"""Carries a story out, and looks at gold after every refresh."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from chain_oracle import Gold, current_of, expected
from chain_seen import Seen
from chain_source import ITEM, MAKER, STORE, TABLES, ChainSource, Row
from chain_stack import ChainStack
from chain_story import HOUR, Change, Load, Refresh, Round
from deltalake import DeltaTable
from mortal_lakes import MortalLake

from lakehouse.gold.build import build_gold
from lakehouse.gold.progress import forget_progress
from lakehouse.gold.reading import read_model
from lakehouse.handover import Handover
from lakehouse.silver.rebuilding import rebuild

MODEL = Path(__file__).parent / "model"


@dataclass
class Chain:
    """A story on its way from the source to gold, looked at after every refresh."""

    lake: MortalLake
    source: ChainSource = field(default_factory=ChainSource)
    handed: list[str] = field(default_factory=list)
    keys: dict[str, dict[tuple[Any, ...], int]] = field(default_factory=dict)
    last: Handover | None = None
    passed_over: bool = False
    rebuilds: bool = False
    """Whether silver and gold are made anew from bronze at the end."""

    def __post_init__(self) -> None:
        self.model = read_model(MODEL)
        self.stack = ChainStack(self.source, self.lake, self.model)
        self.seen = Seen(reads=self.source.reads, keys_only=self.stack.keys_only)

    def tell(self, story: Sequence[Round]) -> None:
        """Carry a story out; at its end gold says what the source does."""
        try:
            for each in story:
                for change in each.changes:
                    self._change(change)
                for load in each.loads:
                    self._load(load)
                if each.refresh is not None:
                    self._refresh(each.refresh)
            self._close()
        finally:
            self.stack.close()

    def _change(self, change: Change) -> None:
        source = self.source
        match change:
            case ("put", table, key, values):
                source.put(table, key, self._timed(values))
            case ("late", late, table, key, values):
                source.put(table, key, self._timed(values), late=late)
            case ("hide", table, key, values):
                source.hide(table, key, self._timed(values))
            case ("remove", table, key):
                source.remove(table, key)
            case ("commit", late):
                source.commit(late)
            case ("wait", hours):
                source.wait(hours * HOUR)
            case _:
                raise AssertionError(change)

    def _timed(self, values: Row) -> Row:
        return {
            name: self.source.now + value if isinstance(value, timedelta) else value
            for name, value in values.items()
        }

    def _load(self, load: Load) -> None:
        self.source.wait(timedelta(minutes=10))

        def meanwhile(activity: int) -> None:
            if load.during is not None and load.during[0] == activity:
                self._change(load.during[1])

        self.stack.load(load.table, load.mode, death=load.death, meanwhile=meanwhile)
        self.seen.look(self.stack.lake.files)

    def _refresh(self, refresh: Refresh) -> None:
        """Carry out what the desk says, and look at gold where it is done."""
        given = self.stack.hand_over()
        if given is None:
            return
        record, handover = given
        if self.last is None or handover.number != self.last.number:
            self.handed += [run.run_id for table in handover.tables for run in table.runs]
        self.last = handover
        before = refresh.silver_dies, refresh.gold_dies
        done = self.stack.refresh(handover, silver_dies=before[0], gold_dies=before[1])
        # Silver that died is never passed over: the desk hands its runs over again first.
        passed_over = not done and refresh.silver_dies is None and refresh.overtaken
        self.stack.end(record, succeeded=done or passed_over)
        self.passed_over = passed_over
        if done:
            self.check()
        elif refresh.again and not passed_over:
            self._refresh(Refresh())

    def check(self) -> None:
        """Compare gold with what the runs that were handed over have brought."""
        wanted, found = expected(self.seen.handed(self.handed)), self._gold()
        for table, rows in wanted.items():
            assert found[table] == _ordered(rows), table

    def _close(self) -> None:
        for late in list(self.source.open):
            self.source.commit(late)
        for name in TABLES:
            self._load(Load(table=name))
            self._load(Load(table=name, mode="reconcile"))
        # Twice, as one that died before is taken up as it was.
        self._refresh(Refresh())
        self._refresh(Refresh())
        if self.last is None:
            return
        if self.passed_over:
            build_gold(self.lake, self.model, self.last)
            self.check()
        assert sorted(self.handed) == sorted(self.seen.runs), "a run is handed over once"
        current = self._current()
        for table, rows in current_of(self.source.rows).items():
            assert current[table] == _ordered(rows), table
        if self.rebuilds:
            rebuild(self.lake, f"bronze/_handover/{self.last.number:08d}.json")
            forget_progress(self.lake, self.model)
            build_gold(self.lake, self.model, self.last)
            self.check()

    def _gold(self) -> Gold:
        """Read gold with another reader; the keys of versions are replaced by what they stand for."""
        makers, items, stores = (self._rows(f"dim_{name}") for name in (MAKER, ITEM, STORE))
        maker_of = self._named("dim_maker", "maker_sk", makers, ("maker_id", "valid_from"))
        item_of = self._named("dim_item", "item_sk", items, ("item_id", "valid_from"))
        store_of = self._named("dim_store", "store_sk", stores, ("store_id",))
        versions = ("valid_from", "valid_to", "is_current", "is_deleted")
        facts = [
            (
                *_of_row(row, "sale_id", "item_id", "sold_at", "amount"),
                item_of.get(row["item_sk"], "is not there"),
                maker_of.get(row["maker_sk"], "is not there"),
                store_of.get(row["store_sk"], "is not there"),
            )
            for row in self._rows("fact_sale")
        ]
        return {
            "dim_maker": _chosen(makers, "maker_sk", "maker_id", "country", *versions),
            "dim_item": _chosen(items, "item_sk", "item_id", "maker_id", "grade", *versions),
            "dim_store": _chosen(stores, "store_sk", "store_id", "town"),
            "fact_sale": _ordered(facts),
            **{
                table.name: _ordered(
                    [
                        _of_row(row, *(c.name for c in table.columns))
                        for row in self._rows(table.name)
                    ]
                )
                for table in self.model.tables
                if table.query
            },
        }

    def _current(self) -> Gold:
        makers, items = (
            [row for row in self._rows(f"dim_{name}") if row["is_current"]]
            for name in (MAKER, ITEM)
        )
        facts = self._rows("fact_sale")
        return {
            "dim_maker": _chosen(makers, "maker_sk", "maker_id", "country"),
            "dim_item": _chosen(items, "item_sk", "item_id", "maker_id", "grade"),
            "dim_store": _chosen(self._rows("dim_store"), "store_sk", "store_id", "town"),
            "fact_sale": _ordered(
                [_of_row(row, "sale_id", "item_id", "sold_at", "amount") for row in facts]
            ),
        }

    def _named(
        self, table: str, surrogate: str, rows: list[Row], names: Sequence[str]
    ) -> dict[int, Any]:
        """Give what each surrogate key stands for; it stands for that at all times."""
        named = {row[surrogate]: _of_row(row, *names) for row in rows}
        assert len(named) == len(rows), f"a key of {table} is there twice"
        assert -1 in named
        known = self.keys.setdefault(table, {})
        for key, stands_for in named.items():
            assert known.setdefault(stands_for, key) == key, "a version got another key"
        return {**named, -1: None}

    def _rows(self, table: str) -> list[Row]:
        place = f"{self.lake.root}/gold/{self.model.name}/{table}"
        found: pa.Table = pa.table(DeltaTable(place).to_pyarrow_table())
        return found.to_pylist()


def _chosen(rows: Sequence[Row], surrogate: str, *names: str) -> list[tuple[Any, ...]]:
    """Give columns of all but the unknown member."""
    return _ordered([_of_row(row, *names) for row in rows if row[surrogate] != -1])


def _of_row(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _ordered(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)

"""Stories of a source, its loads and its refreshes: drawn at random, or told by hand; and how they are carried out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from chain_oracle import Gold, Seen, current_of, expected
from chain_source import ITEM, MAKER, SALE, STORE, TABLES, ChainSource, Row
from chain_stack import ChainStack, Death, MortalLake
from deltalake import DeltaTable
from hypothesis import strategies as st

from lakehouse.gold.build import build_gold
from lakehouse.gold.progress import forget_progress
from lakehouse.gold.reading import read_model
from lakehouse.handover import Handover
from lakehouse.silver.rebuilding import rebuild

MODEL = Path(__file__).parent / "model"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# From now; None: NULL. The last is too far ahead to be believed.
TIMES = (None, 0 * HOUR, -HOUR, -5 * HOUR, -DAY, -40 * DAY, 10 * HOUR, 3 * DAY)
# Makers are known only from when they were read: many a sale has to be later.
SOLD = (None, 0 * HOUR, -HOUR, -DAY, 10 * HOUR, 10 * HOUR, 20 * HOUR, 3 * DAY)
KEYS = st.integers(1, 3)
LATE = st.integers(0, 1)

Change = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Load:
    """A load, when its worker dies, and what is changed before its activity of a number."""

    table: str
    mode: str = "incremental"
    death: Death | None = None
    during: tuple[int, Change] | None = None


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """A refresh, and after how many commits silver and gold die.

    One that died is repeated at once with `again`, else taken up by the next one. If gold died and
    is `overtaken`, it is taken for done, so that gold has to catch up with the next hand-over.
    """

    silver_dies: int | None = None
    gold_dies: int | None = None
    again: bool = False
    overtaken: bool = False


@dataclass(frozen=True, kw_only=True)
class Round:
    """Changes, then loads, then a refresh if there is one."""

    changes: Sequence[Change]
    loads: Sequence[Load]
    refresh: Refresh | None = Refresh()


def _values(table: str) -> st.SearchStrategy[Row]:
    """Draw the values of a row; times are those from now."""
    kinds: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        MAKER: {"country": st.sampled_from(["A", "B", None])},
        ITEM: {
            "maker_id": st.sampled_from([1, 1, 2, 3, None]),
            "grade": st.sampled_from(["x", "y", None]),
            "since": st.sampled_from(TIMES),
            "gone": st.sampled_from([False, False, None, True]),
        },
        STORE: {"town": st.sampled_from(["K", "L", None])},
        SALE: {
            "item_id": st.sampled_from([1, 2, 2, 3, None]),
            "store_id": st.integers(1, 3),
            "sold_at": st.sampled_from(SOLD),
            "amount": st.integers(1, 9),
        },
    }
    return st.fixed_dictionaries(kinds[table])


def _of(kind: str, *before: st.SearchStrategy[Any]) -> st.SearchStrategy[Change]:
    return st.sampled_from(list(TABLES)).flatmap(
        lambda name: st.tuples(st.just(kind), *before, st.just(name), KEYS, _values(name))
    )


CHANGES: st.SearchStrategy[Change] = st.one_of(
    _of("put"),
    _of("put"),
    _of("put"),
    _of("hide"),
    _of("late", LATE),
    st.tuples(st.just("remove"), st.sampled_from(list(TABLES)), KEYS),
    st.tuples(st.just("commit"), LATE),
    st.tuples(st.just("wait"), st.sampled_from([1, 30])),
)
DEATHS = st.builds(
    Death,
    activity=st.integers(1, 7),
    call=st.integers(1, 8),
    late=st.booleans(),
    left=st.booleans(),
)
MODES = st.sampled_from(["incremental"] * 4 + ["backfill", "reconcile", "compare keys"])


def _loads(table: str) -> st.SearchStrategy[Load]:
    return st.builds(
        Load,
        table=st.just(table),
        mode=MODES,
        death=st.none() | DEATHS,
        during=st.none() | st.tuples(st.integers(1, 6), CHANGES),
    )


LOADS = st.sampled_from(list(TABLES)).flatmap(_loads)
REFRESHES = st.none() | st.builds(
    Refresh,
    silver_dies=st.none() | st.integers(0, 14),
    gold_dies=st.none() | st.integers(0, 14),
    again=st.booleans(),
    overtaken=st.booleans(),
)


@st.composite
def _rounds(draw: st.DrawFn) -> Round:
    """Draw a round in which most tables are changed and loaded, some of them twice."""
    tables = draw(st.permutations(list(TABLES)))
    return Round(
        changes=draw(st.lists(CHANGES, min_size=4, max_size=10)),
        loads=[*(draw(_loads(name)) for name in tables[:3]), *draw(st.lists(LOADS, max_size=3))],
        refresh=draw(REFRESHES),
    )


@st.composite
def stories(draw: st.DrawFn, rounds: tuple[int, int]) -> list[Round]:
    """Draw a story that begins with something in every table, loaded or not."""
    first = [("put", name, draw(KEYS), draw(_values(name))) for name in TABLES for _ in range(3)]
    # An aggregate that reads silver itself wants the items to be there (`SilverMissing`).
    loads = [Load(table=ITEM), *draw(st.lists(LOADS, min_size=2, max_size=6))]
    begin = Round(changes=first, loads=loads, refresh=draw(REFRESHES))
    return [begin, *draw(st.lists(_rounds(), min_size=rounds[0], max_size=rounds[1]))]


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

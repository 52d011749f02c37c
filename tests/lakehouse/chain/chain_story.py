"""Stories of a source, its loads and its refreshes, drawn at random or told by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chain_source import ITEM, MAKER, SALE, STORE, TABLES, Row
from chain_stack import Death
from hypothesis import strategies as st

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
    gold_dies=st.none() | st.integers(0, 24),
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

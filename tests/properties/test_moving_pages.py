"""Whatever happens to other records while pages are read, a record that stays as it is is read.

Records are added, changed, moved and deleted at random between the requests, and the source sorts by any
function of a record's content. A read may give up with a typed error; it may not end without a record that
was there unchanged all the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from local.rest_api import Collection
from shared.adapters.rest.paging import PageAnswer, PageRequest
from shared.adapters.rest.walking import Walk
from shared.catalog.rest_spec import PagingSpec
from shared.loading.errors import PagesShifted
from tests.long_forms import LONG

EXAMPLES = 4_000 if LONG else 150
OFFSET = PagingSpec(kind="offset", param="o", size_param="n", size=4, shifts="overlap")
PAGE = PagingSpec(kind="page", param="p", size_param="n", size=20, shifts="overlap")
WAYS = {
    "offset": OFFSET,
    "offset of two": replace(OFFSET, size=2),
    "page": PAGE,
    "twice": replace(PAGE, shifts="twice"),
}
ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "by id": lambda r: r["id"],
    "newest first": lambda r: (-r["v"], r["id"]),
    "oldest first": lambda r: (r["v"], r["id"]),
    "by a hash": lambda r: (hash((r["id"], r["v"])), r["id"]),
}

ACTIONS = st.one_of(
    st.tuples(st.just("delete"), st.integers(0, 60), st.integers(1, 9)),
    st.tuples(st.just("change"), st.integers(0, 60), st.integers(1, 4)),
    st.tuples(st.just("add"), st.integers(0, 60), st.integers(1, 9)),
)
# What happens before which request; requests that are not here are left in peace.
SCHEDULES = st.dictionaries(st.integers(2, 30), st.lists(ACTIONS, max_size=3), max_size=8)


@dataclass
class MovingSource:
    """Answers requests, and lets things happen before them."""

    collection: Collection
    paging: PagingSpec
    schedule: dict[int, list[tuple[str, int, int]]]
    requests: int = 0
    version: int = 100
    touched: set[int] = field(default_factory=set)

    def fetch(self, asked: PageRequest) -> PageAnswer:
        self.requests += 1
        for what, key, many in self.schedule.get(self.requests, ()):
            self._act(what, key, many)
        found = self.collection.list({})
        params = dict(asked.params)
        size = int(params["n"])
        start = int(params["o"]) if "o" in params else (int(params["p"]) - 1) * size
        return PageAnswer(document=None, records=found[start : start + size], url="u")

    def _act(self, what: str, key: int, many: int) -> None:
        keys = (
            range(key, key + many)
            if what != "add"
            else range(1000 * self.version, 1000 * self.version + many)
        )
        self.version += 1
        for each in keys:
            there = each in self.collection.records
            if what == "delete" and there:
                self.collection.delete(each)
            elif what == "add" or there:
                self.collection.put({"id": each, "v": self.version if what == "change" else key})
            self.touched.add(each)


@settings(max_examples=EXAMPLES)
@given(
    way=st.sampled_from(sorted(WAYS)),
    order=st.sampled_from(sorted(ORDERS)),
    records=st.integers(0, 60),
    schedule=SCHEDULES,
)
def test_a_record_that_stays_as_it_is_is_read(
    way: str, order: str, records: int, schedule: dict[int, list[tuple[str, int, int]]]
) -> None:
    held = Collection(order=ORDERS[order])
    held.put(*({"id": n, "v": n % 7} for n in range(records)))
    source = MovingSource(held, WAYS[way], schedule)
    walk = Walk(paging=source.paging, url="u", fetch=source.fetch, most_pages=100_000)
    read: list[tuple[int, int]] = []
    try:
        for page in walk.run():
            read += [(record["id"], record["v"]) for _, record in page.records]
    except PagesShifted:
        event("given up")
        return
    unchanged = {(n, n % 7) for n in range(records) if n not in source.touched}

    assert unchanged <= set(read)
    assert len(read) == len(set(read))
    if not schedule:
        assert len(read) == records

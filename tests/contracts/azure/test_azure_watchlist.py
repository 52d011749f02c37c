from collections.abc import Iterator
from itertools import combinations

import pytest
from azure_interleaving import SteppedEntities, play

from shared.adapters.azure.watchlist import Watchlist

# Store calls of one who opens and closes the row undisturbed, and of one who opens it.
FIRST, SECOND = 7, 4


def schedules() -> Iterator[str]:
    """Give every order in which the two may make their first steps."""
    for seconds in combinations(range(FIRST + SECOND), SECOND):
        yield "".join("1" if step in seconds else "0" for step in range(FIRST + SECOND))


def open_and_close(watchlist: Watchlist[str], me: str) -> None:
    """Take the row if nobody has it, and give it back."""
    watchlist.change(("p", "row"), "row", lambda owner: owner or me, fresh="")
    watchlist.change(("p", "row"), "row", lambda owner: "" if owner == me else owner, fresh="")


@pytest.mark.parametrize("loses", [False, True], ids=["answered", "answers-lost"])
def test_an_open_row_is_named_at_every_moment_whoever_comes_between_or_dies(loses: bool) -> None:
    for schedule in schedules():
        rows = SteppedEntities(loses=loses)
        watchlist = Watchlist(rows=rows, partition="open", kind=str, is_open=bool)
        works = [lambda me=me: open_and_close(watchlist, me) for me in ("a", "b")]
        for _ in play(works, schedule):
            row = rows.get("p", "row")
            if row is not None and row.body != b'""':
                assert watchlist.names() == ["row"], schedule


def test_the_name_of_a_closed_row_is_gone() -> None:
    rows = SteppedEntities(loses=False)
    watchlist = Watchlist(rows=rows, partition="open", kind=str, is_open=bool)
    watchlist.change(("p", "row"), "row", lambda _: "a", fresh="")
    assert watchlist.names() == ["row"]
    watchlist.change(("p", "row"), "row", lambda _: "b")
    watchlist.change(("p", "row"), "row", lambda _: "")
    assert watchlist.names() == []

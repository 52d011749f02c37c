from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import pytest
from azure_interleaving import SteppedEntities, play

from shared.adapters.azure.watchlist import Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """What two do at once to a row with an owner, and how many of their store calls to mix."""

    owner: str
    first: tuple[Callable[[str], str], ...]
    second: tuple[Callable[[str], str], ...]
    mixed: tuple[int, int]

    def schedules(self) -> Iterator[str]:
        """Give every order in which the two may make their first calls."""
        both = sum(self.mixed)
        for seconds in combinations(range(both), self.mixed[1]):
            yield "".join("1" if call in seconds else "0" for call in range(both))


def taken_by(me: str) -> Callable[[str], str]:
    return lambda owner: owner or me


def given_back_by(me: str) -> Callable[[str], str]:
    return lambda owner: "" if owner == me else owner


ENCOUNTERS = {
    "one takes what another gives back": Encounter(
        owner="",
        first=(taken_by("a"), given_back_by("a")),
        second=(taken_by("b"), given_back_by("b")),
        mixed=(7, 4),
    ),
    "two free what a third has left, one takes it": Encounter(
        owner="dead",
        first=(given_back_by("dead"),),
        second=(given_back_by("dead"), taken_by("b")),
        mixed=(5, 7),
    ),
}


def watching(rows: SteppedEntities) -> Watchlist[str]:
    return Watchlist(rows=rows, partition="open", kind=str, is_open=bool)


def change(rows: SteppedEntities, steps: Sequence[Callable[[str], str]]) -> None:
    for step in steps:
        watching(rows).change(("p", "row"), "row", step, fresh="")


@pytest.mark.parametrize("answers", [pytest.param("come", marks=pytest.mark.long), "are lost"])
@pytest.mark.parametrize("encounter", ENCOUNTERS.values(), ids=ENCOUNTERS)
def test_an_open_row_is_named_at_every_moment_whoever_comes_between_or_dies(
    encounter: Encounter, answers: str
) -> None:
    for schedule in encounter.schedules():
        rows = SteppedEntities(loses=answers == "are lost")
        change(rows, [taken_by(encounter.owner)])
        works = [partial(change, rows, steps) for steps in (encounter.first, encounter.second)]
        for _ in play(works, schedule):
            row = rows.get("p", "row")
            if row is not None and row.body != b'""':
                assert watching(rows).names() == ["row"], schedule


def test_the_name_of_a_closed_row_is_gone() -> None:
    rows = SteppedEntities(loses=False)
    change(rows, [taken_by("a")])
    assert watching(rows).names() == ["row"]
    change(rows, [lambda _: "b", lambda _: ""])
    assert watching(rows).names() == []

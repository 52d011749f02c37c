"""Dead letters in Table Storage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from azure_interleaving import SteppedEntities, play

from shared.adapters.azure.dead_letters import AzureDeadLetters
from shared.adapters.azure.entities import Entities
from shared.loading.errors import Failure
from shared.operations.dead_letters import DeadLetter, LetterDesk, LetterQuery, LetterUnknown
from shared.operations.pages import PageUnknown

FAILURE = Failure(type="EventAstray", message="no table", remedy="Add it.")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Desk:
    """A desk that writes a letter every second."""

    def __init__(self, rows: Entities, seconds: int = 0) -> None:
        self.log = AzureDeadLetters(rows)
        self._seconds = seconds
        self.desk = LetterDesk(log=self.log, now=self._now)

    def _now(self) -> datetime:
        self._seconds += 1
        return START + timedelta(seconds=self._seconds)

    def keep(self, name: str, kind: str = "event") -> DeadLetter:
        return self.desk.keep("file" if kind == "file" else "event", name, FAILURE, "{}")


@pytest.fixture
def letters(rows: Entities) -> Desk:
    return Desk(rows)


def test_a_letter_is_found_by_its_id(letters: Desk) -> None:
    kept = letters.keep("s#1")
    assert letters.log.letter(kept.id) == kept


def test_one_thing_has_one_letter(letters: Desk) -> None:
    first, again = letters.keep("s#1"), letters.keep("s#1")
    assert (again.id, again.times) == (first.id, 2)
    assert letters.log.letters(LetterQuery()).items == (again,)
    assert letters.keep("s#1", "file").id != first.id


@pytest.mark.parametrize("bad", ["", "x", "../a", "20260101T000000000Z-0123456789abcdef", "a'b"])
def test_an_id_that_is_none_is_unknown(letters: Desk, bad: str) -> None:
    assert letters.log.letter(bad) is None
    with pytest.raises(LetterUnknown):
        letters.log.change(bad, lambda letter: letter)


def test_letters_are_listed_newest_first_page_by_page(letters: Desk) -> None:
    kept = [letters.keep(f"s#{number}") for number in range(5)]
    found: list[DeadLetter] = []
    page = None
    while True:
        piece = letters.log.letters(LetterQuery(most=2, page=page))
        found += piece.items
        page = piece.next
        if page is None:
            break
    assert found == kept[::-1]


def test_a_list_may_be_of_one_kind_and_of_one_state(letters: Desk) -> None:
    event, file = letters.keep("a"), letters.keep("b", "file")
    letters.log.change(event.id, lambda letter: replace(letter, state="replayed"))
    assert letters.log.letters(LetterQuery(kind="file")).items == (file,)
    assert letters.log.letters(LetterQuery(state="dead")).items == (file,)


@pytest.mark.parametrize("token", ["x", "WyJhIl0", "WyJhJyBvciAxIl0"])
def test_a_page_that_is_none_is_refused(letters: Desk, token: str) -> None:
    with pytest.raises(PageUnknown):
        letters.log.letters(LetterQuery(page=token))


def test_a_death_whose_answer_is_lost_is_counted_once() -> None:
    rows = SteppedEntities(loses=True)
    desk = Desk(rows)
    for _ in range(2):
        kept = desk.keep("s#1")
    assert kept.times == 2


@pytest.mark.parametrize("loses", [False, True])
def test_two_deaths_at_once_are_one_letter_whoever_comes_between(*, loses: bool) -> None:
    def keep(rows: SteppedEntities, seconds: int) -> Callable[[], object]:
        return lambda: Desk(rows, seconds).keep("s#1")

    for schedule in ("0101010101", "0011001100", "0110100110", "0001110001"):
        rows = SteppedEntities(loses=loses)
        for _ in play([keep(rows, 1), keep(rows, 2)], schedule):
            pass
        [row] = rows.range("letters")
        # Where an answer is lost, a death may be counted twice, never not at all.
        times = msgspec.json.decode(row.body, type=DeadLetter).times
        assert times == 2 or (loses and times > 2), schedule

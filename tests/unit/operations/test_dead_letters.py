"""What cannot be taken up is kept, counted, and taken up again once."""

from datetime import timedelta

import pytest
from memory_letters import LetterRoom

from shared.loading.errors import CatalogBroken, Failure, IngestError, StateUnavailable
from shared.operations.dead_letters import (
    GIVEN_UP,
    DeadLetter,
    LetterBusy,
    LetterCut,
    LetterUnknown,
    whole,
)
from shared.operations.events import EventAstray
from shared.operations.redaction import LONGEST_BODY

FAILURE = EventAstray("there is no table shop/a.b").failure


@pytest.fixture
def room() -> LetterRoom:
    return LetterRoom()


def kept(room: LetterRoom, body: str = "{}") -> str:
    return room.desk.keep("event", "s#1", FAILURE, body).id


def nothing(_letter: DeadLetter) -> None:
    return None


def test_what_dies_again_is_the_same_letter_counted_once_more(room: LetterRoom) -> None:
    first = room.desk.keep("event", "s#1", FAILURE, "{}")
    again = room.desk.keep("event", "s#1", FAILURE, "{}")
    assert (again.id, again.times, again.first_at) == (first.id, 2, first.first_at)
    assert again.last_at > first.last_at


def test_a_letter_is_taken_up_once(room: LetterRoom) -> None:
    taken: list[str] = []
    letter_id = kept(room)
    for _ in range(2):
        letter = room.desk.replay(letter_id, lambda each: taken.append(each.body)).letter
        assert (letter.state, letter.replays) == ("replayed", 1)
    assert taken == ["{}"]


def test_a_letter_that_died_again_after_its_replay_is_taken_up_again(room: LetterRoom) -> None:
    letter_id = kept(room)
    room.desk.replay(letter_id, nothing)
    assert room.desk.keep("event", "s#1", FAILURE, "{}").state == "dead"
    assert room.desk.replay(letter_id, nothing).letter.replays == 2


def test_a_letter_that_dies_of_its_replay_stays_dead_with_its_new_error(room: LetterRoom) -> None:
    def die(_letter: DeadLetter) -> None:
        raise EventAstray("there is no table shop/c.d")

    letter_id = kept(room)
    with pytest.raises(EventAstray):
        room.desk.replay(letter_id, die)
    letter = room.log.by_id[letter_id]
    assert (letter.state, letter.times, letter.replays) == ("dead", 2, 0)
    assert "c.d" in letter.error.message


@pytest.mark.parametrize("error", [StateUnavailable("gone"), CatalogBroken("x.yml:1")])
def test_a_replay_that_could_not_be_tried_counts_for_nothing(
    room: LetterRoom, error: IngestError
) -> None:
    def fail(_letter: DeadLetter) -> None:
        raise error

    letter_id = kept(room)
    with pytest.raises(type(error)):
        room.desk.replay(letter_id, fail)
    letter = room.log.by_id[letter_id]
    assert (letter.state, letter.times, letter.error) == ("dead", 1, FAILURE)


def test_two_do_not_take_up_a_letter_at_once(room: LetterRoom) -> None:
    letter_id = kept(room)

    def meet(_letter: DeadLetter) -> None:
        with pytest.raises(LetterBusy):
            room.desk.replay(letter_id, nothing)

    assert room.desk.replay(letter_id, meet).letter.replays == 1


def test_a_replay_whose_worker_died_is_taken_over(room: LetterRoom) -> None:
    letter_id = kept(room)

    def outlive(_letter: DeadLetter) -> None:
        room.time += GIVEN_UP + timedelta(seconds=1)
        room.desk.replay(letter_id, nothing)

    assert room.desk.replay(letter_id, outlive).letter.replays == 1


def test_what_dies_while_it_is_replayed_is_dead(room: LetterRoom) -> None:
    letter_id = kept(room)

    def meet(_letter: DeadLetter) -> None:
        room.desk.keep("event", "s#1", FAILURE, "{}")

    assert room.desk.replay(letter_id, meet).letter.state == "dead"


def test_a_letter_that_is_not_there_is_unknown(room: LetterRoom) -> None:
    with pytest.raises(LetterUnknown):
        room.desk.replay("event-no", nothing)


def test_a_body_that_was_cut_is_not_taken_up(room: LetterRoom) -> None:
    letter_id = kept(room, "x" * (LONGEST_BODY + 1))

    def read(letter: DeadLetter) -> None:
        whole(letter)

    with pytest.raises(LetterCut):
        room.desk.replay(letter_id, read)
    assert room.log.by_id[letter_id].times == 1


def test_neither_body_nor_error_keeps_a_secret(room: LetterRoom) -> None:
    failure = Failure(type="X", message="no: https://a/b?sig=s3cret&x=1", remedy="")
    letter = room.desk.keep("event", "s#1", failure, '{"password": "s3cret"}')
    assert "s3cret" not in f"{letter.body}{letter.error.message}"

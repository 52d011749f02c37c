"""Dead letters: what came in and could not be taken up, kept with its error until it is replayed.

One letter stands for one thing, an event or a version of a file, however often it comes. To replay
it is to take it up again, as if it came now; what dies again is dead again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from shared.loading.errors import (
    BadOrder,
    CatalogBroken,
    ConflictError,
    Failure,
    IngestError,
    TransientError,
)
from shared.operations.ordering import Start
from shared.operations.pages import Page
from shared.operations.redaction import redact, redact_text

LetterKind = Literal["event", "file"]
LetterState = Literal["dead", "replaying", "replayed"]

# Whoever began a replay this long ago is dead: taking something up takes some seconds at most.
GIVEN_UP = timedelta(minutes=2)


class LetterUnknown(BadOrder):
    """List what there is with `GET /api/deadletters`."""


class LetterBusy(ConflictError):
    """Wait a moment: somebody else is replaying it just now."""


class LetterCut(ConflictError):
    """What was sent was too long to be kept whole. Let its source send it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What could not be taken up. Times are UTC, ISO 8601.

    `name` is what it is known by: an event's source and id, or a file's path and version. `times`
    counts how often it has died, `replays` how often it was taken up. `body` is what was sent, or
    what is needed to take it up again, without secrets; `cut` says that it is not whole.
    `replaying_since` is set while it is being taken up.
    """

    id: str
    kind: LetterKind
    name: str
    error: Failure
    body: str
    cut: bool = False
    state: LetterState = "dead"
    first_at: str
    last_at: str
    times: int = 1
    replays: int = 0
    replayed_at: str | None = None
    replaying_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQuery:
    """Which letters to list, the newest first. `most` is at least 1."""

    kind: LetterKind | None = None
    state: LetterState | None = None
    most: int = 100
    page: str | None = None


class DeadLetters(Protocol):
    """Raises StateUnavailable when the store does not answer. Every write may be repeated."""

    def keep(
        self,
        kind: LetterKind,
        name: str,
        at: datetime,
        step: Callable[[DeadLetter | None], DeadLetter],
    ) -> DeadLetter:
        """Apply a pure step to the letter of a thing by compare-and-set; None where there is none.

        `at` (UTC) is the time by which a new one is listed. The store names it: the step's `id` is
        put right.
        """
        ...

    def letter(self, letter_id: str) -> DeadLetter | None:
        """Give a letter, None if there is none."""
        ...

    def change(self, letter_id: str, step: Callable[[DeadLetter], DeadLetter]) -> DeadLetter:
        """Apply a pure step to a letter by compare-and-set. Raises LetterUnknown."""
        ...

    def letters(self, query: LetterQuery) -> Page[DeadLetter]:
        """List letters, newest first. Raises PageUnknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A letter after it was taken up, and what is to be started for it."""

    letter: DeadLetter
    start: Start | None = None


TakeUp = Callable[[DeadLetter], Start | None]


def _tell_nobody(_kind: LetterKind, _failure: Failure) -> None:
    """Whoever counts letters does so elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDesk:
    """Where letters are kept and taken up again. `now` gives UTC; `tell` is told of each that is kept."""

    log: DeadLetters
    now: Callable[[], datetime]
    tell: Callable[[LetterKind, Failure], None] = _tell_nobody

    def keep(self, kind: LetterKind, name: str, failure: Failure, body: bytes | str) -> DeadLetter:
        """Write down what could not be taken up; what has died before is counted once more."""
        at = self.now()
        self.tell(kind, failure)
        return self.log.keep(
            kind, name, at, lambda known: _died(known, kind, name, failure, body, at.isoformat())
        )

    def replay(self, letter_id: str, take_up: TakeUp) -> Replay:
        """Take a letter up again; one that was replayed and has not died since stays as it is.

        Raises:
            LetterUnknown: there is no such letter.
            LetterBusy: another is replaying it.
            IngestError: it died again, or could not be tried: it stays dead.
        """
        at = self.now().isoformat()
        begun = self.log.change(letter_id, lambda letter: _begin(letter, at))
        if begun.replaying_since != at:
            return Replay(letter=begun)
        try:
            start = take_up(begun)
        except IngestError as error:
            failure = _counted(error)
            self.log.change(letter_id, lambda letter: _failed(letter, failure, at))
            raise
        return Replay(
            letter=self.log.change(letter_id, lambda known: _done(known, at)), start=start
        )


def whole(letter: DeadLetter) -> str:
    """Give a letter's body. Raises LetterCut if it is not whole."""
    if letter.cut:
        raise LetterCut(f"the body of {letter.id} was cut")
    return letter.body


def _died(  # noqa: PLR0917 - a pure step, of what `keep` is given
    known: DeadLetter | None,
    kind: LetterKind,
    name: str,
    failure: Failure,
    body: bytes | str,
    at: str,
) -> DeadLetter:
    kept = redact(body)
    failure = replace(failure, message=redact_text(failure.message))
    if known is None:
        return DeadLetter(
            id="",
            kind=kind,
            name=name,
            error=failure,
            body=kept.text,
            cut=kept.cut,
            first_at=at,
            last_at=at,
        )
    if known.last_at == at:
        return known  # our own death, written before: its answer was lost on the way
    return replace(
        known,
        error=failure,
        body=kept.text,
        cut=kept.cut,
        state="dead",
        last_at=at,
        times=known.times + 1,
        replaying_since=None,
    )


def _begin(letter: DeadLetter, at: str) -> DeadLetter:
    """Begin to take a letter up. Raises LetterBusy."""
    if letter.state == "replayed":
        return letter
    since = letter.replaying_since
    if since is not None and since != at and not _is_given_up(since, at):
        raise LetterBusy(f"{letter.id} is being replayed")
    return replace(letter, state="replaying", replaying_since=at)


def _is_given_up(since: str, at: str) -> bool:
    return datetime.fromisoformat(at) - datetime.fromisoformat(since) > GIVEN_UP


def _counted(error: IngestError) -> Failure | None:
    """Give what a letter died of; None where it could not be tried, or may not be."""
    untried = isinstance(error, (TransientError, ConflictError, CatalogBroken))
    return None if untried else error.failure


def _failed(letter: DeadLetter, failure: Failure | None, at: str) -> DeadLetter:
    if letter.replaying_since != at:
        return letter
    dead = replace(letter, state="dead", replaying_since=None)
    if failure is None:
        return dead
    return replace(dead, error=failure, last_at=at, times=letter.times + 1)


def _done(letter: DeadLetter, at: str) -> DeadLetter:
    # It may have died again meanwhile, where it was sent once more: then it is dead.
    if letter.replaying_since != at:
        return letter
    return replace(
        letter,
        state="replayed",
        replaying_since=None,
        replayed_at=at,
        replays=letter.replays + 1,
    )

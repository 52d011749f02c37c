"""Dead letters in memory, and a desk whose clock is set."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.operations.dead_letters import (
    DeadLetter,
    LetterDesk,
    LetterKind,
    LetterQuery,
    LetterUnknown,
)
from shared.operations.pages import Page


@dataclass
class MemoryLetters:
    """Implements `shared.operations.dead_letters.DeadLetters`."""

    by_id: dict[str, DeadLetter] = field(default_factory=dict)

    def keep(
        self,
        kind: LetterKind,
        name: str,
        at: datetime,
        step: Callable[[DeadLetter | None], DeadLetter],
    ) -> DeadLetter:
        letter_id = f"{kind}-{name}"
        self.by_id[letter_id] = replace(step(self.by_id.get(letter_id)), id=letter_id)
        return self.by_id[letter_id]

    def letter(self, letter_id: str) -> DeadLetter | None:
        return self.by_id.get(letter_id)

    def change(self, letter_id: str, step: Callable[[DeadLetter], DeadLetter]) -> DeadLetter:
        if letter_id not in self.by_id:
            raise LetterUnknown(f"there is no dead letter {letter_id}")
        self.by_id[letter_id] = step(self.by_id[letter_id])
        return self.by_id[letter_id]

    def letters(self, query: LetterQuery) -> Page[DeadLetter]:
        return Page(items=tuple(self.by_id.values())[: query.most], next=None)


@dataclass
class LetterRoom:
    """A desk of dead letters."""

    log: MemoryLetters = field(default_factory=MemoryLetters)
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def desk(self) -> LetterDesk:
        return LetterDesk(log=self.log, now=self._now)

    def _now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

"""Waits for the end of an order by asking again and again, over a restart of the app too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from cli.answers import FINAL, Stated, read
from cli.errors import Unreachable

_GROWTH = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: the first and the longest pause between two questions, and how long the app may be away."""

    first: float = 0.2
    longest: float = 2.0
    away: float = 60.0

    def pauses(self) -> Iterator[float]:
        """Give the pauses one after the other, without end."""
        pause = self.first
        while True:
            yield pause
            pause = min(pause * _GROWTH, self.longest)


PATIENT = Pace()


def await_end(ask: Callable[[], Any], on_news: Callable[[Any], None], pace: Pace = PATIENT) -> Any:
    """Ask until what is answered has ended, telling every answer; give the last one.

    Raises:
        Unreachable: the app was away for longer than `pace.away`.
        Refused: the app does not accept the question.
    """
    heard_at = monotonic()
    for pause in pace.pauses():
        try:
            raw = ask()
        except Unreachable:
            if monotonic() - heard_at >= pace.away:
                raise
        else:
            heard_at = monotonic()
            on_news(raw)
            if read(raw, Stated).state in FINAL:
                return raw
        sleep(pause)
    raise AssertionError("pauses do not end")

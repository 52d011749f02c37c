"""Rows that broke a rule and are to be let through as they are: asked of the app, carried out by the lakehouse.

What is asked is written down, and the next hand-over names it. So it has its place between the runs,
is in the hand-over's text, and is done by the one writer of silver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The rows of one key, as texts by column, or of a whole table where `key` is empty.

    Of one table, those that wait in quarantine when it is carried out. `asked_at` is UTC, ISO 8601.
    The fields are those of the JSON.
    """

    id: str
    table: str
    key: Mapping[str, str]
    asked_at: str


class ReleaseRequests(Protocol):
    """What was asked and is not handed over yet. Raises StateUnavailable. Every write may be repeated."""

    def ask(self, releases: Sequence[Release]) -> None:
        """Write releases down; one that has its id already is not doubled."""
        ...

    def asked(self) -> tuple[Release, ...]:
        """Give all that are to be handed over, oldest first, and perhaps some that were."""
        ...

    def settle(self, releases: Iterable[Release]) -> None:
        """Take releases off the list that a hand-over names, or that can find nothing."""
        ...

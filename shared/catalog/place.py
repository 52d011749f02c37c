"""Where a value stands in a table file, so that every complaint names its line and its field."""

from dataclasses import dataclass, replace

from shared.catalog.problem import Problem


class Unread(Exception):
    """A value is needed that could not be read; the problem with it is reported already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One value's place in one file; `problems` collects what is wrong with the whole catalogue.

    `lines` remembers where each field of the file was seen, so that a later rule finds it again.
    """

    file: str
    line: int
    field: str
    problems: list[Problem]
    lines: dict[str, int]

    def key(self, name: str, line: int | None = None) -> "Place":
        """Give the place of a key of this mapping; without a line, where it was seen."""
        return self._below(f"{self.field}.{name}" if self.field else name, line)

    def item(self, number: int, line: int | None = None) -> "Place":
        """Give the place of an item of this list, counted from 0; without a line, as `key` does."""
        return self._below(f"{self.field}[{number}]", line)

    def report(self, message: str) -> None:
        """Say what is wrong here and what to write instead."""
        self.problems.append(
            Problem(file=self.file, line=self.line, field=self.field, message=message)
        )

    def refusal(self, message: str) -> Unread:
        """Report, and give what is then to be raised: the value stays unread."""
        self.report(message)
        return Unread(message)

    def on(self, line: int) -> "Place":
        """Give the same place on another line."""
        return replace(self, line=line)

    def _below(self, field: str, line: int | None) -> "Place":
        if line is None:
            line = self.lines.get(field, self.line)
        self.lines[field] = line
        return Place(
            file=self.file, line=line, field=field, problems=self.problems, lines=self.lines
        )

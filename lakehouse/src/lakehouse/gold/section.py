"""One mapping of a declaration, read key by key, with the place that an error names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn, TypeVar, cast

from lakehouse.errors import LakehouseError

T = TypeVar("T")


class ModelInvalid(LakehouseError):
    """Repair the declaration at the place that the message names; nothing was built."""


@dataclass(slots=True, kw_only=True)
class Section:
    """A mapping at a place. Every key that is read is remembered, so that `close` finds the rest."""

    file: Path
    path: str
    values: Mapping[str, object]
    _read: set[str] = field(default_factory=set[str])

    def fail(self, message: str, key: str = "") -> NoReturn:
        """Raise ModelInvalid with file and place."""
        place = ".".join(part for part in (self.path, key) if part) or "the file"
        raise ModelInvalid(f"{self.file}: {place}: {message}")

    def text(self, key: str, default: str | None = None) -> str:
        """Give a text; without a default it must be there and not empty."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.fail("must be a text", key)
        return value.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """Give true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fail("must be true or false", key)
        return value

    def number(self, key: str, default: int) -> int:
        """Give a whole number above zero."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.fail("must be a whole number above zero", key)
        return value

    def day(self, key: str, *, needed: bool) -> date | None:
        """Give a day of the calendar."""
        value = self._take(key)
        if value is None and not needed:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail("must be a day, as 2026-01-31", key)
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """Give a list of texts, empty where the key is missing."""
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fail("must be a list of names", key)
        items = cast("list[object]", value)
        texts = tuple(item for item in items if isinstance(item, str) and item.strip())
        if len(texts) != len(items):
            self.fail("must be a list of names", key)
        if len(set(texts)) != len(texts):
            self.fail("names the same twice", key)
        return texts

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Give a mapping of texts to texts in its order, empty where the key is missing."""
        section = self.section(key)
        return tuple((name, section.text(name)) for name in section.values)

    def section(self, key: str) -> "Section":
        """Give a mapping, empty where the key is missing."""
        return self._section(self._take(key), key)

    def each(self, key: str, read: Callable[["Section"], T]) -> tuple[T, ...]:
        """Read every mapping of a list, and refuse what was not read of it."""
        return tuple(read(section) for section in self._sections(key))

    def close(self) -> None:
        """Refuse keys that nobody read. Raises ModelInvalid."""
        for key in self.values:
            if key not in self._read:
                self.fail(f"is no key here; there are {', '.join(sorted(self._read))}", str(key))

    def _sections(self, key: str) -> Iterator["Section"]:
        value = self._take(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.fail("must be a list", key)
        for number, item in enumerate(cast("list[object]", value)):
            yield self._section(item, f"{key}[{number}]")

    def _section(self, value: object, key: str) -> "Section":
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.fail("must be a mapping", key)
        values = cast("dict[object, object]", value)
        if not all(isinstance(name, str) for name in values):
            self.fail("has a key that is not a text", key)
        place = ".".join(part for part in (self.path, key) if part)
        return Section(file=self.file, path=place, values=cast("dict[str, object]", values))

    def _take(self, key: str) -> object:
        self._read.add(key)
        return self.values.get(key)

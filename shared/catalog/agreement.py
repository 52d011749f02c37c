"""What has to hold between tables and between files: names, targets and the order of loads."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

from shared.catalog import grammar as g
from shared.catalog import source_grammar as s
from shared.catalog.files_grammar import FILES, LOCATION, PATH, Claimed, check_overlaps
from shared.catalog.ordering import find_cycles
from shared.catalog.place import Place, Unread
from shared.catalog.section import Fields
from shared.catalog.target import default_target, folders_above

_MOST_GUESSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A table as written, beside its source as written."""

    source: Fields
    table: Fields

    @property
    def name(self) -> str:
        """The full name. Raises Unread."""
        return f"{self.source[s.NAME]}/{self.table[g.TABLE]}"

    @property
    def target(self) -> str:
        """Where it lands, the default applied. Raises Unread."""
        written = self.table[g.TARGET]
        return written or default_target(self.source[s.NAME], self.table[g.TABLE])

    @property
    def loads_after(self) -> tuple[str, ...]:
        """Full names of the tables before it. Raises Unread."""
        return tuple(self.full_name(text) for text in self.table[g.LOADS_AFTER])

    def full_name(self, text: str) -> str:
        """Give the full name for one of this source or for one that is full already."""
        return text if "/" in text else f"{self.source[s.NAME]}/{text}"


def check_sources(sources: Sequence[Fields]) -> None:
    """Report a source that two files describe."""
    first: dict[str, Place] = {}
    for source in sources:
        with suppress(Unread):
            at = source.at(s.NAME)
            seen = first.setdefault(source[s.NAME], at)
            if seen is not at:
                at.report(
                    f'"{source[s.NAME]}" is the source of {_point(seen)} already; '
                    "move the tables there, or rename it"
                )


def check_tables(entries: Sequence[Entry], *, complete: bool) -> None:
    """Report tables listed twice, targets in each other's way, and impossible orders of loads.

    `complete` says that every table's name could be read; if not, none is said to be missing.
    """
    named = _check_names(entries)
    _check_targets(named)
    check_overlaps(list(_claims(named)))
    if complete:
        _check_earlier(named)
    _check_cycles(named)


def _check_names(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Give the entries by name, without those that repeat one."""
    named: dict[str, Entry] = {}
    for entry in entries:
        with suppress(Unread):
            first = named.setdefault(entry.name, entry)
            if first is not entry:
                at = entry.table.at(g.TABLE)
                at.report(f"is listed in {_point(first.table.place)} already; keep one of the two")
    return named


def _check_targets(named: Mapping[str, Entry]) -> None:
    owners: dict[str, tuple[str, Entry]] = {}
    for name, entry in named.items():
        with suppress(Unread):
            owner, other = owners.setdefault(entry.target, (name, entry))
            if other is not entry:
                _report_target(entry, f"is also the target of {owner}", other)
    for target, (_, entry) in owners.items():
        for folder in folders_above(target):
            if folder in owners:
                owner, other = owners[folder]
                _report_target(entry, f"lies inside {folder}, the target of {owner}", other)


def _claims(named: Mapping[str, Entry]) -> Iterator[Claimed]:
    """Give the files that each table of files claims."""
    for name, entry in named.items():
        with suppress(Unread):
            files, location = entry.table[FILES], entry.source[LOCATION]
            if files is not None and location is not None:
                yield Claimed(table=name, location=location, pattern=files[PATH], at=files.at(PATH))


def _report_target(entry: Entry, fault: str, other: Entry) -> None:
    entry.table.at(g.TARGET).report(
        f"{entry.target} {fault} ({_point(other.table.at(g.TARGET))}); write a target of its own"
    )


def _check_earlier(named: Mapping[str, Entry]) -> None:
    missing: list[tuple[str, Place]] = []
    for entry in named.values():
        with suppress(Unread):
            for number, earlier in enumerate(entry.loads_after):
                if earlier not in named:
                    at = entry.table.at(g.LOADS_AFTER).item(number)
                    missing.append((earlier, at))
    for count, (earlier, at) in enumerate(missing):
        # Looking for a close name is slow in a large catalogue; the first few show the pattern.
        close = get_close_matches(earlier, named, n=1) if count < _MOST_GUESSES else []
        hint = f"did you mean {close[0]}?" if close else "list that table, or remove it"
        at.report(f"there is no table {earlier}; {hint}")


def _check_cycles(named: Mapping[str, Entry]) -> None:
    after: dict[str, tuple[str, ...]] = {}
    for name, entry in named.items():
        with suppress(Unread):
            after[name] = entry.loads_after
    for cycle in find_cycles(after):
        at = named[cycle[0]].table.at(g.LOADS_AFTER)
        at.report(f"goes round in a circle: {' after '.join(cycle)}; remove one of these")


def _point(place: Place) -> str:
    return f"{place.file}:{place.line}"

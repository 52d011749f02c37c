"""Reads all pages to their end, so that no record that stays as it is can be missed.

While pages are read, records are added, changed and deleted, and others move from one page to another.
Three ways are told by `shifts`:

- `overlap`: each request begins before the end of what was read. A record that was seen, found in it,
  shows the place: its content is unchanged, so its place among the records that do not change is too, and
  what follows it in the same answer follows it without a gap. If there is none, reading goes back until
  there is. The end is an answer that holds nothing but what was seen last. Proven for every order that
  follows from a record's content.
- `twice`: all pages are read until two passes give the same records.
- `trust`: one pass, for sources whose cursor is a place between records and not a count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.rest.documents import digest_record
from shared.adapters.rest.paging import (
    PageAnswer,
    PageRequest,
    first_request,
    next_request,
    numbered,
    window,
)
from shared.catalog.rest_spec import PagingSpec
from shared.loading.errors import PagesShifted, PaginationUnsound

# Digests that are remembered: bounds the memory to some 80 MB. What was forgotten may land twice, and
# the later image wins.
MOST_SEEN = 500_000
# How often reading goes back, or all is read again, before it is given up as moving too fast.
MOST_RETURNS = 200
MOST_PASSES = 6
# Pages one after the other with the very same records before they are taken for endless.
MOST_REPEATS = 3
_WRAP = 1 << 128

Fetch = Callable[[PageRequest], PageAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records of one answer that were not seen before, each with its position in the answer, from 0.

    `number` counts the answers of a read, from 1.
    """

    number: int
    records: tuple[tuple[int, Any], ...]


@dataclass(slots=True, kw_only=True)
class Walk:
    """One read of a collection. `read` counts the records that were given."""

    paging: PagingSpec
    url: str
    fetch: Fetch
    most_pages: int
    pages: int = 0
    read: int = 0
    _seen: dict[bytes, None] = field(default_factory=dict[bytes, None])
    _last: tuple[bytes, ...] = ()
    _repeats: int = 0

    def run(self) -> Iterator[Page]:
        """Give the pages.

        Raises:
            PagesShifted: the records move too fast.
            PaginationUnsound: the pages do not lead to an end.
            Whatever asking for a page raises.
        """
        match self.paging.shifts:
            case "overlap":
                yield from self._overlapping()
            case "twice":
                yield from self._until_alike()
            case "trust":
                yield from self._once(_Sum())

    def _once(self, total: _Sum) -> Iterator[Page]:
        asked: PageRequest | None = first_request(self.paging, self.url)
        known: set[PageRequest] = set()
        self._last, self._repeats = (), 0
        while asked is not None:
            if asked in known:
                raise PaginationUnsound(
                    f"page {self.pages + 1} was asked for already: the same cursor or address comes again"
                )
            known.add(asked)
            answer, digests = self._ask(asked)
            total.add(digests)
            yield self._fresh(answer, digests)
            asked = next_request(self.paging, asked, answer)

    def _until_alike(self) -> Iterator[Page]:
        before: _Sum | None = None
        for _ in range(MOST_PASSES):
            now = _Sum()
            yield from self._once(now)
            if now == before:
                return
            before = now
        raise PagesShifted(f"{MOST_PASSES} passes over all pages gave different records each time")

    def _overlapping(self) -> Iterator[Page]:
        done, back, returns, odd = 0, 1, 0, 0
        while True:
            asked = window(self.paging, self.url, done, back)
            answer, digests = self._ask(asked)
            self._check_size(asked, answer)
            if asked.start and not any(each in self._seen for each in digests):
                returns += 1
                if returns > MOST_RETURNS:
                    raise PagesShifted(f"the place that was read up to was lost {returns} times")
                back = max(2 * back, self.paging.size)
                continue
            page = self._fresh(answer, digests)
            yield page
            reached = asked.start + len(digests)
            if back == 1 and not page.records and reached <= done:
                if self._is_end(asked):
                    return
                odd += 1
                if odd > MOST_REPEATS:
                    raise PaginationUnsound(
                        f"pages hold fewer than the {asked.size} records that were asked for, and others "
                        "follow: write a `size` that the source gives"
                    )
            done, back = reached, 1

    def _is_end(self, asked: PageRequest) -> bool:
        """Numbered pages are asked whether nothing follows: a source may give less than it is asked for."""
        if self.paging.kind == "offset":
            return True
        behind = numbered(self.paging, self.url, asked.start // asked.size + 1, asked.size)
        answer, _ = self._ask(behind)
        return not answer.records

    def _check_size(self, asked: PageRequest, answer: PageAnswer) -> None:
        if len(answer.records) > asked.size:
            raise PaginationUnsound(
                f"{asked.size} records were asked for and {len(answer.records)} came: the source does "
                f"not heed {self.paging.size_param}; write `shifts: twice` without size_param"
            )

    def _ask(self, asked: PageRequest) -> tuple[PageAnswer, list[bytes]]:
        if self.pages >= self.most_pages:
            raise PaginationUnsound(f"there are more than {self.most_pages} pages (most_pages)")
        answer = self.fetch(asked)
        self.pages += 1
        digests = [digest_record(record) for record in answer.records]
        self._watch(digests)
        return answer, digests

    def _watch(self, digests: Sequence[bytes]) -> None:
        """Stop where one page comes again and again; a single record may be what is asked for."""
        same = len(digests) > 1 and tuple(digests) == self._last
        self._repeats = self._repeats + 1 if same else 0
        self._last = tuple(digests)
        if self._repeats >= MOST_REPEATS:
            raise PaginationUnsound(
                f"{MOST_REPEATS + 1} pages one after the other hold the very same records"
            )

    def _fresh(self, answer: PageAnswer, digests: Sequence[bytes]) -> Page:
        fresh: list[tuple[int, Any]] = []
        for position, (record, digest) in enumerate(zip(answer.records, digests, strict=True)):
            if digest not in self._seen:
                fresh.append((position, record))
            # Seen last, forgotten last.
            self._seen.pop(digest, None)
            self._seen[digest] = None
        while len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        self.read += len(fresh)
        return Page(number=self.pages, records=tuple(fresh))


@dataclass(slots=True)
class _Sum:
    """What a pass adds up to, whatever the order of its records."""

    records: int = 0
    total: int = 0

    def add(self, digests: Sequence[bytes]) -> None:
        self.records += len(digests)
        for digest in digests:
            self.total = (self.total + int.from_bytes(digest, "big")) % _WRAP

"""One table's records at a REST interface: how they are asked for, and what an answer holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.adapters.rest.client import RestClient
from shared.adapters.rest.columns import check_record
from shared.adapters.rest.documents import MISSING, find
from shared.adapters.rest.paging import PageAnswer, PageRequest, first_request, next_request
from shared.adapters.rest.walking import Page, Walk
from shared.catalog.rest_spec import RestTableSpec, write_path
from shared.loading.errors import AnswerUnreadable, PagesShifted, TableMissing

Params = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class Collection:
    """The records of a table. `date` is the source's clock at the last answer, `total` its number of them."""

    client: RestClient = field(repr=False)
    rest: RestTableSpec
    date: datetime | None = None
    total: int | None = None
    _least: int | None = None

    def sample(self, pages: int, params: Params = ()) -> list[Any]:
        """Give the records of the first pages."""
        records: list[Any] = []
        asked: PageRequest | None = first_request(self.rest.paging, self._address)
        while asked is not None and pages:
            answer = self._fetch(asked, params)
            records += answer.records
            pages -= 1
            asked = next_request(self.rest.paging, asked, answer) if pages else None
        return records

    def first(self, params: Params) -> Any:
        """Give the first record that a request gives; None if it gives none."""
        asked = PageRequest(url=self._address, params=())
        records = self._fetch(asked, params).records
        return records[0] if records else None

    def walk(self, params: Params) -> tuple[Walk, Iterator[Page]]:
        """Read all pages; see `Walk.run`. Fewer records than the source counts are not taken for whole."""
        walk = Walk(
            paging=self.rest.paging,
            url=self._address,
            fetch=lambda asked: self._fetch(asked, params),
            most_pages=self.rest.most_pages,
        )
        return walk, self._counted(walk)

    def _counted(self, walk: Walk) -> Iterator[Page]:
        self._least = None
        yield from walk.run()
        if self._least is not None and walk.read < self._least:
            raise PagesShifted(
                f"{walk.read} records came and the source counts {self._least} (total)"
            )

    @property
    def _address(self) -> str:
        return self.client.address(self.rest.path)

    def _fetch(self, asked: PageRequest, params: Params) -> PageAnswer:
        # An address that an answer gave has all parameters in it.
        given = () if asked.url != self._address else self.rest.params + params
        try:
            answer = self.client.get(
                asked.url, given + asked.params, most_bytes=self.rest.page_bytes
            )
        except TableMissing:
            if self._lies_behind(asked):
                return PageAnswer(document=None, records=(), url=asked.url)
            raise
        self.date = answer.date or self.date
        records = self._records(answer.document)
        self._count(answer.document)
        return PageAnswer(
            document=answer.document, records=records, url=answer.url, link=answer.link
        )

    def _lies_behind(self, asked: PageRequest) -> bool:
        """Say whether a page that is not there is one behind the last, of which some say it so."""
        paging = self.rest.paging
        return paging.kind == "page" and dict(asked.params).get(paging.param) != str(paging.first)

    def _records(self, document: Any) -> list[Any]:
        found = find(document, self.rest.records)
        if not isinstance(found, list):
            what = "nothing" if found is MISSING else "no list"
            raise AnswerUnreadable(
                f"{self.rest.path}: {what} is found at `records: {write_path(self.rest.records)}`"
            )
        for record in found:
            check_record(record)
        return found

    def _count(self, document: Any) -> None:
        if self.rest.total is None:
            return
        said = find(document, self.rest.total)
        if isinstance(said, bool) or not isinstance(said, int):
            raise AnswerUnreadable(f"{write_path(self.rest.total)} is no whole number (total)")
        self.total = said
        self._least = said if self._least is None else min(self._least, said)

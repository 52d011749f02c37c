"""From the page that was answered to the request for the next: plain functions that ask nothing.

A request is an address and its parameters. Kinds page and offset can also ask for a window, which begins
a little before the end of what was read, so that the two overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from shared.adapters.rest.addresses import follow
from shared.adapters.rest.documents import MISSING, find
from shared.catalog.rest_spec import JsonPath, PagingSpec, write_path
from shared.loading.errors import AnswerUnreadable, PaginationUnsound

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What is asked for. `params` are those that choose the page; `start` is the index of its first record."""

    url: str
    params: Params = ()
    start: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What came: the document, its records, and the address that a Link header calls next."""

    document: Any
    records: Sequence[Any]
    url: str
    link: str | None = None


def first_request(paging: PagingSpec, url: str) -> PageRequest:
    """Ask for the first page."""
    asked = PageRequest(url=url, params=_size(paging, paging.size), size=paging.size)
    if paging.kind == "page":
        return replace(asked, params=(*asked.params, (paging.param, str(paging.first))))
    if paging.kind == "offset":
        return replace(asked, params=(*asked.params, (paging.param, "0")))
    return asked


def next_request(paging: PagingSpec, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
    """Ask for the page behind the one that was answered; None if there is none.

    Raises:
        AddressRefused: it would lie elsewhere.
        AnswerUnreadable: the cursor or address is of no kind that can be sent.
        PaginationUnsound: it is the page that was asked for just now.
    """
    match paging.kind:
        case "none":
            return None
        case "page" | "offset":
            return _next_by_number(paging, asked, answer)
        case "cursor":
            following = _next_by_cursor(paging, asked, answer)
        case "link" | "next_url":
            url = (
                answer.link if paging.kind == "link" else _text(answer.document, paging.next or ())
            )
            if url is None:
                return None
            following = PageRequest(url=follow(answer.url, url, "the next page"), size=asked.size)
    if following == asked:
        raise PaginationUnsound("a page calls itself the next one")
    return following


def window(paging: PagingSpec, url: str, done: int, back: int) -> PageRequest:
    """Ask for records from at least `back` before index `done` on, and for as many behind it as can be.

    Numbered pages are asked for in a size whose pages do not end at `done`: of those between half the
    size and the size, the one that reaches farthest.
    """
    start = max(0, done - back)
    if paging.kind == "offset":
        params = (*_size(paging, paging.size), (paging.param, str(start)))
        return PageRequest(url=url, params=params, start=start, size=paging.size)
    sizes = range(paging.size, max(1, paging.size // 2) - 1, -1)
    size = max(sizes, key=lambda each: (start // each + 1) * each)
    return numbered(paging, url, start // size, size)


def numbered(paging: PagingSpec, url: str, number: int, size: int) -> PageRequest:
    """Ask for a page of this size by its number, counted from 0."""
    params = (*_size(paging, size), (paging.param, str(number + paging.first)))
    return PageRequest(url=url, params=params, start=number * size, size=size)


def _next_by_number(
    paging: PagingSpec, asked: PageRequest, answer: PageAnswer
) -> PageRequest | None:
    """Only an empty page is the end: a short one may be one that the source has cut."""
    if not answer.records:
        return None
    rest = tuple(pair for pair in asked.params if pair[0] != paging.param)
    before = int(dict(asked.params)[paging.param])
    step = 1 if paging.kind == "page" else len(answer.records)
    return replace(asked, params=(*rest, (paging.param, str(before + step))))


def _next_by_cursor(
    paging: PagingSpec, asked: PageRequest, answer: PageAnswer
) -> PageRequest | None:
    if paging.more is not None and not _says_more(answer.document, paging.more):
        return None
    if paging.last is None:
        cursor = _text(answer.document, paging.next or ())
    elif answer.records:
        cursor = _text(answer.records[-1], paging.last)
        if cursor is None:
            raise AnswerUnreadable(f"a record has no {write_path(paging.last)} to go on from")
    else:
        cursor = None
    if cursor is None:
        return None
    params = (*_size(paging, paging.size), (paging.param, cursor))
    return PageRequest(url=asked.url, params=params, size=asked.size)


def _says_more(document: Any, path: JsonPath) -> bool:
    said = find(document, path)
    if not isinstance(said, bool):
        raise AnswerUnreadable(f"{write_path(path)} does not say true or false")
    return said


def _text(document: Any, path: JsonPath) -> str | None:
    found = find(document, path)
    if found is MISSING or found is None or found == "" or found is False:
        return None
    if isinstance(found, str | int | Decimal) and not isinstance(found, bool):
        return str(found)
    raise AnswerUnreadable(f"{write_path(path)} is neither a text nor a number")


def _size(paging: PagingSpec, size: int) -> Params:
    return () if paging.size_param is None else ((paging.size_param, str(size)),)

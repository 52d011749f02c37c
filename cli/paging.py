"""Walks the pages of a list that the API gives in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from cli.answers import read
from cli.client import Client

# What the API gives at once at most.
LARGEST_PAGE = 1_000


class _Page(msgspec.Struct, frozen=True):
    next: str | None = None


def gather(
    client: Client, path: str, query: Mapping[str, str], *, items: str, most: int | None = None
) -> dict[str, Any]:
    """Give up to `most` items, all if None, in the form of a single page; `next` leads on from there.

    Only the token is taken from the link to the next page: the app may know itself by another
    address than the one it is asked at. Raises Refused, Unreachable.
    """
    found: list[Any] = []
    token: str | None = None
    while True:
        size = LARGEST_PAGE if most is None else min(LARGEST_PAGE, most - len(found))
        asked = {**query, "limit": str(size)} | ({"page": token} if token else {})
        answer = read(client.get(path, asked), dict[str, Any])
        found += read(answer.get(items), list[Any])
        token = _token(read(answer, _Page).next)
        if token is None or (most is not None and len(found) >= most):
            return {**answer, items: found}


def _token(link: str | None) -> str | None:
    return parse_qs(urlsplit(link or "").query).get("page", [None])[0]

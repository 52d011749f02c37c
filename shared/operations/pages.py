"""Pages: long lists given piece by piece, each with the token at which the next begins."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from shared.loading.errors import BadOrder

T = TypeVar("T")
_LONGEST_TOKEN = 2_000


class PageUnknown(BadOrder):
    """Follow `next` of the page before as it is given, or begin again without `page`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A piece of a list. `next` is the token of the piece that follows, None after the last."""

    items: tuple[T, ...]
    next: str | None


def encode_page(*parts: str) -> str:
    """Make a token, safe in URLs, of what says where a page begins."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_page(token: str, count: int) -> tuple[str, ...]:
    """Read the `count` parts of a token. Raises PageUnknown if it is none of ours."""
    try:
        padded = token[:_LONGEST_TOKEN] + "=" * (-len(token) % 4)
        parts: Any = json.loads(urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise PageUnknown("it is no token of a page") from error
    texts = cast("list[Any]", parts) if isinstance(parts, list) else []
    if len(texts) != count or not all(isinstance(text, str) for text in texts):
        raise PageUnknown("it is no token of a page")
    if encode_page(*texts) != token:
        raise PageUnknown("it is no token of a page")
    return tuple(texts)

"""How large a request may be, and how many a caller may send."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from shared.loading.errors import PermanentError, TransientError

# The largest order names 2,500 tables.
MOST_BODY_BYTES = 1024 * 1024
# What the servers before the app take as well, as far as they are set as usual.
MOST_URL_BYTES = 8 * 1024
MOST_HEADER_BYTES = 64 * 1024
# Callers that are remembered; beyond that whoever has been away longest begins anew.
_MOST_CALLERS = 10_000


class RequestTooLarge(PermanentError):
    """Send less at once; the message names the limit. An order may name a source instead of its tables."""

    def __init__(
        self, message: str, status: HTTPStatus = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    ) -> None:
        super().__init__(message)
        self.status = status


class TooManyRequests(TransientError):
    """Wait as long as `Retry-After` says, and send it again. `TIDEMARK_REQUESTS_PER_MINUTE` sets how many each caller may send to each instance of the app."""

    def __init__(self, message: str, pause_seconds: int = 1) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


class Sized(Protocol):
    """What is looked at of a request before anything of it is read."""

    @property
    def url(self) -> str:
        """The address, with its query."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    def get_body(self) -> bytes:
        """Give the body."""
        ...


def check_size(request: Sized) -> None:
    """Refuse what is larger than a limit. Raises RequestTooLarge."""
    if len(request.url) > MOST_URL_BYTES:
        message = f"the address is longer than {MOST_URL_BYTES} bytes"
        raise RequestTooLarge(message, HTTPStatus.REQUEST_URI_TOO_LONG)
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MOST_HEADER_BYTES:
        message = f"the headers are larger than {MOST_HEADER_BYTES} bytes"
        raise RequestTooLarge(message, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if len(request.get_body() or b"") > MOST_BODY_BYTES:
        raise RequestTooLarge(f"the body is larger than {MOST_BODY_BYTES} bytes")


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True, kw_only=True)
class Pace:
    """A bucket of tokens for every caller: a minute's worth at once, and refilled evenly.

    It lives in this process: with n instances of the app a caller may send n times as many.
    """

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict[str, _Bucket])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, caller: str) -> None:
        """Take a token of a caller's. Raises TooManyRequests where there is none."""
        with self._lock:
            short = self._take(caller)
        if short > 0:
            pause = math.ceil(short * 60 / self.per_minute)
            message = f"{caller} has sent more than {self.per_minute} requests in a minute"
            raise TooManyRequests(message, pause)

    def _take(self, caller: str) -> float:
        """Take a token; give what is missing of it if there is none."""
        now = self.clock()
        bucket = self._buckets.pop(caller, None) or _Bucket(float(self.per_minute), now)
        refilled = bucket.tokens + (now - bucket.at) * self.per_minute / 60
        tokens = min(float(self.per_minute), refilled)
        short = max(0.0, 1.0 - tokens)
        self._buckets[caller] = _Bucket(tokens if short else tokens - 1.0, now)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return short

"""How orders and runs are keyed in Table Storage: a partition a month, newest first within it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from shared.loading.order import is_order_id, order_of_run
from shared.operations.pages import PageUnknown, decode_page, encode_page

# What is listed without `since` goes back to the month this many days ago.
_DAYS = 31
# No ledger is older: however long ago is asked for, no more months are looked at.
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_KEY = re.compile(r"[0-9]{17}-(?P<month>[0-9]{6})[ -~]{1,900}")
_MONTH = re.compile(r"m-[0-9]{6}")


def month_of(name: str) -> str:
    """Give the partition of an order or run, whose name begins with its order's time."""
    return f"m-{name[:6]}"


def descending(name: str) -> str:
    """Make a key that sorts newest first from an id that begins with an order's time."""
    order_id = name if is_order_id(name) else order_of_run(name)
    return f"{inverted(order_id[:8] + order_id[9:18])}-{name}"


def since_key(since: str) -> str:
    """Give the key below which everything lies that is no older than a time."""
    moment = _utc(since)
    return f"{inverted(f'{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}')}~"


def months(since: str | None) -> tuple[str, ...]:
    """Give the partitions from this month back to that of `since`, or of 31 days ago."""
    first = max(_utc(since), _FIRST) if since else datetime.now(UTC) - timedelta(days=_DAYS)
    return _between(_this_month(), _number(f"{first:%Y%m}"))


def page_after(key: str, *, oldest: str) -> str:
    """Make the token of the page that follows a key; `oldest` is the last partition to look at."""
    return encode_page(oldest, key)


def read_page(token: str) -> tuple[str, tuple[str, ...]]:
    """Give the key that a page follows, and the partitions to look at. Raises PageUnknown."""
    oldest, key = decode_page(token, 2)
    match = _KEY.fullmatch(key)
    if match is None or not _MONTH.fullmatch(oldest):
        raise PageUnknown("it is no token of a page")
    newest = min(_number(match["month"]), _this_month())
    return key, _between(newest, max(_number(oldest[2:]), _number(f"{_FIRST:%Y%m}")))


def _between(newest: int, oldest: int) -> tuple[str, ...]:
    """Name the partitions of these months, newest first; at least one."""
    counted = range(newest, min(newest, oldest) - 1, -1)
    return tuple(f"m-{month // 12:04d}{month % 12 + 1:02d}" for month in counted)


def _this_month() -> int:
    return _number(f"{datetime.now(UTC):%Y%m}")


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[4:]) - 1


def inverted(digits: str) -> str:
    """Turn the 17 digits of a time into digits that sort newest first."""
    return f"{10**17 - 1 - int(digits):017d}"


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

"""Dates and times as the source wrote them, from what a driver gives for SQL_C_BINARY.

pyodbc's own reading drops a time's fraction and shows a date that is none as missing. Drivers give
either the text itself (MariaDB's) or the structure of ODBC: see "C Data Types" in Microsoft's ODBC
reference.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from shared.adapters.odbc.libraries import pyodbc

RAW_TYPES: Mapping[type, tuple[int, ...]] = {
    date: (pyodbc.SQL_TYPE_DATE,),
    time: (pyodbc.SQL_TYPE_TIME,),
    datetime: (pyodbc.SQL_TYPE_TIMESTAMP,),
}

_DATE = struct.Struct("=hHH")
_TIME = struct.Struct("=HHH")
_TIMESTAMP = struct.Struct("=hHHHHHI")


def text_of(code: int) -> Callable[[bytes | None], str | None]:
    """Give what makes a text of the bytes of one ODBC type code."""
    return {
        pyodbc.SQL_TYPE_DATE: _date,
        pyodbc.SQL_TYPE_TIME: _time,
        pyodbc.SQL_TYPE_TIMESTAMP: _timestamp,
    }[code]


def _date(raw: bytes | None) -> str | None:
    if raw is None or len(raw) != _DATE.size:
        return _text(raw)
    year, month, day = _DATE.unpack(raw)
    return f"{year:04}-{month:02}-{day:02}"


def _time(raw: bytes | None) -> str | None:
    if raw is None or len(raw) != _TIME.size:
        return _text(raw)
    hour, minute, second = _TIME.unpack(raw)
    return f"{hour:02}:{minute:02}:{second:02}"


def _timestamp(raw: bytes | None) -> str | None:
    if raw is None or len(raw) != _TIMESTAMP.size:
        return _text(raw)
    year, month, day, hour, minute, second, nanoseconds = _TIMESTAMP.unpack(raw)
    fraction = f".{nanoseconds:09}".rstrip("0").rstrip(".")
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}"


def _text(raw: bytes | None) -> str | None:
    # Bytes that are no text are the driver's own form: what they mean is not known.
    return None if raw is None else raw.decode("ascii")

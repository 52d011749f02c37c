"""What a query gives, by an empty temporary table of its columns: the server describes no query by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from shared.adapters.odbc.links import Link
from shared.adapters.sqlglot.selecting import read_query
from shared.catalog import TableSpec
from shared.loading.errors import CredentialRejected, IngestError, QueryRefused, QueryUnsound

_NAME = "`tidemark query`"
# The longest texts and binaries, whose declarations do not tell.
_LENGTHS = {"tiny": 2**8 - 1, "": 2**16 - 1, "medium": 2**24 - 1, "long": 2**32 - 1}
_LONG = re.compile(r"(tiny|medium|long|)(text|blob)")
_DECLARED = re.compile(r"(?P<name>\w+)(?:\((?P<size>[^)]*)\))?.*", re.DOTALL)
# The most bytes of a character, whatever the character set.
_UTF8 = 4
_MEMBERS = re.compile(r"'((?:[^']|'')*)'")


def describe_query(link: Link, table: TableSpec) -> list[dict[str, Any]]:
    """Describe the columns of a table's query as information_schema.COLUMNS would.

    Raises:
        QueryUnsound: it is not one SELECT, or gives columns that no table can have.
    """
    query = table.query or ""
    read_query(query, "mariadb")
    schema = table.schema_name.replace("`", "``")
    name = f"`{schema}`.{_NAME}"
    # Sessions read only; a temporary table belongs to nobody else, and goes with this transaction's end.
    link.rows("START TRANSACTION READ WRITE")
    try:
        link.rows(f"CREATE TEMPORARY TABLE {name} AS SELECT * FROM ({query}) AS q LIMIT 0")
        rows = link.rows(f"SHOW COLUMNS FROM {name}")
        link.rows(f"DROP TEMPORARY TABLE {name}")
    except QueryRefused as error:
        raise QueryUnsound(f"the query of {table.table}: {error}") from error
    except CredentialRejected as error:
        raise QueryUnsound(
            f"the query of {table.table}: {error}; GRANT CREATE TEMPORARY TABLES ON `{schema}`.* "
            "to the login, or make a view of the query"
        ) from error
    finally:
        with suppress(IngestError):
            link.rows("ROLLBACK")
    return [_described(row) for row in rows]


def _described(row: Mapping[str, Any]) -> dict[str, Any]:
    declared = _text(row["Type"])
    parts = _DECLARED.fullmatch(declared)
    name, size = (parts["name"], parts["size"] or "") if parts else (declared, "")
    numbers = [int(each) for each in size.split(",")] if re.fullmatch(r"\d+(,\d+)?", size) else [0]
    characters, octets = _lengths(name, declared, numbers[0])
    return {
        "name": _text(row["Field"]),
        "type": name,
        "declared": declared,
        "nullable": _text(row["Null"]),
        "characters": characters,
        "octets": octets,
        "prec": numbers[0],
        "scale": numbers[1] if len(numbers) > 1 else 0,
        "fraction": numbers[0],
    }


def _lengths(name: str, declared: str, size: int) -> tuple[int, int]:
    """Give the characters and the bytes of the longest value of a text or binary."""
    if long := _LONG.fullmatch(name):
        return _LENGTHS[long[1]], _LENGTHS[long[1]]
    if name in ("binary", "varbinary"):
        return size, size
    if name in ("enum", "set"):
        members = [len(member) + 1 for member in _MEMBERS.findall(declared)]
        longest = sum(members) if name == "set" else max(members, default=0)
        return longest, longest * _UTF8
    return size, size * _UTF8


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes | bytearray) else str(value)

"""The names in a table file: sources, engines, tables and time zones."""

import re
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_ENGINES = ("sqlserver", "postgresql", "mariadb", "mysql", "oracle", "db2", "sqlite", "snowflake")
_QUOTED = re.compile(r'\[.*\]|".*"|`.*`')
_LONGEST = 80


def parse_source(text: str) -> str:
    """Give a source name back. Raises ValueError unless it is short, without slash and dot."""
    if "/" in text or "." in text or len(text) > _LONGEST:
        raise ValueError(
            f"{text!r} cannot name a source; "
            f"write at most {_LONGEST} characters without a slash or a dot"
        )
    return text


def parse_engine(text: str) -> str:
    """Give an engine name back. Raises ValueError unless it is a plain lower-case word."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", text):
        return text
    close = get_close_matches(text.lower(), _ENGINES, n=1)
    hint = f'did you mean "{close[0]}"?' if close else "write lower-case letters and digits"
    raise ValueError(f"{text!r} cannot name an engine; {hint}")


def parse_table(text: str) -> str:
    """Give `schema.table` back. Raises ValueError unless both parts are there, without quotes."""
    schema, _, table = text.partition(".")
    if not schema or not table:
        raise ValueError(f"{text!r} names no schema; write schema.table, such as dbo.DimUser")
    if _QUOTED.fullmatch(schema) or _QUOTED.fullmatch(table):
        raise ValueError(f"{text!r} is quoted; write the names bare, they are quoted when read")
    return text


def parse_clock(text: str) -> str:
    """Give `utc` or an IANA zone back. Raises ValueError if the zone is not known here."""
    if text.lower() == "utc":
        return "utc"
    try:
        ZoneInfo(text)
    # A folder of the zone database, such as "Europe", is an OSError.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = get_close_matches(text, sorted(available_timezones()), n=1)
        hint = f'did you mean "{close[0]}"?' if close else "write utc or a name like Europe/Berlin"
        raise ValueError(f"{text!r} is not an IANA time zone; {hint}") from None
    return text

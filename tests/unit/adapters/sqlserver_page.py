"""The page about SQL Server's types, as the tests read it."""

import re
from itertools import takewhile
from pathlib import Path

from shared.adapters.odbc.sqlserver.types import SourceType

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "types-sqlserver.md"
_DECLARED = re.compile(r"(?P<name>\w+)(?:\((?P<first>max|\d+)(?:,(?P<second>\d+))?\))?")
_DEFAULT_BYTES = {"sysname": 256, "uniqueidentifier": 16}


def page_rows(header: str) -> list[tuple[str, ...]]:
    """Give the code spans of each row of the table under a header line."""
    lines = PAGE.read_text().split(f"\n{header}\n")[1].splitlines()[1:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [tuple(re.findall(r"`([^`]*)`", line)) for line in table]


LANDED = page_rows("| SQL Server | Read as | Arrow | A value at the source | lands as |")
REFUSED = page_rows("| SQL Server | Why |")


def source_type(declared: str) -> SourceType:
    """Give what sys.columns says of a column that is declared so."""
    found = _DECLARED.fullmatch(declared)
    assert found is not None, declared
    name = "timestamp" if found["name"] == "rowversion" else found["name"]
    first = -1 if found["first"] == "max" else int(found["first"] or 0)
    wide = 2 if name.startswith("n") and name != "numeric" and first > 0 else 1
    exact = name in ("decimal", "numeric")
    timed = name in ("time", "datetime2", "datetimeoffset")
    return SourceType(
        name=name,
        length=_DEFAULT_BYTES.get(name, first * wide),
        precision=first if exact else 0,
        scale=int(found["second"] or 0) if exact else first if timed else 0,
    )

"""What ends an import before anything is written."""

from __future__ import annotations


class InputUnreadable(Exception):
    """Correct the file at the place named."""

    def __init__(self, file: str, place: str, fault: str) -> None:
        super().__init__(file, place, fault)
        self.file = file
        self.place = place
        self.fault = fault

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.fault) if part)


class KeysUnknown(Exception):
    """Give each of these tables its key columns with --key."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(tables)
        self.tables = tables

    def __str__(self) -> str:
        listed = "\n".join(f"  --key {table}=COLUMN[,COLUMN]" for table in self.tables)
        return f"Data Factory knows no keys, and no rule tells these; add their columns:\n{listed}"

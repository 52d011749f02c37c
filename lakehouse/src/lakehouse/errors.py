"""What can go wrong in the lakehouse. The docstring of a class is the remedy a user is told."""


class LakehouseError(Exception):
    """Look at the message; nothing of the table was written after it."""


class WriteRefused(LakehouseError):
    """The engine would do something else than asked, without an error; the message says what."""


class ColumnsUnknown(WriteRefused):
    """The table lacks a column of the rows: add it with `evolve` first, or leave it out."""


class OptionRefused(WriteRefused):
    """Leave the option out: merge by key instead of appending, overwrite whole, evolve first."""


class TypeRefused(WriteRefused):
    """Cast the column: zoneless times to `timestamp` (UTC), times of day and wide numbers to text."""


class KeysRepeated(WriteRefused):
    """Two rows to be merged have the same key: choose one of them before merging."""


class GlobRefused(WriteRefused):
    """Name the folders or files one by one: a pattern with `=` finds nothing on some engines."""


class PathRefused(WriteRefused):
    """Choose a folder of letters, digits, `_`, `.` and `-`: engines encode other characters differently."""


class CommitsCollided(LakehouseError):
    """Others keep writing to the table at the same time: let one run at a time write to it."""

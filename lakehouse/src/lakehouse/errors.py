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


class AnswerDamaged(LakehouseError):
    """Run the job again: it goes on where it was. If this comes again and again, tell the developers."""


class FileMissing(LakehouseError):
    """Restore the file in the lake, or take its run out of what is handed over."""


class HandoverInvalid(LakehouseError):
    """The hand-over file is not as this version reads it: use a wheel of the same version as the app."""


class BronzeDamaged(LakehouseError):
    """A run does not hold what its manifest says: restore its folder from a backup, then repeat."""


class TypesDiffer(LakehouseError):
    """A column has a type that does not fit what silver holds: see the types in the page on silver."""


class NameRefused(LakehouseError):
    """Exclude the column, or give it another name by a view at the source."""


class RuleInvalid(LakehouseError):
    """Correct the rule in the table file: it has to be a condition in Spark's SQL over its columns."""


class TableUnknown(LakehouseError):
    """Name a table as `source/schema.table` that was handed over, with a key where one is given."""


class ExtraMissing(LakehouseError):
    """Install the extra: `pip install "tidemark-lakehouse[expectations]"`, or, from a checkout, `pip install -e "lakehouse[expectations]"`."""


class RetentionShort(LakehouseError):
    """Keep at least a week: a reader or writer at work may need files that a shorter one removes."""

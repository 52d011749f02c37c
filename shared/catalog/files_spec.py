"""What a table of files is made of: which files, in which format, and what their columns are."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

FileFormat: TypeAlias = Literal["csv", "json", "ndjson", "parquet"]
Compression: TypeAlias = Literal["auto", "none", "gzip", "zstd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSpec:
    """A dialect of CSV. `quote` and `escape` are None where there is none.

    An unquoted field that is empty, or one of `null_texts`, is NULL.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    header: bool = True
    null_texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSpec:
    """The files of one table. `path` is a pattern below the source's location.

    `columns` are (name, type) pairs, empty where the files say it themselves. `encoding` is that of
    text. A file of which more than `most_malformed` (a share, 0 to 1) cannot be read is no such file.
    """

    path: str
    format: FileFormat
    compression: Compression = "auto"
    encoding: str = "utf-8"
    columns: tuple[tuple[str, str], ...] = ()
    csv: CsvSpec = CsvSpec()
    most_malformed: float = 0.5

"""Changes as a source tells of them: rows as they stand, and keys of rows that are not there any more.

A batch of changes has two columns behind those of its table, which say of each row whether it is gone
and the version of its last change. They are taken off before anything lands.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

# No engine's own column: a colon needs quotes everywhere.
GONE = "tidemark:gone"
VERSION = "tidemark:version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A batch of a table's rows. `gone` and `versions` are there if they are changes.

    A row that is gone has values in the columns of its key only.
    """

    batch: pa.RecordBatch
    gone: pa.Array | None = None
    versions: pa.Array | None = None

    def filter(self, kept: pa.Array) -> Rows:
        """Give the rows that are kept."""
        return Rows(
            batch=self.batch.filter(kept),
            gone=None if self.gone is None else self.gone.filter(kept),
            versions=None if self.versions is None else self.versions.filter(kept),
        )

    def above(self, version: str) -> pa.Array | None:
        """Mark the changes above a version; None if there are none, or the rows are no changes."""
        if self.versions is None:
            return None
        above = pc.greater(self.versions, pa.scalar(int(version), pa.int64()))
        return above if pc.any(above).as_py() else None

    @property
    def told_apart(self) -> pa.RecordBatch:
        """The batch, with whether a row is gone: else it looks like one that has a key alone."""
        return self.batch if self.gone is None else self.batch.append_column(GONE, self.gone)


def take_apart(batch: pa.RecordBatch) -> Rows:
    """Take the columns that tell of changes off a batch, if it has them."""
    names = batch.schema.names
    if names[-2:] != [GONE, VERSION]:
        return Rows(batch=batch)
    return Rows(
        batch=batch.select(names[:-2]), gone=batch.column(GONE), versions=batch.column(VERSION)
    )

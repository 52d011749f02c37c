"""Rows that could not be read, written to staging of quarantine beside what lands of the same run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO

import pyarrow as pa

from shared.catalog import quarantine_target
from shared.files.columns import PLACE, place_columns, planned
from shared.files.rows import Malformed
from shared.landing import paths
from shared.landing.columns import ASIDE_FIELDS, bronze_schema, stamp_of
from shared.landing.lake import Lake
from shared.landing.parquet import ParquetStream
from shared.landing.reading_back import count_back
from shared.loading.errors import ReceiptBroken
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.receipt import LandedFile, Landing, Receipt
from shared.loading.versions import FileVersion

_TEXT = "_text"
_SOURCE = pa.schema([*(pa.field(name, kind) for name, kind in PLACE), pa.field(_TEXT, pa.string())])
SCHEMA = bronze_schema(_SOURCE, aside=True)
REASON = "rows of files that could not be read"


@dataclass(slots=True, kw_only=True)
class MalformedRows(AbstractContextManager["MalformedRows"]):
    """One file in staging, made with the first row. Enter it before rows are added, then `prove`."""

    lake: Lake
    plan: LoadPlan
    part: Slice
    execution: str
    read_at: str
    loaded_at: datetime
    _open: ExitStack = field(default_factory=ExitStack)
    _stream: ParquetStream | None = None
    _sink: BinaryIO | None = None
    _bytes: int = 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._stream is not None and self._sink is not None:
            self._stream.close()
            self._bytes = self._sink.tell()
        self._open.__exit__(kind, error, trace)

    def add(self, rows: Sequence[Malformed], version: FileVersion) -> None:
        """Write rows of a version."""
        if not rows:
            return
        if self._stream is None:
            self._stream = self._begin()
        stamp = stamp_of(self.plan, self.read_at, self.loaded_at)
        constants: dict[str, Any] = {
            "_file": version.path,
            "_modified": datetime.fromisoformat(version.modified),
            "_sequencer": version.sequencer,
            "_op": stamp.operation,
            "_run_no": stamp.run_no,
            "_read_at": stamp.read_at,
            "_run_id": stamp.run_id,
            "_loaded_at": stamp.loaded_at,
            ASIDE_FIELDS[1].name: stamp.table,
        }
        own = [
            {"_line": row.line, _TEXT: row.text, ASIDE_FIELDS[0].name: [row.reason]} for row in rows
        ]
        self._stream.write(
            pa.RecordBatch.from_pylist([constants | row for row in own], schema=SCHEMA)
        )

    def prove(self) -> tuple[LandedFile, ...]:
        """Give the file, if there is one. Raises ReceiptBroken if it does not hold what was written."""
        if self._stream is None:
            return ()
        path = self._path
        file = LandedFile(
            path=path, name=path.rsplit("/", 1)[1], rows=self._stream.rows, bytes=self._bytes
        )
        if count_back(self.lake, file) != file.rows:
            raise ReceiptBroken(f"{file.name} does not hold the {file.rows} malformed rows")
        return (file,)

    @property
    def _path(self) -> str:
        target = quarantine_target(self.plan.spec)
        folder = paths.execution_folder(target, self.plan.run_id, self.execution)
        return f"{folder}/{paths.part_name(self.part.number, 0)}"

    def _begin(self) -> ParquetStream:
        self.lake.make_folder(self._path.rsplit("/", 1)[0])
        self._sink = self._open.enter_context(self.lake.create(self._path))
        return ParquetStream(self._sink, SCHEMA)


def aside_of(plan: LoadPlan, landing: Landing) -> tuple[LoadPlan, Landing] | None:
    """Give a plan and a landing of the malformed rows of a run alone, to be published in quarantine."""
    found = [receipt for receipt in landing.receipts if receipt.malformed]
    if not found:
        return None
    receipts = tuple(
        Receipt(
            slice=receipt.slice,
            execution=receipt.execution,
            read=sum(file.rows for file in receipt.malformed),
            landed=sum(file.rows for file in receipt.malformed),
            unchanged=0,
            read_at=receipt.read_at,
            files=receipt.malformed,
            reads=tuple(read for read in receipt.reads if read.malformed),
        )
        for receipt in found
    )
    aside = replace(plan, reasons=(REASON,), columns=_columns())
    return aside, replace(landing, receipts=receipts)


def _columns() -> tuple[PlannedColumn, ...]:
    return (*place_columns(), planned(_TEXT, "text", pa.string()))

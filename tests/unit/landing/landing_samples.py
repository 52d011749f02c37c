"""Plans, landings and batches that the tests of landing are written with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import Reading
from shared.landing import paths
from shared.loading.bound import Bound
from shared.loading.cursor import CursorType
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.receipt import LandedFile, Landing, Receipt
from shared.loading.span import Span

RUN = "20260101T000000000Z-00000a.crm.dbo.Users"
TARGET = "bronze/crm/users"
SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.Users",
    key=("id",),
    cursor=CursorSpec(kind="integer", column="no"),
    target=TARGET,
)
COLUMNS = (
    PlannedColumn(name="id", source_type="int8", lands="int64"),
    PlannedColumn(name="no", source_type="int8", lands="int64"),
)
SCHEMA = pa.schema([typed_field(name, pa.int64(), "int8") for name in ("id", "no")])
READ_AT = "2026-01-02T00:00:00.000000"


def plan(**fields: Any) -> LoadPlan:
    """Plan one slice above 10 with the bound 20."""
    usual = LoadPlan(
        run_id=RUN,
        order_id="20260101T000000000Z-00000a",
        table="crm/dbo.Users",
        mode="incremental",
        run_no=3,
        spec=SPEC,
        cursor=CursorType(kind="integer", step=1, zoned=False),
        watermark_before="10",
        bound=Bound(value="20", how="exact"),
        columns=COLUMNS,
        slices=(Slice(number=0, span=Span(after="10")),),
        overlap=None,
        planned_at="2026-01-02T00:00:00+00:00",
    )
    return replace(usual, **fields)


def landing(files: int = 2, run_id: str = RUN, execution: str = "e") -> Landing:
    """Land so many files of ten rows each."""
    folder = paths.execution_folder(TARGET, run_id, execution)
    landed = tuple(
        LandedFile(
            path=f"{folder}/{paths.part_name(0, number)}",
            name=paths.part_name(0, number),
            rows=10,
            bytes=4,
        )
        for number in range(files)
    )
    receipt = Receipt(
        slice=0,
        execution=execution,
        read=10 * files,
        landed=10 * files,
        unchanged=0,
        read_at=READ_AT,
        files=landed,
    )
    return Landing(run_id=run_id, plan="p.json", receipts=(receipt,))


def batch(rows: Sequence[tuple[int | None, int | None]]) -> pa.RecordBatch:
    """Give rows of id and cursor number as a batch."""
    ids, numbers = [row[0] for row in rows], [row[1] for row in rows]
    return pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.int64()), pa.array(numbers, pa.int64())], schema=SCHEMA
    )


def reading(*batches: pa.RecordBatch) -> Reading:
    """Read these batches in one snapshot."""
    return Reading(read_at=READ_AT, schema=SCHEMA, batches=iter(batches))

"""Counts the rows of landed files that break a rule, file by file, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from shared.adapters.duckdb.conditions import translate
from shared.adapters.duckdb.terms import RuleUnclear, kind_of
from shared.adapters.duckdb.writing import Columns
from shared.catalog import RuleSpec, TableSpec
from shared.landing.columns import DELETE
from shared.landing.lake import Lake
from shared.landing.reading_back import read_back, schema_of
from shared.loading.errors import IngestError, RuleRefused
from shared.loading.receipt import Judged, LandedFile, RuleCount

# One scan with one counter a rule needs next to nothing; what is above it is a fault.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    # A condition is computed as it is written: rearranged, a sum may hold that has no result.
    "disabled_optimizers": "expression_rewriter,filter_pushdown,statistics_propagation",
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "lock_configuration": True,
}
_KEPT = {
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    # The clock's reading of a time without a zone is taken as UTC, as silver takes it.
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckRuleJudge:
    """Implements `RuleJudge`."""

    def count(
        self, lake: Lake, files: Sequence[LandedFile], table: TableSpec, now: datetime
    ) -> Judged:
        """Count rows that are no deletes, and those that break each rule; one that is NULL is broken.

        Raises:
            RuleRefused: a rule is not understood, or cannot be computed of some row.
            ReceiptBroken: a file cannot be read back.
        """
        schema = schema_of(lake, files[0])
        columns = Columns(schema=schema, now=now)
        operation = columns.find("_op").sql
        conditions = [_translate(table, rule, columns) for rule in table.quality]
        wanted = pa.schema([schema.field(name) for name in columns.used])
        kept = pa.schema([(name, _kept(schema.field(n).type)) for n, name in columns.used.items()])
        rows = _Rows(lake=lake, files=files, wanted=wanted, schema=kept)
        counts = _count(rows, _query(conditions, operation), table)
        return Judged(
            rows=counts[0],
            broken=tuple(
                RuleCount(rule=rule.name, rows=rows)
                for rule, rows in zip(table.quality, counts[1:], strict=True)
            ),
        )


@dataclass(slots=True, kw_only=True)
class _Rows:
    """The rows of files, as the engine asks for them. It tells of no `fault` but by its own errors."""

    lake: Lake
    files: Sequence[LandedFile]
    wanted: pa.Schema
    schema: pa.Schema
    fault: IngestError | None = None

    def read(self) -> Iterator[pa.RecordBatch]:
        try:
            for file in self.files:
                for batch in read_back(self.lake, file, self.wanted):
                    yield _renamed(batch, self.schema)
        except IngestError as error:
            self.fault = error
            raise


def _translate(table: TableSpec, rule: RuleSpec, columns: Columns) -> str:
    try:
        return translate(rule.rule, columns)
    except RuleUnclear as unclear:
        raise RuleRefused(f"{table.name}, rule {rule.name}: {rule.rule}: {unclear}") from unclear


def _kept(lands: pa.DataType) -> pa.DataType:
    return _KEPT.get(kind_of(lands).kind, lands)


def _renamed(batch: pa.RecordBatch, kept: pa.Schema) -> pa.RecordBatch:
    """Give the columns names that no condition can mistake, and the types that silver keeps."""
    columns = [column.cast(field.type) for column, field in zip(batch.columns, kept, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=kept)


def _query(conditions: Sequence[str], operation: str) -> str:
    counters = [f"count(*) FILTER (WHERE NOT coalesce({each}, FALSE))" for each in conditions]
    selected = ", ".join(["count(*)", *counters])
    return f"SELECT {selected} FROM landed WHERE {operation} <> '{DELETE}'"


def _count(rows: _Rows, query: str, table: TableSpec) -> list[int]:
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.read())
    with duckdb.connect(config=_CONFIG) as engine:
        engine.register("landed", reader)
        try:
            found = engine.execute(query).fetchone()
        except duckdb.Error as error:
            if rows.fault is not None:
                raise rows.fault from error
            # Not its message: that may hold values of rows.
            names = ", ".join(rule.name for rule in table.quality)
            raise RuleRefused(
                f"{table.name}: one of the rules {names} cannot be computed of some row "
                f"({type(error).__name__})"
            ) from None
    return [int(count) for count in found or ()]

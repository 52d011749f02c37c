"""What is told of lineage at which step, before the step answers: should the worker die, it is told again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from shared.catalog import SourceSpec
from shared.lakehouse.handover import HandOver
from shared.lakehouse.records import RefreshRecord
from shared.landing import paths
from shared.landing.lake import Lake
from shared.landing.manifest import Manifest
from shared.landing.plans import read_plan, read_receipts
from shared.loading.order import FINAL
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Receipt
from shared.loading.trace import read_place, span_id_of
from shared.operations.records import OrderRecord, RunRecord
from shared.telemetry.answered import Answered
from shared.telemetry.gold_lineage import gold_events, read_gold
from shared.telemetry.lineage import (
    Asserted,
    Dataset,
    Lineage,
    LineageEvent,
    LineageRun,
    Moment,
)

# What landing adds to a source's columns, with the types of the contract of bronze.
_ADDED = (
    ("_op", "string"),
    ("_run_no", "int64"),
    ("_read_at", "timestamp"),
    ("_run_id", "string"),
    ("_loaded_at", "timestamp"),
)
_MOMENTS: dict[str, Moment] = {"succeeded": "COMPLETE", "failed": "FAIL", "cancelled": "ABORT"}
_COMMITTED = ("loaded", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageWatch:
    """Tells of orders, loads and refreshes. `place_of` names a source's table, `lake_host` the lake."""

    lineage: Lineage
    lake: Lake
    lake_host: str
    place_of: Callable[[SourceSpec, str], tuple[str, str]]
    handover: Callable[[int], HandOver | None]

    def __call__(self, answered: Answered) -> None:
        """Tell of one execution, if it is one of those that change what is known."""
        tell = {
            "open_order": self._begin_order,
            "plan_load": self._begin_run,
            "judge_quality": self._judge_run,
            "advance_watermark": self._complete_run,
            "end_turn": self._end_run,
            "close_order": self._end_order,
            "hand_over": self._begin_refresh,
            "close_refresh": self._end_refresh,
        }.get(answered.step)
        if tell is not None and (answered.how == "gave" or answered.step == "judge_quality"):
            tell(answered)

    def _begin_order(self, answered: Answered) -> None:
        order = answered.given
        run = _order_run(order["order_id"], order.get("attempt", 1))
        self.lineage.tell(LineageEvent(moment="START", at=_at(answered.began), run=run))

    def _end_order(self, answered: Answered) -> None:
        record = msgspec.convert(answered.gave, OrderRecord)
        if record.state not in FINAL:
            return
        error = record.error.type if record.error else "RunsFailed" if record.failed else None
        self.lineage.tell(
            LineageEvent(
                moment=_MOMENTS[record.state],
                at=record.ended_at or _at(answered.ended),
                run=_order_run(record.order.order_id, record.order.attempt),
                error=error,
            )
        )

    def _begin_run(self, answered: Answered) -> None:
        """Say what is read; a run that finds nothing to read is not told of."""
        if not answered.gave["path"]:
            return
        plan, order = read_plan(self.lake, answered.gave["path"]), answered.given["order"]
        run, parent = _runs(plan.table, plan.run_id, plan.order_id, order.get("attempt", 1))
        self.lineage.tell(
            LineageEvent(
                moment="START",
                at=_at(answered.began),
                run=run,
                parent=parent,
                inputs=(self._read(plan, ()),),
                outputs=(self._landed(plan.target),),
            )
        )

    def _judge_run(self, answered: Answered) -> None:
        """Say what was read, and what the rules say of it, also where they keep the run back."""
        place, path = read_place(answered.traceparent), answered.given["plan"]
        if place is None or not self.lake.exists(path):
            return  # a late execution: the run has ended, and its plan is gone
        plan = read_plan(self.lake, path)
        receipts = read_receipts(self.lake, path, [part.number for part in plan.slices])
        run = LineageRun(job=plan.table, key=place.span_id, kind="LOAD")
        source = self._read(plan, receipts)
        self.lineage.tell(
            LineageEvent(moment="RUNNING", at=_at(answered.ended), run=run, inputs=(source,))
        )

    def _complete_run(self, answered: Answered) -> None:
        record = msgspec.convert(answered.gave, RunRecord)
        run, parent = _runs(record.table, record.run_id, record.order_id, record.attempt)
        self.lineage.tell(
            LineageEvent(
                moment="COMPLETE",
                at=record.ended_at or _at(answered.ended),
                run=run,
                parent=parent,
                outputs=self._written(record),
            )
        )

    def _end_run(self, answered: Answered) -> None:
        """Say how a run ended that committed nothing. One that failed before its plan begins here as well."""
        record = msgspec.convert(answered.gave, RunRecord)
        planned = answered.given.get("staged") is not None
        if record.outcome in _COMMITTED or not (planned or record.state == "failed"):
            return
        run, parent = _runs(record.table, record.run_id, record.order_id, record.attempt)
        end = LineageEvent(
            moment=_MOMENTS[record.state],
            at=record.ended_at or _at(answered.ended),
            run=run,
            parent=parent,
            error=record.error.type if record.error else None,
        )
        if not planned:
            begin = replace(end, moment="START", at=record.started_at, error=None)
            self.lineage.tell(begin)
        self.lineage.tell(end)

    def _begin_refresh(self, answered: Answered) -> None:
        if answered.gave.get("number") and not answered.given.get("looks"):
            number, attempt = answered.gave["number"], answered.gave["attempt"]
            self._tell_refresh("START", number, attempt, _at(answered.began), None)

    def _end_refresh(self, answered: Answered) -> None:
        record = msgspec.convert(answered.gave, RefreshRecord)
        moment = _MOMENTS.get(record.state)
        if moment is not None and record.attempt == answered.given["attempt"]:
            at = record.ended_at or _at(answered.ended)
            error = record.error.type if record.error else None
            self._tell_refresh(moment, record.number, record.attempt, at, error)

    def _tell_refresh(
        self, moment: Moment, number: int, attempt: int, at: str, error: str | None
    ) -> None:
        handover = self.handover(number)
        if handover is None:
            return
        tables = [table for table in handover.tables if table.runs]
        silver = [path for table in tables for path in (table.silver, f"{table.silver}__history")]
        key = f"refresh {handover.created_at} {number} {attempt}"
        run = LineageRun(job="refresh_lakehouse", key=key, kind="REFRESH")
        if moment == "COMPLETE":
            for event in gold_events(read_gold(self.lake, number), run, self._landed):
                self.lineage.tell(event)
        self.lineage.tell(
            LineageEvent(
                moment=moment,
                at=at,
                run=run,
                inputs=tuple(self._landed(table.target) for table in tables),
                outputs=tuple(self._landed(path) for path in silver),
                error=error,
            )
        )

    def _read(self, plan: LoadPlan, receipts: Sequence[Receipt]) -> Dataset:
        """Give the source's table, with what receipts say of what was read of it."""
        namespace, name = self.place_of(plan.spec.source, plan.spec.table)
        columns = tuple((each.name, each.source_type) for each in plan.columns)
        dataset = Dataset(namespace=namespace, name=name, columns=columns)
        if not receipts:
            return dataset
        nulls: dict[str, int] = {}
        for each in (null for receipt in receipts for null in receipt.nulls):
            nulls[each.column] = nulls.get(each.column, 0) + each.nulls
        return replace(
            dataset,
            rows=sum(receipt.read for receipt in receipts),
            nulls=nulls,
            asserted=_asserted(plan, receipts),
        )

    def _written(self, record: RunRecord) -> tuple[Dataset, ...]:
        """Give what a run let appear, as its manifest says."""
        if record.folder is None:
            return ()
        manifest = msgspec.json.decode(
            self.lake.read(f"{record.folder}/{paths.MANIFEST}"), type=Manifest
        )
        columns = tuple((each.name, each.lands or each.source_type) for each in manifest.columns)
        return (
            replace(
                self._landed(record.folder.rsplit("/", 1)[0]),
                columns=(*columns, *_ADDED),
                rows=manifest.rows,
                bytes=sum(file.bytes for file in manifest.files),
                files=len(manifest.files),
            ),
        )

    def _landed(self, target: str) -> Dataset:
        """Name a folder of the lake as OpenLineage names them."""
        filesystem, _, name = target.partition("/")
        return Dataset(namespace=f"abfss://{filesystem}@{self.lake_host}", name=name)


def _asserted(plan: LoadPlan, receipts: Sequence[Receipt]) -> tuple[Asserted, ...]:
    judged = [receipt.judged for receipt in receipts if receipt.judged]
    return tuple(
        Asserted(
            rule=rule.name,
            severity=rule.severity,
            broken=sum(b.rows for each in judged for b in each.broken if b.rule == rule.name),
            rows=sum(each.rows for each in judged),
        )
        for rule in plan.spec.quality
        if judged
    )


def _runs(table: str, run_id: str, order_id: str, attempt: int) -> tuple[LineageRun, LineageRun]:
    """Name the run of a table in an attempt, and the order's above it."""
    key = span_id_of(f"run {run_id} {attempt}")
    return LineageRun(job=table, key=key, kind="LOAD"), _order_run(order_id, attempt)


def _order_run(order_id: str, attempt: int) -> LineageRun:
    return LineageRun(job="load_batch", key=span_id_of(f"order {order_id} {attempt}"), kind="ORDER")


def _at(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat()

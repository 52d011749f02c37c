"""The page about drift, and what a load of its table does after a change."""

from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from shared.catalog import TableSpec
from shared.extraction.planning import PlanBasis, make_plan
from shared.extraction.source import Session
from shared.loading.errors import IngestError
from shared.loading.order import Mode, TableOrder
from shared.loading.plan import LoadPlan
from shared.loading.watermark import Watermark

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "drift.md"
POLICIES = ("add", "freeze", "quarantine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the page: what is done at the source, and what each kind of load does then."""

    name: str
    postgresql: str
    mariadb: str
    incremental: dict[str, str]
    ordered: dict[Mode, str]
    remedy: str


def cases() -> list[Case]:
    """Give the rows of the page's table."""
    lines = PAGE.read_text(encoding="utf-8").split("\n| Case | ")[1].splitlines()[2:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [_case(line.strip("| ").split(" | ")) for line in table]


def _case(cells: list[str]) -> Case:
    name, *rest = cells
    postgresql, mariadb, add, freeze, aside, backfill, initial, snapshot, remedy = (
        cell.strip("`") for cell in rest
    )
    return Case(
        name=name,
        postgresql=postgresql,
        mariadb=mariadb,
        incremental={"add": add, "freeze": freeze, "quarantine": aside},
        ordered={"backfill": backfill, "initial": initial, "snapshot": snapshot},
        remedy=remedy,
    )


def outcomes(session: Session, spec: TableSpec, first: LoadPlan) -> Case:
    """Say what loads would do that come after the first, as a row of the page does."""
    frozen = {policy: replace(spec, on_drift=policy) for policy in POLICIES}
    return Case(
        name="",
        postgresql="",
        mariadb="",
        incremental={policy: _outcome(session, frozen[policy], first) for policy in POLICIES},
        ordered={
            mode: _outcome(session, spec, first, mode)
            for mode in ("backfill", "initial", "snapshot")
        },
        remedy="",
    )


def plan_first(session: Session, spec: TableSpec) -> LoadPlan:
    """Plan the first load of a table."""
    return make_plan(session, _basis(spec, "incremental")).plan


def _outcome(session: Session, spec: TableSpec, first: LoadPlan, mode: Mode = "incremental") -> str:
    assert first.bound.value is not None
    assert first.cursor is not None
    watermark = Watermark(
        position=first.bound.value,
        how=first.bound.how,
        run_id="r",
        moved_at="t",
        zoned=first.cursor.zoned,
    )
    basis = replace(_basis(spec, mode), watermark=watermark, columns=first.columns)
    try:
        plan = make_plan(session, basis).plan
    except IngestError as error:
        return type(error).__name__
    return "quarantined" if plan.reasons else "lands"


def _basis(spec: TableSpec, mode: Mode) -> PlanBasis:
    order = TableOrder(
        order_id="20260101T000000000Z-00000a", table=spec.name, mode=mode, reason="request"
    )
    return PlanBasis(
        order=order,
        spec=spec,
        run_no=1,
        watermark=None,
        published_run_no=0,
        columns=(),
        marks=(),
        planned_at="t",
    )

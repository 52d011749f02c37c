"""Plans, receipts and landings are written once; whoever comes later gets what was written first."""

from dataclasses import replace

import pytest
from landing_samples import RUN, SPEC, TARGET, landing, plan
from memory_lake import MemoryLake

from shared.catalog import RuleSpec
from shared.landing import paths
from shared.landing.plans import (
    find_plan,
    find_receipt,
    read_landing,
    read_plan,
    read_receipts,
    store_landing,
    store_plan,
    store_receipt,
    store_spans,
)
from shared.loading.errors import PlanUnreadable
from shared.loading.span import Span
from shared.loading.turn import Turn

LAST = Turn(last_run=RUN)


def test_a_plan_is_read_back_as_it_was_stored() -> None:
    lake = MemoryLake()
    stored, path = store_plan(lake, plan(), 3)
    assert stored == plan()
    assert read_plan(lake, path) == plan()


def test_a_repeated_planning_of_an_epoch_gets_the_first_plan() -> None:
    lake = MemoryLake()
    store_plan(lake, plan(), 3)
    stored, _ = store_plan(lake, plan(watermark_before="11"), 3)
    assert stored == plan()


def test_another_epoch_has_a_plan_of_its_own() -> None:
    lake = MemoryLake()
    _, first = store_plan(lake, plan(), 3)
    stored, second = store_plan(lake, plan(run_no=4), 4)
    assert first != second
    assert stored.run_no == 4


def test_a_rerun_adopts_the_newest_plan_of_its_run() -> None:
    lake = MemoryLake()
    store_plan(lake, plan(), 9)
    store_plan(lake, plan(run_no=10), 10)
    found = find_plan(lake, SPEC, RUN, LAST)
    assert found is not None
    assert found[0].run_no == 10


def test_a_rerun_adopts_the_newest_plan_wherever_it_is_staged() -> None:
    lake = MemoryLake()
    store_plan(lake, plan(), 3)
    _, aside = store_plan(lake, plan(run_no=4, reasons=("drifted",)), 4)
    assert aside.startswith("quarantine/_staging/")
    assert find_plan(lake, SPEC, RUN, LAST) == (read_plan(lake, aside), aside)
    store_plan(lake, plan(run_no=5), 5)
    found = find_plan(lake, SPEC, RUN, LAST)
    assert found is not None
    assert found[0].run_no == 5


def test_a_period_is_cut_once() -> None:
    lake, path = MemoryLake(), "bronze/_state/t/backfill-o.json"
    first = (Span(upto="7"), Span(after="7", upto="9"), Span(nulls=True))
    assert store_spans(lake, path, lambda: first) == first
    assert store_spans(lake, path, lambda: (Span(upto="9"),)) == first


def test_a_period_that_somebody_else_has_cut_meanwhile_is_theirs() -> None:
    lake, path = MemoryLake(), "bronze/_state/t/backfill-o.json"
    theirs = (Span(upto="7"),)

    def cut() -> tuple[Span, ...]:
        store_spans(lake, path, lambda: theirs)
        return (Span(upto="9"),)

    assert store_spans(lake, path, cut) == theirs


def test_a_plan_is_not_adopted_once_somebody_else_had_the_turn() -> None:
    lake = MemoryLake()
    store_plan(lake, plan(), 3)
    assert find_plan(lake, SPEC, RUN, Turn(last_run="other")) is None


def test_a_plan_for_another_spec_is_not_adopted() -> None:
    lake = MemoryLake()
    store_plan(lake, plan(), 3)
    assert find_plan(lake, replace(SPEC, nulls="ignore"), RUN, LAST) is None
    ruled = RuleSpec(name="paid", rule="no > 0", severity="block")
    assert find_plan(lake, replace(SPEC, quality=(ruled,)), RUN, LAST) is None
    assert find_plan(lake, replace(SPEC, schedule="0 0 3 * * *"), RUN, LAST) is not None


def test_a_run_without_a_plan_has_none_to_adopt() -> None:
    assert find_plan(MemoryLake(), SPEC, RUN, LAST) is None


def test_the_first_receipt_of_a_slice_counts() -> None:
    lake = MemoryLake()
    _, path = store_plan(lake, plan(), 3)
    [receipt] = landing(1).receipts
    assert store_receipt(lake, path, receipt) == receipt
    assert store_receipt(lake, path, replace(receipt, execution="later")) == receipt
    assert find_receipt(lake, path, 0) == receipt
    assert find_receipt(lake, path, 1) is None
    assert read_receipts(lake, path, [0, 1]) == (receipt,)


def test_the_first_landing_of_an_epoch_counts() -> None:
    lake = MemoryLake()
    _, plan_path = store_plan(lake, plan(), 3)
    first = replace(landing(1), plan=plan_path)
    _, path = store_landing(lake, first, 3)
    stored, _ = store_landing(lake, replace(first, findings=("late",)), 3)
    assert stored == read_landing(lake, path) == first


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"run_id": 1}'])
def test_a_damaged_or_missing_file_is_a_typed_stop(content: bytes | None) -> None:
    lake = MemoryLake()
    path = paths.landing_file(paths.plan_file(TARGET, RUN, 1), 1)
    if content is not None:
        lake.write(path, content)
    with pytest.raises(PlanUnreadable, match="missing or damaged"):
        read_landing(lake, path)
    with pytest.raises(PlanUnreadable, match="missing or damaged"):
        read_plan(lake, path)

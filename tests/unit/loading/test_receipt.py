"""Receipts prove that what is landed is what was read; the verdict says whether to commit."""

from dataclasses import replace
from typing import Any

import pytest
from loading_samples import plan

from shared.catalog.spec import CursorKind
from shared.loading.bound import Bound
from shared.loading.errors import ReceiptBroken
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import (
    LandedFile,
    Landing,
    Receipt,
    check_landing,
    is_idle,
    verdict_of,
)
from shared.loading.span import Span

BEFORE = "2026-01-01 00:00:00.000000"
MOVED = Bound(value="2026-01-02 00:00:00.000000", how="settled")
NUMBERED = (Slice(number=0, span=Span(after=BEFORE)), Slice(number=1, span=Span(nulls=True)))


def receipt(number: int, rows: int = 0, **fields: Any) -> Receipt:
    file = LandedFile(path=f"s/{number}", name=f"part-{number}", rows=rows, bytes=rows * 10)
    usual = Receipt(
        slice=number,
        execution=f"e{number}",
        read=rows,
        landed=rows,
        unchanged=0,
        read_at="2026-01-02T00:00:00.000000",
        files=(file,) if rows else (),
    )
    return replace(usual, **fields)


def landing(*receipts: Receipt) -> Landing:
    return Landing(run_id="r", plan="p.json", receipts=receipts)


def test_receipts_that_cover_the_plan_and_add_up_are_accepted() -> None:
    check_landing(plan(slices=NUMBERED), (receipt(1), receipt(0, 5)))


@pytest.mark.parametrize(
    "receipts",
    [
        (receipt(0, 5),),
        (receipt(0, 5), receipt(0, 5)),
        (receipt(0, 5), receipt(1), receipt(2)),
        (),
    ],
)
def test_a_slice_missing_or_there_twice_is_refused(receipts: tuple[Receipt, ...]) -> None:
    with pytest.raises(ReceiptBroken, match=r"the plan has \[0, 1\]"):
        check_landing(plan(slices=NUMBERED), receipts)


@pytest.mark.parametrize(
    "broken",
    [
        receipt(0, 5, read=6),
        receipt(0, 5, landed=4),
        receipt(0, 5, unchanged=1),
        receipt(0, 5, files=()),
    ],
)
def test_numbers_that_do_not_add_up_are_refused(broken: Receipt) -> None:
    with pytest.raises(ReceiptBroken, match="slice 0: read"):
        check_landing(plan(slices=NUMBERED), (broken, receipt(1)))


def test_a_landing_sums_up_rows_files_and_bytes() -> None:
    verdict = verdict_of(landing(receipt(0, 5), receipt(1, 2)), "l.json", idle=False)
    assert (verdict.rows, verdict.files, verdict.bytes, verdict.idle) == (7, 2, 70, False)


def test_rows_to_publish_are_never_idle() -> None:
    assert not is_idle(
        plan(bound=Bound(value=BEFORE, how="settled")), (receipt(0, 1),), loaded=True
    )


def test_rows_known_already_still_carry_the_watermark_past_them() -> None:
    assert not is_idle(plan(bound=MOVED), (receipt(0, read=5, unchanged=5),), loaded=True)


def test_rows_known_already_are_idle_while_the_bound_stands() -> None:
    known = receipt(0, read=5, unchanged=5)
    assert is_idle(plan(bound=Bound(value=BEFORE, how="settled")), (known,), loaded=True)
    assert is_idle(plan(bound=Bound(value=None, how="settled")), (known,), loaded=True)


def test_rows_without_a_cursor_value_move_no_watermark() -> None:
    only_nulls = plan(slices=(Slice(number=0, span=Span(nulls=True)),), bound=MOVED)
    assert is_idle(only_nulls, (receipt(0, read=3, unchanged=3),), loaded=True)


def test_an_empty_snapshot_is_published() -> None:
    empty = plan(mode="snapshot", cursor=None, slices=(Slice(number=0, span=Span()),))
    assert not is_idle(empty, (receipt(0),), loaded=True)


def test_a_backfill_without_rows_is_idle() -> None:
    assert is_idle(
        plan(mode="backfill", bound=MOVED), (receipt(0, read=5, unchanged=5),), loaded=True
    )


def emptied(kind: CursorKind) -> LoadPlan:
    usual = plan(mode="initial", watermark_before=None, bound=MOVED)
    return replace(usual, spec=replace(usual.spec, cursor=replace(usual.spec.cursor, kind=kind)))


@pytest.mark.parametrize(("kind", "idle"), [("change_tracking", False), ("rowversion", True)])
def test_an_initial_load_of_an_emptied_table_says_where_its_changes_are_there_again(
    kind: CursorKind, *, idle: bool
) -> None:
    assert is_idle(emptied(kind), (receipt(0),), loaded=True) is idle


def test_a_tracked_table_that_never_held_a_row_has_nothing_to_publish() -> None:
    assert is_idle(emptied("change_tracking"), (receipt(0),), loaded=False)

"""The watermark moves to the bound of a load, or stays."""

from loading_samples import plan

from shared.loading.bound import NO_BOUND, Bound
from shared.loading.plan import refer
from shared.loading.slices import number_slices
from shared.loading.span import Span
from shared.loading.watermark import Watermark, advance

FIRST = Watermark(position="10", how="exact", run_id="r1", moved_at="t1")


def move(before: Watermark | None, bound: Bound) -> Watermark | None:
    return advance(before, bound, run_id="r2", at="t2", overlap="o.bin", run_no=7)


def test_a_load_moves_the_watermark_to_its_bound() -> None:
    assert move(FIRST, Bound(value="20", how="settled")) == Watermark(
        position="20",
        how="settled",
        run_id="r2",
        moved_at="t2",
        version=2,
        overlap="o.bin",
        overlap_run_no=7,
    )


def test_the_first_watermark_is_the_first_version() -> None:
    moved = move(None, Bound(value="20", how="exact"))
    assert moved is not None
    assert moved.version == 1


def test_a_load_that_found_nothing_safe_leaves_the_watermark() -> None:
    assert move(FIRST, NO_BOUND) is FIRST
    assert move(None, NO_BOUND) is None


def test_only_incremental_and_initial_loads_with_a_cursor_advance() -> None:
    assert plan(mode="incremental").advances
    assert plan(mode="initial").advances
    assert not plan(mode="backfill").advances
    assert not plan(mode="snapshot").advances
    assert not plan(mode="initial", cursor=None).advances


def test_rows_are_marked_as_a_snapshot_only_by_a_snapshot() -> None:
    assert plan(mode="snapshot").operation == "snapshot"
    assert plan(mode="backfill").operation == "upsert"


def test_a_reference_says_how_many_slices_there_are_and_how_many_may_be_read_at_once() -> None:
    slices = number_slices([Span(after=str(n)) for n in range(5)])
    reference = refer(plan(slices=slices), "p", at_once=2)
    assert (reference.path, reference.slices, reference.parallel) == ("p", 5, 2)


def test_a_run_that_is_set_aside_advances_nothing_and_lies_in_quarantine() -> None:
    aside = plan(reasons=("a is new",))
    assert not aside.advances
    assert aside.target == "quarantine/crm/dbo.Users"
    assert refer(aside, "p", at_once=1).quarantined

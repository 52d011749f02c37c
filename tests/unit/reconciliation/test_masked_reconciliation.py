"""Rows with masked columns are compared as they land; a hashed key is not compared at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from shared.catalog import ColumnSpec, MaskSpec
from shared.extraction.source import KeyScan, Reading
from shared.landing.publication import publish
from shared.landing.slicing import SliceLanding
from shared.loading.masks import MaskKey, tell_mask
from shared.loading.plan import LoadPlan, Slice
from shared.loading.receipt import Landing, Receipt, Repairs
from shared.loading.span import Span
from shared.reconciliation.images import survey_images
from shared.reconciliation.slicing import (
    SliceReconciliation,
    scanned_columns,
    source_hashed_columns,
)
from tests.unit.landing.landing_samples import READ_AT, TARGET
from tests.unit.landing.memory_lake import MemoryLake
from tests.unit.reconciliation.test_slice_reconciliation import NOW, WIDE, Row, batch, planned

KEY = MaskKey(secret=b"a key of more than thirty-two characters")
SHA, CUT = MaskSpec(how="sha256"), MaskSpec(how="truncate", length=1)


def of(no: int, mask: MaskSpec, **fields: Any) -> LoadPlan:
    plan = planned(no, **fields)
    columns = (*plan.columns[:2], replace(plan.columns[2], mask=tell_mask(mask, KEY)))
    spec = replace(plan.spec, columns=ColumnSpec(mask=(("v", mask),)))
    return replace(plan, spec=spec, columns=columns)


def load(lake: MemoryLake, rows: Sequence[Row], mask: MaskSpec) -> None:
    plan = of(1, mask)
    landing = SliceLanding(
        lake=lake,
        plan=plan,
        part=plan.slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: NOW,
        mask_key=KEY,
    )
    receipt = landing.land(Reading(read_at=READ_AT, schema=WIDE, batches=iter([batch(rows)])))
    publish(lake, plan, Landing(run_id=plan.run_id, plan="p", receipts=(receipt,)))


def reconcile(
    lake: MemoryLake, rows: Sequence[Row], mask: MaskSpec, compare: str = "rows"
) -> Receipt:
    plan = of(50, mask, mode="reconcile", slices=(Slice(number=0, span=Span()),), compare=compare)
    assert source_hashed_columns(plan) == ()
    scanned = batch(rows)

    def find(keys: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        wanted = set(keys["id"].to_pylist())
        yield batch([row for row in rows if row[0] in wanted])

    scan = KeyScan(
        read_at=READ_AT,
        schema=WIDE,
        batches=iter([scanned.select(list(scanned_columns(plan)))]),
        find=find,
    )
    slicing = SliceReconciliation(
        lake=lake,
        plan=plan,
        part=plan.slices[0],
        images=survey_images(lake, TARGET),
        execution="x",
        now=lambda: NOW,
        mask_key=KEY,
    )
    return slicing.land(scan)


@pytest.mark.parametrize("compare", ["rows", "keys"])
def test_a_copy_that_is_masked_is_the_same_as_its_source(compare: str) -> None:
    lake = MemoryLake()
    load(lake, [(1, 11, "ada@x.org"), (2, 12, "eve@x.org")], SHA)
    found = reconcile(lake, [(1, 11, "ada@x.org"), (2, 12, "eve@x.org")], SHA, compare)
    assert found.repairs == Repairs(compared=2)


def test_a_masked_value_that_changed_unseen_is_found_and_lands_masked() -> None:
    lake = MemoryLake()
    load(lake, [(1, 11, "ada@x.org"), (2, 12, "eve@x.org")], SHA)
    found = reconcile(lake, [(1, 11, "ada@x.org"), (2, 12, "new@x.org"), (3, 13, "b@x.org")], SHA)
    assert found.repairs == Repairs(compared=3, changed=1, missing=1)
    assert all(b"x.org" not in content for content in lake.files.values())


def test_what_a_mask_takes_away_is_not_compared() -> None:
    lake = MemoryLake()
    load(lake, [(1, 11, "ada"), (2, 12, "eve")], CUT)
    found = reconcile(lake, [(1, 11, "abc"), (2, 12, "xyz")], CUT)
    assert found.repairs == Repairs(compared=2, changed=1)

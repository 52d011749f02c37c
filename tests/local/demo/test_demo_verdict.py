"""When a comparison passes although not all is equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.demo.verdict import Verdict
from local.oracle import Comparison, Keys
from local.sample.change import Change

EQUAL = Comparison(
    table="spotify/dbo.FactStream",
    source_rows=5,
    lake_rows=5,
    missing=Keys(),
    extra=Keys(),
    different=Keys(),
    columns=(),
    published_twice=Keys(),
    faults=(),
    runs=1,
    landed_rows=5,
    files=1,
    bytes=10,
)
UNSEEN = Change(name="corrected", table="dbo.FactStream", keys=("1", "2"), seen=False)
DIFFERENT = replace(EQUAL, different=Keys(count=2, examples=("1", "2")), columns=("duration",))


def test_what_is_equal_passes() -> None:
    assert Verdict(comparison=EQUAL).passed


def test_exactly_the_unseen_rows_may_differ() -> None:
    verdict = Verdict(comparison=DIFFERENT, unseen=(UNSEEN,))
    assert verdict.passed
    assert str(verdict) == "equal but for 2 unseen"
    assert next(verdict.describe()).startswith("Expected: spotify/dbo.FactStream")


@pytest.mark.parametrize(
    "found",
    [
        replace(DIFFERENT, different=Keys(count=3, examples=("1", "2", "3"))),
        replace(DIFFERENT, different=Keys(count=2, examples=("1", "3"))),
        replace(DIFFERENT, different=Keys(count=1, examples=("1",))),
        replace(DIFFERENT, missing=Keys(count=1, examples=("9",))),
        replace(DIFFERENT, extra=Keys(count=1, examples=("9",))),
        replace(DIFFERENT, published_twice=Keys(count=1, examples=("1",))),
        replace(DIFFERENT, faults=("run-1 has no manifest",)),
    ],
)
def test_anything_else_fails(found: Comparison) -> None:
    verdict = Verdict(comparison=found, unseen=(UNSEEN,))
    assert not verdict.passed
    assert str(verdict).startswith("NOT EQUAL: ")
    assert all(line.startswith(found.table) for line in verdict.describe())


def test_without_unseen_changes_nothing_may_differ() -> None:
    assert not Verdict(comparison=DIFFERENT).passed

"""One row that breaks a rule to block keeps a run back; other rules are told and let it pass."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.catalog import RuleSpec
from shared.loading.errors import ContractBroken
from shared.loading.receipt import Judged, LandedFile, Receipt, RuleCount
from shared.quality.contract import hold_to_contract, is_broken, judge_slice, needs_judging
from tests.unit.landing.landing_samples import SPEC, landing, plan
from tests.unit.landing.memory_lake import MemoryLake

ADULT = RuleSpec(name="adult", rule="age >= 18", severity="warn")
KNOWN = RuleSpec(name="known_plan", rule="plan IN ('Free')", severity="quarantine")
PAID = RuleSpec(name="paid", rule="amount > 0", severity="block")
PLAN = plan(spec=replace(SPEC, quality=(ADULT, KNOWN, PAID)))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def receipt(adult: int = 0, known_plan: int = 0, paid: int = 0, *, rows: int = 10) -> Receipt:
    counts = {"adult": adult, "known_plan": known_plan, "paid": paid}
    judged = Judged(rows=rows, broken=tuple(RuleCount(rule=r, rows=n) for r, n in counts.items()))
    return replace(landing().receipts[0], judged=judged)


class CountingJudge:
    """Finds every row of every file broken."""

    def count(
        self, lake: object, files: tuple[LandedFile, ...], table: object, now: datetime
    ) -> Judged:
        return Judged(rows=sum(file.rows for file in files), broken=())


def test_rules_that_warn_or_set_aside_are_findings_with_their_numbers() -> None:
    assert hold_to_contract(PLAN, [receipt(adult=2), receipt(adult=1, known_plan=4, rows=5)]) == (
        "rule adult (warn) is broken by 3 of 15 rows",
        "rule known_plan (quarantine) is broken by 4 of 15 rows",
    )


def test_a_rule_that_no_row_breaks_is_no_finding() -> None:
    assert hold_to_contract(PLAN, [receipt()]) == ()


def test_one_row_that_breaks_a_rule_to_block_keeps_the_run_back() -> None:
    with pytest.raises(ContractBroken) as broken:
        hold_to_contract(PLAN, [receipt(), receipt(adult=2, paid=1)])
    message = str(broken.value)
    assert message.startswith("crm/dbo.Users: ")
    assert "rule paid (block) is broken by 1 of 20 rows" in message
    assert "rule adult (warn) is broken by 2 of 20 rows" in message


def test_what_has_broken_the_contract_is_not_adopted_by_a_rerun() -> None:
    assert is_broken(PLAN, [receipt(), receipt(paid=1)])
    assert not is_broken(PLAN, [receipt(adult=5, known_plan=5)])


def test_only_rows_that_land_under_rules_are_judged_and_once() -> None:
    landed = landing().receipts[0]
    assert needs_judging(PLAN, landed)
    assert not needs_judging(PLAN, replace(landed, files=()))
    assert not needs_judging(replace(PLAN, reasons=("drift",)), landed)
    assert not needs_judging(plan(), landed)
    judged = judge_slice(CountingJudge(), MemoryLake(), PLAN, landed, NOW)
    assert judged.judged == Judged(rows=20, broken=())
    assert not needs_judging(PLAN, judged)

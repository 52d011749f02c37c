"""The contract at landing: what the table's rules say of the files that one run is about to publish.

Rows are judged where they landed, slice by slice, and the counts go with the receipts. All of them
together decide: one row that breaks a rule to `block` keeps the whole run back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared.catalog import RuleSpec, TableSpec
from shared.landing.lake import Lake
from shared.loading.errors import ContractBroken
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Judged, LandedFile, Receipt


class RuleJudge(Protocol):
    """Counts rows that break rules. Raises RuleRefused, ReceiptBroken, LakeUnavailable."""

    def count(
        self, lake: Lake, files: Sequence[LandedFile], table: TableSpec, now: datetime
    ) -> Judged:
        """Count what at least one file holds by the table's rules; `now` is the current time in UTC.

        A rule that is NULL is broken; rows that are deletes are not judged.
        """
        ...


def needs_judging(plan: LoadPlan, receipt: Receipt) -> bool:
    """Say whether rows of a slice have landed that no rule was held against.

    What is set aside in quarantine has not landed. A receipt of an earlier version is not judged.
    """
    has_rules = bool(plan.spec.quality) and not plan.reasons
    return has_rules and bool(receipt.files) and receipt.judged is None


def judge_slice(
    judge: RuleJudge, lake: Lake, plan: LoadPlan, receipt: Receipt, now: datetime
) -> Receipt:
    """Give the receipt with what the rules say of its files."""
    return replace(receipt, judged=judge.count(lake, receipt.files, plan.spec, now))


def hold_to_contract(plan: LoadPlan, receipts: Sequence[Receipt]) -> tuple[str, ...]:
    """Give a finding for each rule that is broken.

    Raises:
        ContractBroken: a rule to block is broken; names each with its numbers, and no values.
    """
    found = [(rule, rows) for rule in plan.spec.quality if (rows := _broken(rule, receipts))]
    judged = sum(receipt.judged.rows for receipt in receipts if receipt.judged)
    told = [
        f"rule {rule.name} ({rule.severity}) is broken by {rows} of {judged} rows"
        for rule, rows in found
    ]
    if any(rule.severity == "block" for rule, _ in found):
        raise ContractBroken(f"{plan.table}: {'; '.join(told)}")
    return tuple(told)


def is_broken(plan: LoadPlan, receipts: Sequence[Receipt]) -> bool:
    """Say whether what was read already breaks the contract, so that it has to be read anew."""
    blocking = [rule for rule in plan.spec.quality if rule.severity == "block"]
    return any(_broken(rule, receipts) for rule in blocking)


def _broken(rule: RuleSpec, receipts: Sequence[Receipt]) -> int:
    return sum(
        each.rows
        for receipt in receipts
        if receipt.judged
        for each in receipt.judged.broken
        if each.rule == rule.name
    )

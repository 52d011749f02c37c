"""Receipts: what one slice read and landed, and what a whole run is about to publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.loading.errors import ReceiptBroken
from shared.loading.plan import LoadPlan
from shared.loading.proof import Proof, Proven, summarize
from shared.loading.sentinels import NullShare
from shared.loading.versions import FileRead


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedFile:
    """One Parquet file in staging. `name` is what it will be called in bronze."""

    path: str
    name: str
    rows: int
    bytes: int
    cursor_min: str | None = None
    cursor_max: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NullCount:
    """How many NULLs a column held."""

    column: str
    nulls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """What a reconciliation found between source and lake, by key.

    `missing` rows were not in the lake and `changed` ones differed there: both were landed again.
    `deleted` ones are not at the source any more: a tombstone was landed for each. `rekeyed` counts
    pairs of a deleted and a missing row that are alike but for their key. `compared` counts all rows,
    those of both sides once; None on what was recorded before they were counted.
    """

    compared: int | None = None
    missing: int = 0
    changed: int = 0
    deleted: int = 0
    rekeyed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How many rows broke a rule."""

    rule: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How many landed rows were judged by the table's rules, deletes aside, and how many broke which."""

    rows: int
    broken: tuple[RuleCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one execution of one slice did.

    `read` rows came from the source, `unchanged` of them had been landed before just so and were
    left out, `landed` are in `files`: read = landed + unchanged. `read_at` is the source's clock.
    `overlap` is the path of the digests of rows that the next load will read again. `proof` is what
    source, files and rows left out agree upon, None on receipts from before there were any. For a
    reconciliation `read` counts the rows compared, on either side, `repairs` what it found, and
    `orphans` is the path of the hashes of rows that one side alone has. `judged` is None where the
    table has no rules of quality, or nothing landed. `reads` are the files that were read, and
    `malformed` the files in staging with the rows of them that could not be. `pages` counts the answers
    that were read where a source gives pages, and `findings` what the read had to tell.
    """

    slice: int
    execution: str
    read: int
    landed: int
    unchanged: int
    read_at: str
    files: tuple[LandedFile, ...]
    nulls: tuple[NullCount, ...] = ()
    overlap: str | None = None
    proof: Proof | None = None
    repairs: Repairs | None = None
    orphans: str | None = None
    judged: Judged | None = None
    reads: tuple[FileRead, ...] = ()
    malformed: tuple[LandedFile, ...] = ()
    pages: int = 0
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """All receipts of a plan: what a claim would publish.

    `null_share` is what they say of rows without a cursor value, None if those were not read.
    """

    run_id: str
    plan: str
    receipts: tuple[Receipt, ...]
    findings: tuple[str, ...] = ()
    overlap: str | None = None
    null_share: NullShare | None = None
    repairs: Repairs | None = None

    @property
    def files(self) -> tuple[LandedFile, ...]:
        """Every file that will be published, by slice."""
        return tuple(file for receipt in self.receipts for file in receipt.files)

    @property
    def reads(self) -> tuple[FileRead, ...]:
        """What became of every file that was to be read."""
        return tuple(read for receipt in self.receipts for read in receipt.reads)

    @property
    def rows(self) -> int:
        """Rows that will be published."""
        return sum(receipt.landed for receipt in self.receipts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What travels through history instead of a landing. `idle`: there is nothing to commit.

    `unread` counts the versions of files of which nothing landed.
    """

    landing: str
    rows: int
    files: int
    bytes: int
    idle: bool
    findings: tuple[str, ...] = ()
    proof: Proven | None = None
    repairs: Repairs | None = None
    unread: int = 0


def is_idle(plan: LoadPlan, receipts: Sequence[Receipt], *, loaded: bool) -> bool:
    """Say whether there is nothing to publish and nothing to advance over.

    `loaded` says that the table has a watermark. A snapshot is published also when it holds no row;
    rows with a cursor value that were all landed before still move the watermark past them, if the
    bound has moved. A file that was read is remembered, whatever it held.
    """
    if any(receipt.reads for receipt in receipts):
        return False
    if plan.mode == "snapshot" or any(receipt.landed for receipt in receipts):
        return False
    with_cursor = {part.number for part in plan.slices if not part.span.nulls}
    passed = any(receipt.read for receipt in receipts if receipt.slice in with_cursor)
    moves = plan.advances and plan.bound.value not in (None, plan.watermark_before)
    # A source keeps changes for a while only: it would clean up above a watermark that stays. And one that
    # was truncated stops every load, until a first one says from where on its changes are there again.
    must = plan.spec.cursor.kind == "change_tracking" and (plan.mode == "incremental" or loaded)
    return not ((passed or must) and moves)


def count_nulls(plan: LoadPlan, receipts: Sequence[Receipt]) -> NullShare | None:
    """Count rows without a cursor value against all rows of the table; None where they are not read.

    All of them are read with every load. Of the others an incremental load reads only what is new:
    there the table's rows are the engine's own estimate, at least as many as were read.
    """
    spec = plan.spec
    if not plan.advances or spec.nulls != "include":
        return None
    without = {part.number for part in plan.slices if part.span.nulls}
    nulls = sum(receipt.read for receipt in receipts if receipt.slice in without)
    read = sum(receipt.read for receipt in receipts)
    rows = read if plan.mode == "initial" else max(read, plan.estimated_rows)
    return NullShare(nulls=nulls, rows=rows)


def verdict_of(landing: Landing, path: str, *, idle: bool) -> Verdict:
    """Sum up a landing."""
    return Verdict(
        landing=path,
        rows=landing.rows,
        files=len(landing.files),
        bytes=sum(file.bytes for file in landing.files),
        idle=idle,
        findings=landing.findings,
        proof=summarize([receipt.proof for receipt in landing.receipts]),
        repairs=landing.repairs,
        unread=sum(read.fate != "landed" for read in landing.reads),
    )


def add_repairs(receipts: Sequence[Receipt], *, rekeyed: int) -> Repairs | None:
    """Add up what the slices of a reconciliation found; None for every other load."""
    found = [receipt.repairs for receipt in receipts if receipt.repairs is not None]
    if not found:
        return None
    return Repairs(
        # By what receipts have always said, also those of a run that an earlier version began.
        compared=sum(receipt.read for receipt in receipts),
        missing=sum(each.missing for each in found),
        changed=sum(each.changed for each in found),
        deleted=sum(each.deleted for each in found),
        rekeyed=rekeyed,
    )


def check_landing(plan: LoadPlan, receipts: Sequence[Receipt]) -> None:
    """Prove that the receipts cover the plan, slice by slice, and add up.

    Raises:
        ReceiptBroken: a slice is missing, is there twice, or its numbers do not add up.
    """
    wanted = [part.number for part in plan.slices]
    got = sorted(receipt.slice for receipt in receipts)
    if got != wanted:
        raise ReceiptBroken(f"receipts are for slices {got}, the plan has {wanted}")
    for receipt in receipts:
        in_files = sum(file.rows for file in receipt.files)
        if receipt.read != receipt.landed + receipt.unchanged or receipt.landed != in_files:
            raise ReceiptBroken(
                f"slice {receipt.slice}: read {receipt.read}, landed {receipt.landed}, "
                f"unchanged {receipt.unchanged}, in files {in_files}"
            )
        _check_files(plan, receipt)


def _check_files(plan: LoadPlan, receipt: Receipt) -> None:
    """Prove that every file of a slice is accounted for, and every row of it."""
    wanted = plan.slices[receipt.slice].files
    named = sorted((read.version.path, read.version.etag) for read in receipt.reads)
    if named != sorted((each.path, each.etag) for each in wanted):
        raise ReceiptBroken(
            f"slice {receipt.slice}: {len(named)} of {len(wanted)} files accounted for"
        )
    aside = sum(file.rows for file in receipt.malformed)
    malformed = sum(read.malformed for read in receipt.reads)
    rows = sum(read.rows for read in receipt.reads)
    if wanted and (rows, malformed) != (receipt.read, aside):
        raise ReceiptBroken(
            f"slice {receipt.slice}: its files have {rows} and {malformed} malformed rows, "
            f"landed were {receipt.read} and {aside}"
        )

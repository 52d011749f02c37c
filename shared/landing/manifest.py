"""The manifest: what a published run says of itself. Bronze is only what a manifest names."""

from __future__ import annotations

from dataclasses import dataclass

from shared.loading.bound import Bound
from shared.loading.plan import LoadPlan, PlannedColumn
from shared.loading.proof import Proof
from shared.loading.receipt import Landing, NullCount, Receipt, Repairs
from shared.loading.versions import FileRead


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """One file of the run; `name` is relative to the manifest."""

    name: str
    rows: int
    bytes: int
    cursor_min: str | None
    cursor_max: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestReceipt:
    """What one slice read, landed and left out because it was landed before just so; and its proof.

    `pages` is 0 where the source has none.
    """

    slice: int
    read: int
    landed: int
    unchanged: int
    read_at: str
    nulls: tuple[NullCount, ...]
    repairs: Repairs | None = None
    proof: Proof | None = None
    pages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contract with every reader of bronze. `columns` are the source's own, with its types.

    `reasons` say why a run in quarantine was set aside; they are empty in bronze. `read_files` are
    the versions of files that the run has read, of a source of files.
    """

    version: int = 1
    run_id: str
    run_no: int
    order_id: str
    table: str
    load_type: str
    watermark_before: str | None
    bound: Bound
    columns: tuple[PlannedColumn, ...]
    rows: int
    files: tuple[ManifestFile, ...]
    receipt: tuple[ManifestReceipt, ...]
    findings: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    repairs: Repairs | None = None
    read_files: tuple[FileRead, ...] = ()


def manifest_of(plan: LoadPlan, landing: Landing) -> Manifest:
    """Make the manifest; the same plan and landing always give the same one."""
    return Manifest(
        run_id=plan.run_id,
        run_no=plan.run_no,
        order_id=plan.order_id,
        table=plan.table,
        load_type=plan.mode,
        watermark_before=plan.watermark_before,
        bound=plan.bound,
        columns=plan.columns,
        rows=landing.rows,
        files=tuple(
            ManifestFile(
                name=file.name,
                rows=file.rows,
                bytes=file.bytes,
                cursor_min=file.cursor_min,
                cursor_max=file.cursor_max,
            )
            for file in landing.files
        ),
        receipt=tuple(_summary(receipt) for receipt in landing.receipts),
        findings=landing.findings,
        reasons=plan.reasons,
        repairs=landing.repairs,
        read_files=landing.reads,
    )


def _summary(receipt: Receipt) -> ManifestReceipt:
    return ManifestReceipt(
        slice=receipt.slice,
        read=receipt.read,
        landed=receipt.landed,
        unchanged=receipt.unchanged,
        read_at=receipt.read_at,
        nulls=receipt.nulls,
        repairs=receipt.repairs,
        proof=receipt.proof,
        pages=receipt.pages,
    )

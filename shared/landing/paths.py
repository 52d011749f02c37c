"""Where things lie in the lake. Staging is in the filesystem of its target, so that a rename can publish."""

from __future__ import annotations

from shared.loading.order import table_key

MANIFEST = "_manifest.json"


def staging(target: str, run_id: str) -> str:
    """Give a run's staging folder."""
    filesystem = target.split("/", 1)[0]
    return f"{filesystem}/_staging/{run_id}"


def staging_of_plan(plan: str) -> str:
    """Give the staging folder that a plan lies in."""
    return plan.rsplit("/", 2)[0]


def plan_file(target: str, run_id: str, epoch: int) -> str:
    """Give the file of the plan that was made in an epoch."""
    return f"{staging(target, run_id)}/plan-{epoch:06d}/plan.json"


def beside_plan(plan: str, name: str) -> str:
    """Give a file that belongs to one plan, such as `receipt-00003.json`."""
    return f"{plan.rsplit('/', 1)[0]}/{name}"


def receipt_file(plan: str, number: int) -> str:
    """Give the receipt of one slice; the first execution to finish writes it."""
    return beside_plan(plan, f"receipts/{number:05d}.json")


def images_file(plan: str) -> str:
    """Give the list of the files that a reconciliation compares with the source."""
    return beside_plan(plan, "images.json")


def landing_file(plan: str, epoch: int) -> str:
    """Give the file that gathers all receipts for a claim."""
    return beside_plan(plan, f"landing-{epoch:06d}.json")


def execution_folder(target: str, run_id: str, execution: str) -> str:
    """Give the folder that one execution of one activity writes its files to, and nobody else."""
    return f"{staging(target, run_id)}/{execution}"


def assembly(target: str, run_id: str) -> str:
    """Give the folder in which a claimed run is put together before it appears."""
    return f"{staging(target, run_id)}/assembly"


def published(target: str, run_id: str) -> str:
    """Give the folder as which a run appears in bronze."""
    return f"{target}/run_id={run_id}"


def part_name(number: int, part: int) -> str:
    """Name a file of a slice."""
    return f"part-{number:05d}-{part}.parquet"


def periods_file(target: str, table: str, order_id: str) -> str:
    """Give the file of the spans that a backfill without a start or an end was cut into."""
    filesystem = target.split("/", 1)[0]
    return f"{filesystem}/_state/{table_key(table)}/backfill-{order_id}.json"


def overlap_file(target: str, table: str, run_id: str) -> str:
    """Give the file of digests of rows that the next load will read again."""
    filesystem = target.split("/", 1)[0]
    return f"{filesystem}/_state/{table_key(table)}/overlap-{run_id}.bin"

"""The order of work and nothing else: deterministic generators, one per flow."""

from orchestrators import (
    backfill,
    extract_lane,
    finish_order,
    load_batch,
    load_table,
    refresh_lakehouse,
)

__all__ = [
    "backfill",
    "extract_lane",
    "finish_order",
    "load_batch",
    "load_table",
    "refresh_lakehouse",
]

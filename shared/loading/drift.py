"""Drift: how a table's columns differ from those that were published last, and whether to go on."""

from __future__ import annotations

from collections.abc import Sequence

from shared.catalog import TableSpec
from shared.loading.errors import SchemaDrifted
from shared.loading.order import Mode
from shared.loading.plan import PlannedColumn


def check_drift(
    spec: TableSpec, mode: Mode, last: Sequence[PlannedColumn], now: Sequence[PlannedColumn]
) -> tuple[str, ...]:
    """Give what changed, in words, if the load may go on.

    New columns are let through unless `on_drift` is `freeze`. A dropped column or a changed type
    is let through only by an initial or snapshot load, which reads every row anew. The order of
    columns does not matter.

    Raises:
        SchemaDrifted: with every difference that stops the load.
    """
    before = {column.name: column.source_type for column in last}
    after = {column.name: column.source_type for column in now}
    if not before:
        return ()
    excluded = set(spec.columns.exclude)
    added = [f"column {name} ({after[name]}) is new" for name in after if name not in before]
    broken = [
        f"column {name} ({before[name]}) is gone"
        for name in before
        if name not in after and name not in excluded
    ]
    broken += [
        f"column {name} was {before[name]} and is {after[name]}"
        for name in before
        if name in after and before[name] != after[name]
    ]
    stops = [*broken, *(added if spec.on_drift == "freeze" else ())]
    if stops and mode not in ("initial", "snapshot"):
        raise SchemaDrifted("; ".join(stops))
    return (*broken, *added)

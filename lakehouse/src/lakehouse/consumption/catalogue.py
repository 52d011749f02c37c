"""The data catalogue: one static page with every table, its columns, where it comes from, how fresh it is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import cast

from lakehouse.errors import LakehouseError
from lakehouse.gold.model import Column, Kind, Model, Table

_KINDS = {
    Kind.SCD2: "dimension with versions",
    Kind.SCD1: "dimension",
    Kind.DATE: "dimension of days",
    Kind.FACT: "fact",
    Kind.AGGREGATE: "aggregate",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #ccc}"
    "h2{margin-top:2.5rem}.kind,.facts{color:#555}code{font-size:.95em}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8cf}"
    ".kind,.facts{color:#aaa}th,td{border-color:#444}}"
)


class FreshnessInvalid(LakehouseError):
    """Write the file anew with `tidemark-lakehouse gold --freshness`, or leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When a table was refreshed last (ISO 8601, UTC), by which hand-over, and how many rows it has."""

    refreshed_at: str
    handover: int
    rows: int


def read_freshness(file: Path) -> Mapping[str, Freshness]:
    """Read `{"<table>": {"refreshed_at", "handover", "rows"}}`. Raises FreshnessInvalid."""
    try:
        content = cast("dict[str, dict[str, object]]", json.loads(file.read_text("utf-8")))
        return {
            table: Freshness(
                refreshed_at=str(said["refreshed_at"]),
                handover=int(str(said["handover"])),
                rows=int(str(said["rows"])),
            )
            for table, said in content.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise FreshnessInvalid(f"{file}: {error}") from error


def catalogue_page(model: Model, freshness: Mapping[str, Freshness]) -> str:
    """Write the page. A table that `freshness` does not know is said to be of unknown age."""
    return "\n".join(_page(model, freshness)) + "\n"


def _page(model: Model, freshness: Mapping[str, Freshness]) -> Iterator[str]:
    title = escape(model.title)
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}: data catalogue</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1><p>{escape(model.description)}</p>"
    yield "<table><thead><tr><th>Table</th><th>Kind</th><th>Refreshed</th><th>Rows</th></tr></thead>"
    for table in model.tables:
        fresh = freshness.get(table.name)
        when, rows = (escape(fresh.refreshed_at), f"{fresh.rows:,}") if fresh else ("unknown", "")
        yield f"<tr><td>{_link(table.name)}</td><td>{_KINDS[table.kind]}</td>"
        yield f"<td>{when}</td><td>{rows}</td></tr>"
    yield "</table>"
    for table in model.tables:
        yield from _table(model, table, freshness.get(table.name))
    yield "</body></html>"


def _table(model: Model, table: Table, fresh: Freshness | None) -> Iterator[str]:
    yield f'<h2 id="{escape(table.name)}">{escape(table.name)}</h2>'
    yield f'<p class="kind">{_KINDS[table.kind]}, <code>{escape(model.path(table))}</code></p>'
    yield f"<p>{escape(table.description)}</p>"
    yield f'<p class="facts">Made of: {_upstream(table)}<br>Read by: {_downstream(model, table)}'
    if fresh:
        yield f"<br>Refreshed {escape(fresh.refreshed_at)} by hand-over {fresh.handover}"
    yield "</p><table><thead><tr><th>Column</th><th>Type</th><th>Means</th></tr></thead>"
    keys = {each.column: each.dimension for each in table.relationships}
    for column in table.layout:
        yield _column(column, key=column.name in table.key, dimension=keys.get(column.name, ""))
    yield "</table>"
    if table.measures:
        yield "<table><thead><tr><th>Measure</th><th>Means</th></tr></thead>"
        for measure in table.measures:
            yield f"<tr><td>{escape(measure.name)}</td><td>{escape(measure.description)}</td></tr>"
        yield "</table>"


def _column(column: Column, *, key: bool, dimension: str) -> str:
    means = escape(column.description)
    if dimension:
        means += f" ({_link(dimension)})"
    name = f"<code>{escape(column.name)}</code>{' (key)' if key else ''}"
    nullable = "" if column.nullable else ", never empty"
    return f"<tr><td>{name}</td><td>{escape(column.type)}{nullable}</td><td>{means}</td></tr>"


def _upstream(table: Table) -> str:
    named = [f"<code>silver/{escape(table.silver)}</code>"] if table.silver else []
    named += [
        f"<code>silver/{escape(name)}</code>" if "/" in name else _link(name)
        for name in dict.fromkeys([*table.reads, *(each.dimension for each in table.relationships)])
    ]
    return ", ".join(named) or "the calendar"


def _downstream(model: Model, table: Table) -> str:
    named = [
        _link(other.name)
        for other in model.tables
        if table.name in other.reads or any(r.dimension == table.name for r in other.relationships)
    ]
    return ", ".join(named) or "no other table of gold"


def _link(table: str) -> str:
    return f'<a href="#{escape(table)}">{escape(table)}</a>'

"""Loads, backfills and reconciliations, ordered from the page."""

from __future__ import annotations

from collections.abc import Mapping

from shared.runtime.wiring import App
from web.api import routes
from web.api.bodies import COMPARISONS, LOAD_MODES
from web.api.exchange import Answer
from web.page.acting.form import Action, Field, Form, Sent, table_choices
from web.page.wording import HOME, order_path, table_path

_MODES = {
    "incremental": "Incremental: what is new since the watermark",
    "initial": "Initial: everything once more, then incremental from there",
    "snapshot": "Snapshot: a whole copy in place of all earlier runs",
}
_COMPARED = {
    "keys": "Keys: finds missing and deleted rows",
    "rows": "Whole rows: finds changed ones too, and takes longer",
}


def _back(given: Mapping[str, str]) -> str:
    return table_path(given["table"]) if given.get("table") else HOME


def _load_form(app: App, given: Mapping[str, str]) -> Form:
    sources = (("", "All sources"), *((each.name, each.name) for each in app.catalog.sources))
    modes = tuple((mode, _MODES[mode]) for mode in LOAD_MODES)
    table, source = given.get("table", ""), given.get("source", "")
    after = given.get("after", "")
    return Form(
        title=f"Load {table or source or 'tables'}",
        lead="Each table is loaded once its turn is free; one that fails does not stop the others.",
        button="Load",
        fields=(
            Field(
                name="table",
                label="Table",
                kind="choice",
                value=table,
                choices=table_choices(app, "All tables of the source"),
            ),
            Field(name="source", label="Source", kind="choice", value=source, choices=sources),
            Field(
                name="mode",
                label="Mode",
                kind="choice",
                value=given.get("mode", "incremental"),
                choices=modes,
            ),
            Field(
                name="after",
                label="Begin after",
                value=after,
                hint="A cursor value, for this order only and incremental loads only. Usually empty.",
            ),
        ),
        back=_back(given),
    )


def _load(given: Mapping[str, str]) -> Sent:
    body: dict[str, object] = {k: given[k] for k in ("source", "mode", "after") if k in given}
    if "table" in given:
        body["tables"] = [given["table"]]
    return Sent(route=routes.post_loads, body=body, path={})


_PERIOD = (
    (
        "from",
        "From",
        "A value of the table's cursor, itself included, such as 2026-01-01. Empty: the lowest.",
    ),
    ("to", "Up to", "Itself not included. Empty: up to the watermark."),
    (
        "window",
        "Window",
        "The size of a window, such as 7d or 100000; goes with From only. Empty: by rows.",
    ),
    ("parallel", "Windows at once", "From 1 to 16. Empty: 2."),
)


def _backfill_form(app: App, given: Mapping[str, str]) -> Form:
    table = given.get("table", "")
    period = (
        Field(name=name, label=label, value=given.get(name, ""), hint=hint)
        for name, label, hint in _PERIOD
    )
    return Form(
        title=f"Backfill {table}".strip(),
        lead="A period is loaded again, window by window. The watermark stays where it is.",
        button="Backfill",
        fields=(
            Field(
                name="table",
                label="Table",
                kind="choice",
                value=table,
                choices=table_choices(app, "Choose a table"),
                needed=True,
            ),
            *period,
        ),
        back=_back(given),
    )


def _backfill(given: Mapping[str, str]) -> Sent:
    names = ("table", "from", "to", "window")
    body: dict[str, object] = {k: given[k] for k in names if k in given}
    if "parallel" in given:
        body["parallel"] = whole_number(given["parallel"])
    return Sent(route=routes.post_backfills, body=body, path={})


def whole_number(text: str) -> object:
    """Read a whole number; what is none stays a text, which the API refuses by the field's name."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text  # noqa: PLR2004


def _reconcile_form(app: App, given: Mapping[str, str]) -> Form:
    table = given.get("table", "")
    return Form(
        title=f"Reconcile {table}".strip(),
        lead="The table is compared with its source by key, and what is missing, changed or deleted is repaired.",
        button="Reconcile",
        fields=(
            Field(
                name="table",
                label="Table",
                kind="choice",
                value=table,
                choices=table_choices(app, "Choose a table"),
                needed=True,
            ),
            Field(
                name="compare",
                label="Compare",
                kind="choice",
                value=given.get("compare", "keys"),
                choices=tuple((each, _COMPARED[each]) for each in COMPARISONS),
            ),
        ),
        back=_back(given),
    )


def _reconcile(given: Mapping[str, str]) -> Sent:
    body = {k: given[k] for k in ("table", "compare") if k in given}
    return Sent(route=routes.post_reconciliations, body=body, path={})


def order_page(_given: Mapping[str, str], answer: Answer) -> str:
    """Lead to the order that was placed."""
    return order_path(answer.body["order_id"])


LOAD_ACTIONS = (
    Action(name="load", form=_load_form, ask=_load, leads_to=order_page, names={"tables": "table"}),
    Action(name="backfill", form=_backfill_form, ask=_backfill, leads_to=order_page),
    Action(name="reconcile", form=_reconcile_form, ask=_reconcile, leads_to=order_page),
)

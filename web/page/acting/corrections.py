"""Watermarks moved by hand, refreshes of the lakehouse and rows let out of quarantine, from the page."""

from __future__ import annotations

from collections.abc import Mapping

from shared.runtime.wiring import App
from web.access.permissions import RELEASES
from web.api import refreshes, watermarks
from web.api.exchange import Answer
from web.page.acting.form import Action, Field, Form, Sent, table_choices
from web.page.acting.loads import whole_number
from web.page.wording import BELOW, HOME, refresh_path, table_path


def _table(app: App, given: Mapping[str, str]) -> Field:
    return Field(
        name="table",
        label="Table",
        kind="choice",
        value=given.get("table", ""),
        choices=table_choices(app, "Choose a table"),
        needed=True,
    )


def _reason(given: Mapping[str, str]) -> Field:
    return Field(
        name="reason",
        label="Reason",
        value=given.get("reason", ""),
        hint="Is kept with the watermark.",
        needed=True,
    )


def _back(given: Mapping[str, str]) -> str:
    return table_path(given["table"]) if given.get("table") else HOME


def _path(given: Mapping[str, str]) -> dict[str, str]:
    source, _, table = given.get("table", "").partition("/")
    return {"source": source, "table": table}


def _table_page(given: Mapping[str, str], _answer: Answer) -> str:
    return table_path(given["table"])


def _watermark_form(app: App, given: Mapping[str, str]) -> Form:
    table = given.get("table", "")
    known = app.catalog.by_name.get(table)
    mark = app.states.watermark(known.name) if known else None
    now = f"It stands at {mark.position}. " if mark else ""
    return Form(
        title=f"Set the watermark of {table or 'a table'}",
        lead=f"{now}The next load goes on from where it is set; what lies above it is loaded again.",
        button="Set the watermark",
        fields=(
            _table(app, given),
            Field(
                name="position",
                label="Position",
                value=given.get("position", ""),
                hint="A value of the table's cursor, in the source's own text.",
                needed=True,
            ),
            _reason(given),
            Field(
                name="skip",
                label="Rows in between may be skipped: they are loaded elsewhere, or not wanted",
                kind="tick",
                value=given.get("skip", ""),
            ),
        ),
        back=_back(given),
        grave=True,
    )


def _watermark(given: Mapping[str, str]) -> Sent:
    body: dict[str, object] = {k: given[k] for k in ("position", "reason") if k in given}
    body["skip"] = given.get("skip") == "yes"
    return Sent(route=watermarks.put_watermark, body=body, path=_path(given))


def _rollback_form(app: App, given: Mapping[str, str]) -> Form:
    table = given.get("table", "")
    return Form(
        title=f"Roll back the watermark of {table or 'a table'}",
        lead="The position of an earlier version comes back, as a new version. Rows above it are loaded again.",
        button="Roll back",
        fields=(
            _table(app, given),
            Field(name="version", label="To version", value=given.get("version", ""), needed=True),
            _reason(given),
        ),
        back=_back(given),
        grave=True,
    )


def _rollback(given: Mapping[str, str]) -> Sent:
    body: dict[str, object] = {k: given[k] for k in ("reason",) if k in given}
    if "version" in given:
        body["version"] = whole_number(given["version"])
    return Sent(route=watermarks.post_rollback, body=body, path=_path(given))


def _refresh_form(_app: App, _given: Mapping[str, str]) -> Form:
    return Form(
        title="Refresh the lakehouse",
        lead="What was published since the last hand-over is handed over; one that failed is taken up again.",
        button="Refresh",
        back=f"{BELOW}/refreshes",
    )


def _refresh(_given: Mapping[str, str]) -> Sent:
    return Sent(route=refreshes.post_refreshes, body={}, path={})


def _refreshed(_given: Mapping[str, str], answer: Answer) -> str:
    number = answer.body["number"]
    return refresh_path(number) if number else f"{BELOW}/refreshes?new=none"


def _release_form(app: App, given: Mapping[str, str]) -> Form:
    table = given.get("table", "")
    spec = app.catalog.by_name.get(table)
    columns = spec.key if spec else ()
    return Form(
        title=f"Release rows of {table or 'a table'}",
        lead=(
            "Rows that a rule has set aside are let into silver and gold as they are, with the next refresh, "
            "which is started. Without a key, all rows of the table that wait."
        ),
        button="Release",
        fields=(
            _table(app, given),
            *(
                Field(name=f"key.{name}", label=f"Key: {name}", value=given.get(f"key.{name}", ""))
                for name in columns
            ),
        ),
        back=_back(given),
        grave=True,
    )


def _release(given: Mapping[str, str]) -> Sent:
    key = {k.removeprefix("key."): v for k, v in given.items() if k.startswith("key.")}
    wanted: dict[str, object] = {"table": given.get("table")}
    if key:
        wanted["key"] = key
    return Sent(route=refreshes.post_refreshes, body={"release": [wanted]}, path={})


CORRECTIONS = (
    Action(name="watermark", form=_watermark_form, ask=_watermark, leads_to=_table_page),
    Action(name="rollback", form=_rollback_form, ask=_rollback, leads_to=_table_page),
    Action(name="refresh", form=_refresh_form, ask=_refresh, leads_to=_refreshed),
    Action(name="release", form=_release_form, ask=_release, leads_to=_refreshed, role=RELEASES),
)

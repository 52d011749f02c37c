"""Reruns, cancellations and replays, from the page."""

from __future__ import annotations

from collections.abc import Mapping

from shared.loading.order import is_order_id
from shared.runtime.wiring import App
from web.api import dead_letters, refreshes, routes
from web.api.exchange import Answer
from web.page.acting.form import Action, Field, Form, Sent
from web.page.acting.loads import order_page
from web.page.wording import BELOW, letter_path, order_path, refresh_path, run_path


def _named(given: Mapping[str, str], label: str) -> Field:
    return Field(name="id", label=label, value=given.get("id", ""), needed=True)


def _page_of(name: str) -> str:
    if not name:
        return f"{BELOW}/orders"
    return order_path(name) if is_order_id(name) else run_path(name)


def _rerun_form(_app: App, given: Mapping[str, str]) -> Form:
    return Form(
        title="Rerun",
        lead="What failed or was cancelled is run again; what succeeded is left as it is.",
        button="Rerun",
        fields=(_named(given, "Order, backfill or run"),),
        back=_page_of(given.get("id", "")),
    )


def _rerun(given: Mapping[str, str]) -> Sent:
    return Sent(route=routes.post_rerun, body={}, path={"id": given.get("id", "")})


def _cancel_form(_app: App, given: Mapping[str, str]) -> Form:
    return Form(
        title="Cancel",
        lead=(
            "What has not begun is not begun, and what is running ends before anything of it is published. "
            "What is being published already is carried to its end."
        ),
        button="Cancel it",
        fields=(_named(given, "Order, backfill or run"),),
        back=_page_of(given.get("id", "")),
        grave=True,
    )


def _cancel(given: Mapping[str, str]) -> Sent:
    name = given.get("id", "")
    route = routes.delete_order if is_order_id(name) else routes.delete_run
    return Sent(route=route, body={}, path={"id": name})


def _cancel_refresh_form(_app: App, given: Mapping[str, str]) -> Form:
    number = given.get("number", "")
    return Form(
        title=f"Cancel refresh {number}".strip(),
        lead="Its job run is cancelled in the workspace. What it hands over stays to be taken up again.",
        button="Cancel it",
        fields=(Field(name="number", label="Refresh", value=number, needed=True),),
        back=f"{BELOW}/refreshes",
        grave=True,
    )


def _cancel_refresh(given: Mapping[str, str]) -> Sent:
    return Sent(route=refreshes.delete_refresh, body={}, path={"number": given.get("number", "")})


def _replay_form(_app: App, given: Mapping[str, str]) -> Form:
    name = given.get("id", "")
    return Form(
        title="Replay a dead letter",
        lead="It is taken up again as if it came now. Repair first what it died of, or it dies again.",
        button="Replay",
        fields=(Field(name="id", label="Letter", value=name, needed=True),),
        back=letter_path(name) if name else f"{BELOW}/events",
    )


def _replay(given: Mapping[str, str]) -> Sent:
    return Sent(route=dead_letters.post_replay, body={}, path={"id": given.get("id", "")})


def _replayed(given: Mapping[str, str], answer: Answer) -> str:
    order_id = answer.body["order_id"]
    return order_path(order_id) if order_id else letter_path(given.get("id", ""))


ORDER_ACTIONS = (
    Action(name="rerun", form=_rerun_form, ask=_rerun, leads_to=order_page),
    Action(
        name="cancel",
        form=_cancel_form,
        ask=_cancel,
        leads_to=lambda given, _: _page_of(given.get("id", "")),
    ),
    Action(
        name="cancel-refresh",
        form=_cancel_refresh_form,
        ask=_cancel_refresh,
        leads_to=lambda _, answer: refresh_path(answer.body["number"]),
    ),
    Action(name="replay", form=_replay_form, ask=_replay, leads_to=_replayed),
)

"""Shows the form of an action, and says what one that was sent asks of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from secrets import token_hex
from urllib.parse import quote

from shared.runtime.wiring import App
from web.access.caller import Caller, has, require
from web.access.permissions import permission_of
from web.api.exchange import Request
from web.api.problems import Problem, not_found
from web.page.acting.corrections import CORRECTIONS
from web.page.acting.form import Action, FormProblem
from web.page.acting.loads import LOAD_ACTIONS
from web.page.acting.orders import ORDER_ACTIONS
from web.page.exchange import PageRequest, Reply, Wanted, go_to
from web.page.frame import Frame
from web.page.gate import TOKEN_FIELD, Visit
from web.page.rendering.form import ONCE_FIELD, render
from web.page.wording import BELOW

ACTIONS: Mapping[str, Action] = {
    each.name: each for each in (*LOAD_ACTIONS, *ORDER_ACTIONS, *CORRECTIONS)
}
_ONCE = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"[^.\[]+")


def offered_to(caller: Caller) -> frozenset[str]:
    """Name the actions that a caller's role allows."""
    return frozenset(each.name for each in ACTIONS.values() if has(caller, each.role_for({})))


def show_form(app: App, request: PageRequest, visit: Visit, name: str) -> Reply:
    """Show the form of an action, filled in with what the query says. Raises Problem, NotAllowed."""
    action = _action(name)
    _check(action, visit, request.params)
    form = action.form(app, request.params)
    frame = visit.frame(request.here)
    return Reply(body=render(action.name, form, frame, once=token_hex(16)))


def take_form(
    app: App, request: PageRequest, visit: Visit, name: str, given: Mapping[str, str]
) -> Reply:
    """Say what a form asks of the API, and what is replied then. Raises Problem, NotAllowed."""
    action = _action(name)
    filled = {
        field: text.strip()
        for field, text in given.items()
        if text.strip() and field not in (TOKEN_FIELD, ONCE_FIELD)
    }
    _check(action, visit, filled)
    sent = action.ask(filled)
    once = given.get(ONCE_FIELD, "")
    path = permission_of(sent.route.__name__).route
    for part, value in sent.path.items():
        path = path.replace(f"{{{part}}}", quote(value, safe="", errors="replace"))
    asked = Request(
        body=json.dumps(sent.body).encode(),
        params={},
        path=sent.path,
        base=request.base,
        url=f"{request.base}/api/{path}",
        caller=visit.caller,
        key=f"page-{once}" if _ONCE.fullmatch(once) else None,
    )
    frame = visit.frame(f"{BELOW}/do/{name}")
    wanted = Wanted(
        route=sent.route,
        request=asked,
        done=lambda answer: go_to(action.leads_to(filled, answer)),
        refused=lambda problem: _refused(app, action, filled, frame, problem),
    )
    return Reply(wanted=wanted)


def _check(action: Action, visit: Visit, filled: Mapping[str, str]) -> None:
    """Let pass who may do it by the API, too. Raises NotAllowed."""
    require(visit.caller, action.role_for(filled))


def _refused(
    app: App, action: Action, filled: Mapping[str, str], frame: Frame, problem: Problem
) -> Reply:
    form = action.form(app, filled)
    known = {field.name for field in form.fields}
    wrong: dict[str, str] = {}
    rest: list[str] = []
    for error in problem.errors:
        name = _field_of(action, error.field)
        if name in known:
            wrong[name] = f"{wrong[name]}; {error.message}" if name in wrong else error.message
        else:
            rest.append(f"{error.field} {error.message}")
    said = FormProblem(
        detail=problem.detail, remedy=problem.remedy or "", fields=wrong, rest=tuple(rest)
    )
    status = HTTPStatus(problem.status)
    return Reply(
        body=render(action.name, form, frame, once=token_hex(16), problem=said), status=status
    )


def _field_of(action: Action, name: str) -> str:
    """Say which field of the form a field of the API is: `tables[0]` and `release[0].table` are `table`."""
    last = [part for part in _PART.findall(name) if not part.endswith("]")]
    found = last[-1] if last else name
    return action.names.get(found, found)


def _action(name: str) -> Action:
    found = ACTIONS.get(name)
    if found is None:
        raise not_found(f"there is nothing that is called {name} and can be done")
    return found

"""Which page is asked for, and what is replied; who is let in is decided here, before anything is read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from shared.loading.errors import IngestError
from shared.runtime.settings import SettingsIncomplete, access_of
from shared.runtime.wiring import App
from web.access.caller import NotSignedIn, identify
from web.access.door import keep_pace
from web.api.exchange import problem_of
from web.api.problems import Problem, unavailable
from web.page.acting.carrying_out import offered_to, show_form, take_form
from web.page.exchange import PageRequest, Reply, go_to, own_page
from web.page.frame import Frame
from web.page.gate import (
    ENTRA_SIGN_IN,
    TOKEN_FIELD,
    FormForeign,
    Visit,
    check_form,
    check_sender,
    cookie_of,
    find_visit,
    no_cookie,
)
from web.page.rendering.plain import SIGN_IN, render_problem, render_sign_in
from web.page.showing import show_page
from web.page.static import serve
from web.page.wording import HOME

FindApp = Callable[[], App]


def reply_to(request: PageRequest, find_app: FindApp) -> Reply:
    """Reply to a request for a page, or to a form; what is refused is said on a page, too."""
    frame = Frame()
    try:
        if request.method == "GET" and request.path.startswith("assets/"):
            return serve(request, request.path.removeprefix("assets/"))
        app = find_app()
        visit = find_visit(request, app.settings, app.now())
        if visit is not None:
            here = request.here if request.method == "GET" else HOME
            frame = replace(visit.frame(here), may=offered_to(visit.caller))
            keep_pace(visit.caller)
        if request.method == "POST":
            return _send(app, request, visit)
        return _show(app, request, visit, frame)
    except (Problem, IngestError, SettingsIncomplete) as error:
        return refuse(error, frame)


def refuse(error: Problem | IngestError | SettingsIncomplete, frame: Frame) -> Reply:
    """Say on a page what cannot be shown or done."""
    problem = _problem(error)
    return Reply(body=render_problem(problem, frame), status=HTTPStatus(problem.status))


def _problem(error: Problem | IngestError | SettingsIncomplete) -> Problem:
    match error:
        case Problem():
            return error
        case FormForeign():
            problem = Problem(HTTPStatus.FORBIDDEN, str(error), kind="forbidden")
            problem.remedy = error.failure.remedy
            problem.runbook = problem_of(error).runbook
            return problem
        case IngestError():
            return problem_of(error)
        case SettingsIncomplete():
            return unavailable(str(error))


def _show(app: App, request: PageRequest, visit: Visit | None, frame: Frame) -> Reply:
    if request.path == "signed-in":
        said = json.dumps({"signed_in": visit is not None})
        return Reply(body=said, kind="application/json")
    if request.path == "sign-in":
        leads_to, tries = own_page(request.params.get("next")), "out" not in request.params
        return Reply(body=render_sign_in(frame, leads_to=leads_to, tries=tries))
    if visit is None:
        return go_to(_way_in(request.here))
    if request.path.startswith("do/"):
        return show_form(app, request, visit, request.path.removeprefix("do/"))
    return show_page(app, request, frame)


def _way_in(here: str) -> str:
    """Say where somebody signs in who is to come back to a page."""
    if access_of(os.environ) == "entra":
        return f"{ENTRA_SIGN_IN}?{urlencode({'post_login_redirect_uri': here})}"
    return f"{SIGN_IN}?{urlencode({'next': here})}"


def _send(app: App, request: PageRequest, visit: Visit | None) -> Reply:
    given = request.form()
    visit = check_form(request, visit, given.get(TOKEN_FIELD, ""))
    if request.path == "sign-out":
        done = go_to(f"{SIGN_IN}?out=1")
        return Reply(status=done.status, headers={**done.headers, "Set-Cookie": no_cookie(request)})
    return take_form(app, request, visit, request.path.removeprefix("do/"), given)


def sign_in(request: PageRequest, find_app: FindApp) -> Reply:
    """Sign in whom the host has let in, by its keys or because it asks for none."""
    try:
        check_sender(request)
        app = find_app()
        if access_of(os.environ) == "entra":
            raise NotSignedIn("Entra ID says who asks, and no key does")
        cookie = cookie_of(identify(request), request, app.settings, app.now())
    except (IngestError, SettingsIncomplete) as error:
        return refuse(error, Frame(here=SIGN_IN))
    headers = {"Location": HOME, "Set-Cookie": cookie}
    return Reply(status=HTTPStatus.SEE_OTHER, headers=headers)

"""What every page has around its content: title, navigation, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.page import markup as h
from web.page.markup import Html, Node
from web.page.wording import BELOW, HOME

Place = Literal["tables", "runs", "orders", "quality", "events", "refreshes", "alerts", ""]

_PLACES: tuple[tuple[Place, str, str], ...] = (
    ("tables", HOME, "Tables"),
    ("runs", f"{BELOW}/runs", "Runs"),
    ("orders", f"{BELOW}/orders", "Orders"),
    ("quality", f"{BELOW}/quality", "Quality"),
    ("events", f"{BELOW}/events", "Events"),
    ("refreshes", f"{BELOW}/refreshes", "Refreshes"),
    ("alerts", f"{BELOW}/alerts", "Alerts"),
)
_WAVE = "M2 15c3.2 0 3.2-6 6.5-6s3.3 6 6.5 6 3.3-6 6.5-6M2 20h20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around a page. `here` is the address that shows it anew; `token` that of the session's forms.

    `caller` is who is signed in, empty for nobody; `leave` is where to sign out, where no form of ours
    does. `may` names the actions that the caller's role allows: no other is offered.
    """

    caller: str = ""
    role: str = ""
    here: str = HOME
    token: str = ""
    leave: str = ""
    may: frozenset[str] = frozenset()


def render_page(
    title: str, content: Node, frame: Frame, *, place: Place = "", script: str | None = None
) -> str:
    """Write a whole document."""
    document = h.html(
        h.head(
            h.meta(charset="utf-8"),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.title(f"{title} · Tidemark"),
            h.link(rel="icon", href=f"{BELOW}/assets/icon.svg", type="image/svg+xml"),
            h.link(rel="stylesheet", href=f"{BELOW}/assets/page.css"),
            h.script(src=f"{BELOW}/assets/{script}", defer=True) if script else None,
        ),
        h.body(
            h.a("Skip to the content", href="#content", class_="skip"),
            _header(frame, place),
            h.main(content, id="content", tabindex="-1"),
            _footer(frame),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{document.text}\n"


def _header(frame: Frame, place: Place) -> Html:
    mark = h.svg(
        h.path(d=_WAVE), viewBox="0 0 24 24", width=22, height=22, aria_hidden="true", class_="mark"
    )
    links = [
        h.li(h.a(name, href=address, aria_current="page" if here == place else None))
        for here, address, name in _PLACES
    ]
    return h.header(
        h.div(
            h.a(mark, h.span("Tidemark"), href=HOME, class_="home"),
            h.nav(h.ul(links), aria_label="Pages") if frame.caller else None,
            _who(frame),
            class_="wide",
        ),
        class_="top",
    )


def _who(frame: Frame) -> Html | None:
    if not frame.caller:
        return None
    return h.div(
        h.span(frame.caller, h.small(frame.role), class_="caller"),
        h.a("Sign out", href=frame.leave)
        if frame.leave
        else h.form(
            h.input_(type="hidden", name="token", value=frame.token),
            h.button("Sign out", class_="plain"),
            method="post",
            action=f"{BELOW}/sign-out",
        ),
        class_="who",
    )


def _footer(frame: Frame) -> Html:
    return h.footer(
        h.div(
            h.a("Reload", href=frame.here),
            h.a("Health", href="/api/page/health") if frame.caller else None,
            h.span("All times are UTC."),
            class_="wide",
        )
    )

"""Parts that several pages are made of: lists, facts, errors with their remedies, ways to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from shared.loading.errors import Failure
from web.page import markup as h
from web.page.frame import Frame
from web.page.markup import Html, Node
from web.page.wording import DASH, form_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list; numbers stand at the right."""

    name: str
    number: bool = False


def grid(name: str, columns: Sequence[Column], rows: Sequence[Sequence[Node]], empty: str) -> Html:
    """Write a list as a table, the first cell of each row as its heading; `empty` where there are no rows."""
    if not rows:
        return h.p(empty, class_="empty")
    heads = [h.th(each.name, scope="col", class_=_class(each)) for each in columns]
    return h.div(
        h.table(
            h.caption(name, class_="unseen"),
            h.thead(h.tr(heads)),
            h.tbody([_row(columns, row) for row in rows]),
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=name,
    )


def _row(columns: Sequence[Column], cells: Sequence[Node]) -> Html:
    [first, *others] = cells
    return h.tr(
        h.th(first, scope="row"),
        [
            h.td(cell, class_=_class(column))
            for column, cell in zip(columns[1:], others, strict=True)
        ],
    )


def _class(column: Column) -> str | None:
    return "number" if column.number else None


def facts(*pairs: tuple[str, Node]) -> Html:
    """Write names and values; what is None or empty is left out."""
    shown = [h.div(h.dt(name), h.dd(value)) for name, value in pairs if value not in (None, "")]
    return h.dl(shown, class_="facts")


def panel(name: str, *content: Node, aside: Node = None) -> Html:
    """Write a section with a heading."""
    return h.section(h.div(h.h2(name), aside, class_="head"), content, class_="panel")


def heading(name: Node, *beside: Node, above: Node = None) -> Html:
    """Write the heading of a page: its name, and signs and links beside it."""
    return h.div(
        h.p(above, class_="above") if above is not None else None,
        h.div(h.h1(name), beside, class_="head"),
        class_="heading",
    )


def act(frame: Frame, name: str, action: str, *, main: bool = False, **given: str) -> Html | None:
    """Link to the form of an action, filled in with what is given; nothing to who may not do it."""
    if action not in frame.may:
        return None
    return h.a(name, href=form_path(action, **given), class_="act main" if main else "act")


def acts(*links: Html | None) -> Html:
    """Put actions side by side."""
    return h.div(links, class_="acts")


def failure(error: Failure | None, runbook: str) -> Html | None:
    """Show an error with what to do about it, and the way to the runbook if that is known."""
    if error is None:
        return None
    more = h.a("Runbook", href=f"{runbook}#{error.type.lower()}") if runbook else None
    return h.div(
        h.p(h.strong(error.type), " ", error.message),
        h.p(error.remedy, " ", more, class_="remedy") if error.remedy or more else None,
        class_="error",
    )


def notice(*content: Node) -> Html:
    """Say something about the page itself, such as what it leaves out."""
    return h.p(content, class_="notice")


def pager(here: str, params: Mapping[str, str], following: str | None, *, first: bool) -> Html:
    """Link to the beginning of a list and to the next of its pages."""
    kept = {name: text for name, text in params.items() if name not in ("page", "code") and text}
    begin = f"{here}?{urlencode(kept, errors='replace')}" if kept else here
    onward = f"{here}?{urlencode({**kept, 'page': following or ''}, errors='replace')}"
    return h.nav(
        None if first else h.a("Newest", href=begin),
        h.a("Older", href=onward, rel="next") if following else None,
        class_="pager",
        aria_label="Pages of this list",
    )


def chosen(name: str, label: str, options: Sequence[tuple[str, str]], value: str) -> Html:
    """Write a choice of a filter."""
    return h.label(
        h.span(label),
        h.select(
            [h.option(text, value=key, selected=key == value) for key, text in options],
            name=name,
        ),
    )


def dash(value: Node) -> Node:
    """Write a dash for nothing."""
    return DASH if value in (None, "") else value

"""How the form of an action looks: it is what has to be confirmed."""

from __future__ import annotations

from web.page import markup as h
from web.page.acting.form import Field, Form, FormProblem
from web.page.frame import Frame, render_page
from web.page.markup import Html, Node
from web.page.wording import BELOW

ONCE_FIELD = "once"


def render(
    action: str, form: Form, frame: Frame, *, once: str, problem: FormProblem | None = None
) -> str:
    """Write the page of a form. `once` names what is asked, so that it happens once however often it is sent."""
    title = f"Not done: {form.title}" if problem else form.title
    content = h.div(
        h.h1(form.title),
        _problem(form, problem),
        h.p(form.lead, class_="lead"),
        h.form(
            h.input_(type="hidden", name="token", value=frame.token),
            h.input_(type="hidden", name=ONCE_FIELD, value=once),
            [
                _field(f"f{at}", each, problem.fields.get(each.name) if problem else None)
                for at, each in enumerate(form.fields)
            ],
            h.div(
                h.button(form.button, class_="act grave" if form.grave else "act main"),
                h.a("Leave it", href=form.back, class_="act"),
                class_="acts",
            ),
            method="post",
            action=f"{BELOW}/do/{action}",
            class_="asked",
        ),
        class_="card",
    )
    return render_page(title, content, frame)


def _problem(form: Form, problem: FormProblem | None) -> Html | None:
    if problem is None:
        return None
    said: list[Node] = [
        h.li(h.a(field.label, href=f"#f{at}"), f" {problem.fields[field.name]}")
        for at, field in enumerate(form.fields)
        if field.name in problem.fields
    ]
    said += [h.li(each) for each in problem.rest]
    return h.div(
        h.p(h.strong("Nothing was done. "), problem.detail),
        h.ul(said) if said else None,
        h.p(problem.remedy, class_="remedy") if problem.remedy else None,
        class_="error",
        role="alert",
    )


def _field(name: str, field: Field, wrong: str | None) -> Html:
    told = " ".join(
        part for part, there in ((f"{name}-hint", field.hint), (f"{name}-wrong", wrong)) if there
    )
    control = _control(field, name, told or None, wrong=wrong is not None)
    label = h.label(field.label, h.small(" needed") if field.needed else None, for_=name)
    tick = field.kind == "tick"
    return h.div(
        [control, label] if tick else [label, control],
        h.p(field.hint, id=f"{name}-hint", class_="hint") if field.hint else None,
        h.p(f"{field.label} {wrong}", id=f"{name}-wrong", class_="wrong") if wrong else None,
        class_="field tick" if tick else "field",
    )


def _control(field: Field, name: str, told: str | None, *, wrong: bool) -> Html:
    invalid = "true" if wrong else None
    if field.kind == "choice":
        known = {value for value, _ in field.choices}
        more = () if field.value in known else ((field.value, field.value),)
        return h.select(
            [
                h.option(text, value=value, selected=value == field.value)
                for value, text in (*field.choices, *more)
            ],
            id=name,
            name=field.name,
            required=field.needed,
            aria_describedby=told,
            aria_invalid=invalid,
        )
    if field.kind == "tick":
        ticked = field.value == "yes"
        return h.input_(type="checkbox", id=name, name=field.name, value="yes", checked=ticked)
    return h.input_(
        type="text",
        id=name,
        name=field.name,
        value=field.value,
        required=field.needed,
        autocomplete="off",
        spellcheck="false",
        aria_describedby=told,
        aria_invalid=invalid,
    )

"""Forms: the fields of an action, what was filled in, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.runtime.wiring import App
from web.access.caller import ROLES, Role
from web.access.permissions import permission_of
from web.api.exchange import Answer, Request

Route = Callable[[App, Request], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `choices` are values with their names, of a choice only."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "choice", "tick", "hidden"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form to be confirmed: what it does in a sentence or two, and its fields."""

    title: str
    lead: str
    button: str
    fields: tuple[Field, ...] = ()
    back: str
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormProblem:
    """Why a form was refused. `fields` has what is wrong with each of its fields, `rest` what is with others."""

    detail: str
    remedy: str
    fields: Mapping[str, str]
    rest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a form asks of the API: one of its functions, the body, and the parts of its path."""

    route: Route
    body: Mapping[str, object]
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that can be done: the form for it, and what of the API does it.

    `ask` makes of the fields that were filled in what is asked of the API; the role that is needed is
    that of the API's function, or `role` where what is asked of it needs more. `leads_to` gives, by the
    fields and the answer, the page that shows what came of it. `names` says which field of the form a field of the API is, where they differ.
    """

    name: str
    form: Callable[[App, Mapping[str, str]], Form]
    ask: Callable[[Mapping[str, str]], Sent]
    leads_to: Callable[[Mapping[str, str], Answer], str]
    role: Role = "read"
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def role_for(self, filled: Mapping[str, str]) -> Role:
        """Give the role that it needs with these fields."""
        asked = permission_of(self.ask(filled).route.__name__).role
        return asked if ROLES.index(asked) > ROLES.index(self.role) else self.role


def table_choices(app: App, first: str) -> tuple[tuple[str, str], ...]:
    """Give every table as a choice, after one that stands for none."""
    return (("", first), *((name, name) for name in sorted(spec.name for spec in app.catalog)))

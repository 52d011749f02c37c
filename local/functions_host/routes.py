"""HTTP route templates, in the part of ASP.NET Core's syntax that Functions apps use."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from local.functions_host.errors import BadRoute

T = TypeVar("T")
Constraint = Callable[[str], bool]

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::[^{}:?]+)*)(\?)?\}")
_CONSTRAINT = re.compile(r"(\w+)(?:\((.*)\))?")
_LITERAL, _MIXED, _CONSTRAINED, _PLAIN, _CATCH_ALL = range(5)

_PATTERNS = {
    "int": r"-?\d{1,10}",
    "long": r"-?\d{1,19}",
    "decimal": r"-?\d+(\.\d+)?",
    "double": r"-?\d+(\.\d+)?([eE][-+]?\d+)?",
    "bool": r"(?i:true|false)",
    "alpha": r"[A-Za-z]*",
    "guid": r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[T]):
    """One template with the methods it answers and what it leads to.

    `rank` orders templates that match the same path: literal segments before
    parameters, constrained ones before plain ones, catch-alls last.
    """

    template: str
    methods: frozenset[str]
    target: T
    pattern: re.Pattern[str]
    parameters: tuple[str, ...]
    constraints: tuple[tuple[Constraint, ...], ...]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the parameters, decoded; None when the path is another one's."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values: dict[str, str] = {}
        for name, constraints, raw in zip(
            self.parameters, self.constraints, found.groups(), strict=True
        ):
            if raw is None:
                continue
            value = unquote(raw)
            if not all(holds(value) for holds in constraints):
                return None
            values[name] = value
        return values


class Routes(Generic[T]):
    """Finds the route of a request.

    Raises:
        BadRoute: two routes have the same template and a method in common.
    """

    def __init__(self, routes: Iterable[Route[T]]) -> None:
        self._routes = sorted(routes, key=lambda route: route.rank)
        answered: set[tuple[str, str]] = set()
        for route in self._routes:
            answers = {(method, route.template.casefold()) for method in route.methods}
            if answers & answered:
                raise BadRoute(f"two functions answer {route.template!r}; change one's route")
            answered |= answers

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]] | None:
        """The target for a method and a still encoded path without its leading slash."""
        for route in self._routes:
            if method in route.methods and (values := route.match(path)) is not None:
                return route.target, values
        return None


def compile_route(template: str, methods: frozenset[str], target: T) -> Route[T]:
    """Read a template such as `orders/{id:int}/{*rest}`.

    Raises:
        BadRoute: it is malformed or uses a constraint this host does not know.
    """
    pattern, rank = "", list[int]()
    parameters: list[str] = []
    constraints: list[tuple[Constraint, ...]] = []
    for position, segment in enumerate(part for part in template.split("/") if part):
        text, kind, optional = _segment(segment, template, parameters, constraints)
        slash = "/" if position else ""
        pattern += f"(?:{slash}{text})?" if optional else f"{slash}{text}"
        rank.append(kind)
    return Route(
        template=template,
        methods=methods,
        target=target,
        pattern=re.compile(f"{pattern}/?", re.IGNORECASE),
        parameters=tuple(parameters),
        constraints=tuple(constraints),
        rank=tuple(rank),
    )


def _segment(
    segment: str,
    template: str,
    parameters: list[str],
    constraints: list[tuple[Constraint, ...]],
) -> tuple[str, int, bool]:
    """The pattern of one segment, its rank, and whether it may be missing."""
    text, end, found = "", 0, list(_PARAMETER.finditer(segment))
    for match in found:
        stars, name, rules, _ = match.groups()
        text += re.escape(segment[end : match.start()]) + ("(.*)" if stars else "([^/]+?)")
        end = match.end()
        parameters.append(name)
        constraints.append(tuple(_constraint(rule, template) for rule in rules.split(":")[1:]))
    text += re.escape(segment[end:])
    if set("{}") & set(_PARAMETER.sub("", segment)):
        raise BadRoute(f"route {template!r}: {segment!r} is not a literal or {{name:constraint}}")
    if not found:
        return text, _LITERAL, False
    alone = len(found) == 1 and found[0].group() == segment
    if not alone:
        return text, _MIXED, False
    stars, _, rules, optional = found[0].groups()
    if stars:
        return text, _CATCH_ALL, True
    return text, _CONSTRAINED if rules else _PLAIN, bool(optional)


def _constraint(rule: str, template: str) -> Constraint:
    match = _CONSTRAINT.fullmatch(rule)
    name, argument = match.groups() if match else (rule, None)
    if name in _PATTERNS and argument is None:
        form = re.compile(_PATTERNS[name])
        return lambda value: form.fullmatch(value) is not None
    if name == "maxlength" and argument is not None and argument.isdecimal():
        longest = int(argument)
        return lambda value: len(value) <= longest
    if name == "minlength" and argument is not None and argument.isdecimal():
        shortest = int(argument)
        return lambda value: len(value) >= shortest
    known = ", ".join([*sorted(_PATTERNS), "minlength(n)", "maxlength(n)"])
    raise BadRoute(f"route {template!r}: constraint {rule!r} is not known here; known: {known}")

"""Route templates."""

import pytest

from local.functions_host.errors import BadRoute
from local.functions_host.routes import Routes, compile_route

GET = frozenset({"GET"})
GUID = "00000000-0000-0000-0000-000000000000"


def find(templates: list[str], path: str) -> tuple[str, dict[str, str]] | None:
    routes = Routes([compile_route(template, GET, template) for template in templates])
    return routes.find("GET", path)


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("a/b", "a/b", {}),
        ("a/b", "A/B/", {}),
        ("a/{id}", "a/x%20y", {"id": "x y"}),
        ("a/{id}", "a", None),
        ("a/{id}", "a/b/c", None),
        ("a/{id?}", "a", {}),
        ("a/{id:int}", "a/-5", {"id": "-5"}),
        ("a/{id:int}", "a/five", None),
        ("a/{id:guid}", f"a/{GUID}", {"id": GUID}),
        ("a/{id:guid}", f"a/{GUID}0", None),
        ("{a}/{b}", "x/y", {"a": "x", "b": "y"}),
        ("{name}.json", "x.y.json", {"name": "x.y"}),
        ("{*rest}", "x/y/z", {"rest": "x/y/z"}),
        ("a/{*rest}", "a", {}),
        ("a/{x:minlength(2):maxlength(3)}", "a/1234", None),
        ("{ignored:maxlength(0)?}", "", {}),
    ],
)
def test_a_template_matches_its_paths(
    template: str, path: str, values: dict[str, str] | None
) -> None:
    found = find([template], path)
    assert (None if found is None else found[1]) == values


@pytest.mark.parametrize(
    ("path", "winner"),
    [
        ("a/b", "a/b"),
        ("a/1", "a/{n:int}"),
        ("a/x", "a/{x}"),
        ("a/x/y", "a/{*rest}"),
        ("z", "{any}"),
    ],
)
def test_the_more_literal_template_wins(path: str, winner: str) -> None:
    templates = ["{any}", "a/{*rest}", "a/{x}", "a/{n:int}", "a/b"]
    found = find(templates, path)
    assert found is not None
    assert found[0] == winner


@pytest.mark.parametrize("template", ["a/{id", "a/{x:even}", "a/}{", "{a b}"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(BadRoute):
        compile_route(template, GET, None)


def test_two_functions_cannot_have_one_route() -> None:
    with pytest.raises(BadRoute, match="two functions"):
        Routes([compile_route("a/{x}", GET, 1), compile_route("A/{x}", GET, 2)])

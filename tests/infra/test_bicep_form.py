"""The templates hang together: what is named is there, what is needed is given, what is given is used."""

import re

import pytest
from bicep_source import INFRA, Template, assigned, parameter_files, templates

NAMES = sorted(templates())
# What Bicep itself names, of what these files use.
BUILT_IN = {"environment", "tenant", "subscription", "resourceGroup", "az", "sys"}


@pytest.fixture(params=NAMES)
def template(request: pytest.FixtureRequest) -> Template:
    return templates()[request.param]


def test_every_module_is_a_file_and_every_file_is_a_module() -> None:
    entries = {INFRA / "main.bicep", INFRA / "subscriptions.bicep"}
    called = {path.resolve() for each in templates().values() for path, _ in each.modules.values()}
    assert called | entries == {each.path for each in templates().values()}


def test_a_module_is_given_what_it_needs_and_nothing_else(template: Template) -> None:
    for symbol, (path, given) in template.modules.items():
        called = templates()[path.relative_to(INFRA).as_posix()]
        assert called.required <= set(given), symbol
        assert set(given) <= set(called.parameters), symbol


def test_what_is_taken_of_a_module_is_one_of_its_outputs(template: Template) -> None:
    taken = set(re.findall(r"\b(\w+)!?\.outputs\.(\w+)", template.text))
    for symbol, output in taken:
        path, _ = template.modules[symbol]
        assert output in templates()[path.relative_to(INFRA).as_posix()].outputs, symbol


def test_every_name_that_is_used_is_there(template: Template) -> None:
    assert template.used() <= template.symbols() | template.loops() | BUILT_IN


def test_everything_that_is_named_is_used(template: Template) -> None:
    """A resource that nobody names is there for itself; a parameter or variable is not."""
    for name in {*template.parameters, *template.variables}:
        uses = len(re.findall(rf"\b{name}\b", template.code))
        assert uses > 1, name


def test_a_type_of_resource_is_used_in_one_version_everywhere() -> None:
    versions: dict[str, set[str]] = {}
    for template in templates().values():
        for resource in template.resources:
            versions.setdefault(resource.type, set()).add(resource.version)
            service = resource.type.split("/")[0]
            if service in ("Microsoft.Storage", "Microsoft.Web", "Microsoft.EventGrid"):
                versions.setdefault(service, set()).add(resource.version)
    assert {kind: found for kind, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_file_of_parameters_sets_what_is_needed_and_nothing_unknown(stage: str) -> None:
    text = parameter_files()[f"main.{stage}.bicepparam"]
    main = templates()["main.bicep"]
    assert text.count("using 'main.bicep'") == 1
    assert main.required <= assigned(text) <= set(main.parameters)
    assert f"param stage = '{stage}'" in text


def test_there_is_a_file_of_parameters_for_each_stage() -> None:
    [allowed] = [
        each["argument"]
        for each in templates()["main.bicep"].parameters["stage"]["decorators"]
        if each["type"] == "allowed"
    ]
    assert {f"main.{stage}.bicepparam" for stage in allowed} == set(parameter_files())

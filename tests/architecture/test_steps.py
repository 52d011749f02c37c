"""Every step has one implementation in a file of its name, every flow one orchestrator."""

import ast

import pytest
from azure.durable_functions import DFApp
from source_tree import ROOT

import activities
import orchestrators
from shared.durable import Flow, Step, blueprint, steps

STEPS = sorted(value.name for value in vars(steps).values() if isinstance(value, Step))
FLOWS = sorted(value.name for value in vars(steps).values() if isinstance(value, Flow))


def registered(kind: str) -> list[str]:
    app = DFApp()
    app.register_functions(blueprint)
    return sorted(
        each.get_function_name()
        for each in app.get_functions()
        if each.get_trigger().get_binding_name() == kind
    )


def test_every_step_is_implemented_once() -> None:
    assert activities.__all__
    assert registered("activityTrigger") == STEPS


def test_every_flow_has_one_orchestrator() -> None:
    assert orchestrators.__all__
    assert registered("orchestrationTrigger") == FLOWS


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_declared_under_its_own_name(name: str) -> None:
    assert getattr(steps, name).name == name


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_is_declared_under_its_own_name(name: str) -> None:
    assert getattr(steps, name).name == name


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_implemented_by_the_function_and_the_file_of_its_name(name: str) -> None:
    path = ROOT / "activities" / f"{name}.py"
    functions = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    ]
    [public] = [node for node in functions if not node.name.startswith("_")]
    assert public.name == name
    assert [ast.unparse(decorator) for decorator in public.decorator_list] == [
        f"implements(steps.{name})"
    ]


def test_there_is_no_activity_beside_the_steps() -> None:
    files = {path.stem for path in (ROOT / "activities").glob("*.py")} - {"__init__"}
    assert files == set(STEPS) == set(activities.__all__)


def test_every_step_travels_as_plain_json() -> None:
    for name in STEPS:
        step = getattr(steps, name)
        assert step.takes.__module__.startswith("shared.")
        assert isinstance(step.gives, type), f"{name} gives a union: name a type of its own"

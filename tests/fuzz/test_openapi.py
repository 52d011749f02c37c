"""The description of the API is valid, complete, and what is served."""

import re
from typing import Any

import httpx
import pytest
from e2e_stack import REPOSITORY, Stack
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from local.functions_host.app import load_app
from web.api.openapi import document
from web.api.openapi_examples import EXAMPLES

BASE = "https://tidemark.example"
DOCUMENT = document(BASE)
OPERATIONS = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


PAGES = ("get_home", "page_below", "post_page_session")


def conforms(value: object, name: str) -> bool:
    schema = {**DOCUMENT, "$ref": f"#/components/schemas/{name}"}
    return Draft202012Validator(schema).is_valid(value)


def properties(schema: Any) -> Any:
    """Every object's fields, however deep."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for part in schema.values():
            yield from properties(part)


def test_the_description_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_http_function_is_described_and_nothing_else() -> None:
    functions = load_app(REPOSITORY).http.values()
    served = {
        (f"/api/{function.trigger.route}", method.value.lower(), function.name)
        for function in functions
        for method in function.trigger.methods
        # Pages are for people: what they look like is no contract.
        if function.name not in PAGES
    }
    described = {(path, method, found["operationId"]) for path, method, found in OPERATIONS}
    assert described == served


def test_every_part_of_a_path_is_a_parameter() -> None:
    for path, method, operation in OPERATIONS:
        named = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
        assert sorted(named) == sorted(re.findall(r"{(\w+)}", path)), (method, path)


def test_every_operation_can_be_refused_for_its_key_or_for_what_is_down() -> None:
    for path, method, operation in OPERATIONS:
        assert {"401", "503"} <= operation["responses"].keys(), (method, path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_the_form_that_it_is_an_example_of(name: str) -> None:
    assert conforms(EXAMPLES[name], name)
    assert not conforms([], name)


@pytest.mark.parametrize("name", ["Run", "Plan", "Correction", "Accepted"])
def test_an_example_of_an_answer_has_every_field(name: str) -> None:
    assert set(EXAMPLES[name]) == set(DOCUMENT["components"]["schemas"][name]["properties"])


def test_what_is_required_is_described() -> None:
    for schema in properties(DOCUMENT["components"]["schemas"]):
        assert set(schema.get("required", ())) <= set(schema["properties"])


def test_the_description_is_served_with_the_address_it_was_asked_at(fuzzed: Stack) -> None:
    answer = httpx.get(f"{fuzzed.url}/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == document(fuzzed.url)

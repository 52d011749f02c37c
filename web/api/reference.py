"""`python -m web.api.reference`: writes the reference page of the routes from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from web.api.openapi import document

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "routes.md"
_JSON = "application/json"
_HUGE = 10**12
# What stands in the page's first lines, once.
_ALWAYS = {"401", "403", "413", "414", "429", "431", "503"}
_ABOUT = """\
# Every route

<!-- Generated from the OpenAPI document: run `python -m web.api.reference` after a change. -->

What each takes and answers; how the API is meant, with examples, is told in [the HTTP API](api.md). *Role* is the least that the caller
needs. Every route may be refused with 401, 403, 413, 414, 429, 431 and 503 besides what is listed."""

Json = Mapping[str, Any]


def write_reference() -> str:
    """Give the page as Markdown."""
    whole = document("")
    found = [
        (method.upper(), path, operation)
        for path, item in whole["paths"].items()
        for method, operation in item.items()
    ]
    lines = [_ABOUT, "", "| Route | Does | Role |", "|---|---|---|"]
    for method, path, operation in found:
        name = f"{method} {path}"
        lines.append(
            f"| [`{name}`](#{_anchor(name)}) | {operation['summary']} | {operation['x-role']} |"
        )
    for method, path, operation in found:
        lines += ["", f"## `{method} {path}`", "", *_describe(operation, whole)]
    return "\n".join(lines) + "\n"


def _describe(operation: Json, whole: Json) -> Iterator[str]:
    yield f"{operation['summary']}. Role: {operation['x-role']}."
    if "description" in operation:
        yield from ("", operation["description"])
    takes = [
        (f"`{each['name']}`", each["in"], _shape(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    body = operation.get("requestBody")
    if body is not None:
        takes += _fields(body["content"][_JSON]["schema"], whole)
    if takes:
        yield from ("", "| Takes | In | Form | Meaning |", "|---|---|---|---|")
        yield from ("| " + " | ".join(map(_cell, row)) + " |" for row in takes)
    yield from ("", f"Answers {_answers(operation['responses'])}.")


def _fields(schema: Json, whole: Json) -> list[tuple[str, str, str, str]]:
    """Give a row for each field of a body."""
    schema = _resolved(schema, whole)
    needed = schema.get("required", ())
    return [
        (
            f"`{name}`" + (", needed" if name in needed else ""),
            "body",
            _shape(_resolved(field, whole)),
            field.get("description", ""),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _resolved(schema: Json, whole: Json) -> Json:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return whole["components"]["schemas"][name]


def _shape(schema: Json) -> str:
    """Say in short what a value looks like."""
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_shape(each) for each in schema.get("anyOf", schema.get("oneOf", ())))
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    kind = schema.get("type", "any")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if "array" in kinds:
        return f"list of {_shape(schema.get('items', {}))}"
    limits = schema.get("minimum"), schema.get("maximum")
    # A limit with more digits is that of all numbers.
    small = all(isinstance(limit, int) and abs(limit) < _HUGE for limit in limits)
    return " or ".join(kinds) + (f", {limits[0]} to {limits[1]}" if small else "")


def _answers(responses: Json) -> str:
    """Say which statuses come with which form; the others are refusals."""
    good: list[str] = []
    refused: list[str] = []
    for status, said in responses.items():
        content = said.get("content", {}).get(_JSON)
        if content is None:
            refused += [status] if status not in _ALWAYS else []
        else:
            good.append(f"{status} with {_shape(content['schema'])}")
    return f"{', '.join(good)}; refused with {', '.join(refused)}" if refused else ", ".join(good)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _anchor(name: str) -> str:
    """Name a heading as GitHub does."""
    kept = "".join(each for each in name.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(write_reference(), encoding="utf-8")

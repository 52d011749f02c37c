"""The API described as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), for tools and for tests."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from web.access.permissions import permission_of
from web.api.openapi_answers import answers
from web.api.openapi_examples import EXAMPLES
from web.api.openapi_operation import Operation
from web.api.openapi_operations import OPERATIONS
from web.api.openapi_requests import REQUESTS
from web.api.openapi_shapes import ref

_JSON = "application/json"
_PROBLEM = "application/problem+json"
_ABOUT = (
    "Orders loads of source tables into the bronze layer of the lake, and shows how they stand. "
    "Times are UTC, ISO 8601. Tables are named `source/schema.table`. Cursor values are the "
    "source's own exact text. A refusal is a problem (RFC 9457) that names every bad field, and "
    "nothing has been changed."
)
_REFUSALS = {
    400: "A field is wrong: see `errors`",
    401: "Nobody vouches for who asks: the function key is missing or not valid, or nobody has signed in",
    403: "Whoever asks may not do this: it needs a higher role",
    404: "There is no such thing",
    409: "Not now, as things stand",
    413: "The body is larger than 1 MiB",
    414: "The address is longer than 8 KiB",
    422: "Understood, and it makes no sense as things are",
    429: "The caller has sent more than its share: wait as long as `Retry-After` says",
    431: "The headers are larger than 64 KiB",
    503: "Something that is needed does not answer, or the table files are broken",
}
# Of the door, and of what stands behind everything.
_ALWAYS = (401, 403, 413, 414, 429, 431, 503)


def document(base: str) -> dict[str, Any]:
    """Describe the API that is served at `base`, an address without a slash at its end."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tidemark", "version": "1", "description": _ABOUT},
        "servers": [{"url": base}],
        "security": [{"functionKey": []}, {"entraId": []}],
        "paths": paths,
        "components": {
            "schemas": {**REQUESTS, **answers()},
            "responses": _refusals(),
            "securitySchemes": {
                "functionKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-functions-key",
                    "description": "A function key of the app, or its host key.",
                },
                "entraId": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": (
                        "Where `TIDEMARK_ACCESS` is `entra`: a token of Entra ID with one of the app's "
                        "roles. `x-role` of an operation is the one that it needs at least."
                    ),
                },
            },
        },
    }


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "x-role": permission_of(operation.name).role,
        "responses": _responses(operation),
    }
    if operation.about:
        described["description"] = operation.about
    if operation.parameters:
        described["parameters"] = [dict(parameter) for parameter in operation.parameters]
    if operation.body:
        described["requestBody"] = {
            "required": operation.body_needed,
            "content": {_JSON: _content(operation.body)},
        }
    return described


def _responses(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {_JSON: _content(schema)},
        }
        for status, schema in operation.answers.items()
    }
    for status in (*operation.problems, *_ALWAYS):
        if str(status) in found:
            # What is down is told in the form of the answer, or as a problem if that cannot be made.
            found[str(status)]["content"][_PROBLEM] = {"schema": ref("Problem")}
        else:
            found[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    return dict(sorted(found.items()))


def _content(schema: str) -> dict[str, Any]:
    if not schema:
        return {"schema": {"type": "object"}}
    content: dict[str, Any] = {"schema": ref(schema)}
    if schema in EXAMPLES:
        content["example"] = EXAMPLES[schema]
    return content


def _refusals() -> dict[str, Any]:
    found = {_name(status): _problem(text) for status, text in _REFUSALS.items()}
    wait = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
    found[_name(429)]["headers"] = {"Retry-After": wait}
    return found


def _problem(text: str) -> dict[str, Any]:
    content = {"schema": ref("Problem"), "example": EXAMPLES["Problem"]}
    return {"description": text, "content": {_PROBLEM: content}}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")

"""What an operation of the API is made of, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from web.api import bodies

Parameter = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One function of the app. `answers` and `body` name schemas, `problems` are its refusals.

    What the door refuses, and 503, can be the answer to everything. An empty name is any JSON object.
    """

    name: str
    method: Literal["get", "post", "put", "delete"]
    path: str
    tag: str
    summary: str
    about: str = ""
    answers: Mapping[int, str]
    problems: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: str = ""
    body_needed: bool = field(default=True)


def query_of(name: str, schema: Mapping[str, Any], about: str) -> Parameter:
    """Describe a field of the query, which may be left out."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": about}


def segment_of(name: str, about: str) -> Parameter:
    """Describe a segment of the path."""
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": about}


PAGES = (
    query_of(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": bodies.MOST_RUNS},
        "How many at most on one page.",
    ),
    query_of(
        "page",
        {"type": "string", "minLength": 1},
        "The token of a page, as the link `next` of the one before has it.",
    ),
)

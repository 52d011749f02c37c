"""The pieces that the schemas of the API are put together from (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

PLACE = "#/components/schemas/{name}"
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """Point to a schema."""
    return {"$ref": PLACE.format(name=name)}


def or_null(schema: Schema) -> Schema:
    """Allow null too."""
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """Make it a list."""
    return {"type": "array", "items": schema}


def named(schema: Schema) -> Schema:
    """Make it an object that has it under any name."""
    return {"type": "object", "additionalProperties": schema}


def answered(about: str, **fields: Schema) -> Schema:
    """Describe an answer: every field of it is always there."""
    return {
        "type": "object",
        "description": about,
        "properties": fields,
        "required": list(fields),
    }


def asked(about: str, *needed: str, **fields: Schema) -> Schema:
    """Describe a request: what it does not know it refuses."""
    return {
        "type": "object",
        "description": about,
        "properties": fields,
        "required": list(needed),
        "additionalProperties": False,
    }

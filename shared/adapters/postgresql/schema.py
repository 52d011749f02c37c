"""The Arrow schema that a relation lands with."""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.postgresql.relation import Relation
from shared.extraction.batches import SOURCE_TYPE, typed_field
from shared.loading.errors import SchemaDrifted


def schema_of(relation: Relation) -> pa.Schema:
    """Give the landing schema. Raises TypeUnsupported: a column has no exact form in Arrow."""
    return pa.schema(
        [
            typed_field(column.name, landing.lands, column.declared)
            for column, landing in zip(relation.columns, relation.landings, strict=True)
        ]
    )


def wire_of(relation: Relation) -> pa.Schema:
    """Give the columns as they are streamed. Raises TypeUnsupported."""
    return pa.schema(
        [
            typed_field(column.name, landing.wire, column.declared)
            for column, landing in zip(relation.columns, relation.landings, strict=True)
        ]
    )


def check_wire(streamed: pa.Schema, wire: pa.Schema) -> None:
    """Raise SchemaDrifted unless each column is streamed in the type it was described with."""
    for came, field in zip(streamed, wire, strict=True):
        if came.type != field.type:
            declared = (field.metadata or {})[SOURCE_TYPE].decode()
            raise SchemaDrifted(
                f"column {field.name}: {declared} was streamed as {came.type}, not as {field.type}"
            )

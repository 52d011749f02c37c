"""The Arrow schema that a relation lands with."""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.postgresql.relation import Relation
from shared.loading.errors import SchemaDrifted

SOURCE_TYPE = b"tidemark.source_type"


def schema_of(relation: Relation) -> pa.Schema:
    """Give the landing schema; each field keeps its source type in its metadata.

    Every field may be null: NOT NULL can be dropped, or not yet be validated, at the source.

    Raises:
        TypeUnsupported: a column has no exact form in Arrow.
    """
    return pa.schema(
        [
            pa.field(column.name, landing.lands, metadata={SOURCE_TYPE: column.declared.encode()})
            for column, landing in zip(relation.columns, relation.landings, strict=True)
        ]
    )


def wire_of(relation: Relation) -> pa.Schema:
    """Give the columns as they are streamed. Raises TypeUnsupported."""
    return pa.schema(
        [
            pa.field(column.name, landing.wire, metadata={SOURCE_TYPE: column.declared.encode()})
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

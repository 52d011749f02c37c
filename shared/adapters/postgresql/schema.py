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


def check_wire(streamed: pa.Schema, relation: Relation) -> None:
    """Raise SchemaDrifted unless each column is streamed in the type it was described with."""
    for column, landing, field in zip(relation.columns, relation.landings, streamed, strict=True):
        if field.type != landing.wire:
            raise SchemaDrifted(
                f"column {column.name}: {column.declared} was streamed as {field.type}, "
                f"not as {landing.wire}"
            )

"""From a record to the columns that it has a value for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.adapters.rest.documents import is_object
from shared.loading.errors import TypeUnsupported

_JOINT = "_"


def flatten(
    record: Mapping[str, Any], depth: int, without: frozenset[str] = frozenset()
) -> Mapping[str, Any]:
    """Give a record's values by column; the fields of objects down to `depth` are columns of their own.

    `address: {city: Oslo}` becomes `address_city`. An object without a field is none. A field that is to
    be left out (`without`) is so with all that it holds.

    Raises:
        TypeUnsupported: two fields would be one column.
    """
    if without:
        record = {name: value for name, value in record.items() if name not in without}
    if not depth or not any(is_object(value) for value in record.values()):
        return record
    columns: dict[str, Any] = {}
    _add(columns, "", record, depth)
    return columns


def _add(columns: dict[str, Any], prefix: str, fields: Mapping[str, Any], depth: int) -> None:
    for name, value in fields.items():
        column = prefix + name
        if depth and is_object(value):
            _add(columns, column + _JOINT, value, depth - 1)
        elif column in columns:
            raise TypeUnsupported(
                f"column {column}: two fields of a record would land in it; write `flatten: json`"
            )
        else:
            columns[column] = value

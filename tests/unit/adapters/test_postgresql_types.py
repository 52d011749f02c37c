"""The decisions about PostgreSQL's types, without a server."""

import pyarrow as pa
import pytest

from shared.adapters.postgresql.identifiers import quote
from shared.adapters.postgresql.types import (
    SourceType,
    find_cursor_cast,
    find_landing,
    find_resolution,
    find_zoned,
)
from shared.loading.errors import CursorUnsound, TypeUnsupported


def builtin(name: str, modifier: int = -1, element: str | None = None) -> SourceType:
    return SourceType(name=name, kind="b", builtin=True, modifier=modifier, element=element)


def numeric(precision: int, scale: int) -> SourceType:
    return builtin("numeric", (precision << 16 | (scale & 0x7FF)) + 4)


@pytest.mark.parametrize(
    ("source", "lands"),
    [
        (numeric(1, 0), pa.decimal128(1, 0)),
        (numeric(38, 38), pa.decimal128(38, 38)),
        (numeric(39, 0), pa.decimal256(39, 0)),
        (numeric(76, 10), pa.decimal256(76, 10)),
        (numeric(77, 0), pa.string()),
        (numeric(1000, 0), pa.string()),
        (numeric(3, -2), pa.decimal128(5, 0)),
        (numeric(38, -1), pa.decimal256(39, 0)),
        (numeric(3, 5), pa.decimal128(5, 5)),
        (numeric(3, 1000), pa.string()),
        (numeric(1000, -1000), pa.string()),
        (builtin("numeric"), pa.string()),
    ],
)
def test_a_numeric_lands_in_the_smallest_type_that_holds_all_its_values(
    source: SourceType, lands: pa.DataType
) -> None:
    assert find_landing("c", source).lands == lands


def test_a_type_of_the_users_with_a_builtin_name_is_read_as_text() -> None:
    mine = SourceType(name="int4", kind="b", builtin=False)
    assert find_landing("c", mine).casts == "::text"


@pytest.mark.parametrize("name", ["regclass", "regrole"])
def test_a_type_without_an_exact_text_is_refused(name: str) -> None:
    for source in (builtin(name), builtin(f"_{name}", element=name)):
        with pytest.raises(TypeUnsupported, match="column c"):
            find_landing("c", source)


def test_a_pseudo_type_is_refused() -> None:
    with pytest.raises(TypeUnsupported, match="column c: record"):
        find_landing("c", SourceType(name="record", kind="p", builtin=True))


@pytest.mark.parametrize(
    ("kind", "source", "cast"),
    [
        ("timestamp", builtin("timestamp", 3), "timestamp"),
        ("timestamp", builtin("timestamptz"), "timestamptz"),
        ("date", builtin("date"), "date"),
        ("integer", builtin("int2"), "bigint"),
        ("integer", numeric(20, 0), "numeric"),
        ("integer", numeric(5, -2), "numeric"),
    ],
)
def test_a_bound_is_cast_to_a_type_that_does_not_round_it(
    kind: str, source: SourceType, cast: str
) -> None:
    assert find_cursor_cast(kind, "c", source) == cast


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("timestamp", builtin("date")),
        ("timestamp", builtin("text")),
        ("date", builtin("timestamp")),
        ("integer", builtin("numeric")),
        ("integer", numeric(9, 2)),
        ("integer", builtin("float8")),
        ("integer", SourceType(name="int8", kind="b", builtin=False)),
        ("rowversion", builtin("int8")),
        ("change_tracking", builtin("int8")),
    ],
)
def test_a_cursor_that_does_not_fit_its_kind_is_unsound(kind: str, source: SourceType) -> None:
    with pytest.raises(CursorUnsound, match="column c"):
        find_cursor_cast(kind, "c", source)


@pytest.mark.parametrize(
    ("modifier", "step"), [(-1, "0.000001"), (6, "0.000001"), (3, "0.001"), (1, "0.1"), (0, "1")]
)
def test_a_timestamps_step_follows_its_precision(modifier: int, step: str) -> None:
    assert find_resolution(builtin("timestamp", modifier)) == step


def test_only_timestamps_have_a_step_and_a_zone() -> None:
    assert find_resolution(builtin("date")) is None
    assert find_zoned(builtin("int8")) is None
    assert find_zoned(builtin("timestamp")) is False
    assert find_zoned(builtin("timestamptz")) is True


@pytest.mark.parametrize(
    ("name", "quoted"), [("a", '"a"'), ('a"b', '"a""b"'), ('"', '""""'), ("a.b; --", '"a.b; --"')]
)
def test_a_name_is_quoted_whole(name: str, quoted: str) -> None:
    assert quote(name) == quoted

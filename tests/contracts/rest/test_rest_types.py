"""What records land as: exactly what was sent, in columns that are found out, declared or drifted."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from rest_rig import Rig, collection, item

from local.rest_api import Asked, Collection, Fault
from shared.catalog import ColumnSpec
from shared.extraction.planning import make_plan
from shared.loading.errors import (
    ColumnMissing,
    IngestError,
    SchemaDrifted,
    TypeUnsupported,
    ValueUnsupported,
)

Serve = Callable[..., Rig]


def serving(serve: Serve, *bodies: str, **fields: Any) -> Rig:
    """Serve records that are written by hand, to the last digit."""
    rig = serve(0, "none", **fields)
    text = '{"data": {"items": [' + ", ".join(bodies) + "]}}"
    rig.api.meddle = lambda _: Fault(body=text.encode())
    return rig


def kinds(rig: Rig) -> dict[str, str]:
    return {c.name: c.source_type for c in rig.columns() if not c.name.startswith("_")}


def test_every_digit_of_a_number_lands(serve: Serve) -> None:
    rig = serving(
        serve,
        '{"id": 9223372036854775807, "price": 0.1, "big": 12345678901234567890123, "mixed": 1}',
        '{"id": -9223372036854775808, "price": 12345678901234567890.123456789012345678, "big": 1, "mixed": 1.50}',
    )
    read = rig.read()

    assert kinds(rig) == {
        "id": "integer",
        "price": "number",
        "big": "decimal(38,0)",
        "mixed": "number",
    }
    assert [row["id"] for row in read.rows] == [2**63 - 1, -(2**63)]
    assert [row["price"] for row in read.rows] == [
        Decimal("0.1"),
        Decimal("12345678901234567890.123456789012345678"),
    ]
    assert read.rows[0]["big"] == 12345678901234567890123
    assert [row["mixed"] for row in read.rows] == [Decimal(1), Decimal("1.5")]


def test_what_has_no_column_type_of_its_own_lands_as_the_json_it_was(serve: Serve) -> None:
    rig = serving(
        serve,
        '{"id": 1, "tags": ["a", 1.10, null], "any": "x", "tiny": 1e-30}',
        '{"id": 2, "tags": {"ü": {"deep": 100000000000000000000.5}}, "any": 7, "tiny": 2}',
        '{"id": 3, "tags": null, "any": true}',
    )
    rows = rig.read().rows

    assert [row["tags"] for row in rows] == [
        '["a",1.10,null]',
        '{"ü":{"deep":100000000000000000000.5}}',
        None,
    ]
    assert [row["any"] for row in rows] == ['"x"', "7", "true"]
    assert [row["tiny"] for row in rows] == ["1E-30", "2", None]


def test_a_field_that_is_null_or_not_there_lands_as_null(serve: Serve) -> None:
    rows = serving(serve, '{"id": 1, "a": null}', '{"id": 2, "a": true}', '{"id": 3}').read().rows

    assert [row["a"] for row in rows] == [None, True, None]


def test_a_field_that_is_always_null_is_no_column(serve: Serve) -> None:
    assert kinds(serving(serve, '{"id": 1, "a": null}')) == {"id": "integer"}


def test_declared_types_land_as_they_say(serve: Serve) -> None:
    types = {
        "price": "decimal(12,2)",
        "ratio": "double",
        "code": "text",
        "born": "date",
        "seen": "timestamptz",
        "local": "timestamp",
        "made": "unix",
        "ms": "unix_ms",
        "exact": "instant",
        "any": "json",
        "absent": "integer",
    }
    rig = serving(
        serve,
        '{"id": 1, "price": 10, "ratio": 0.1, "code": 1.10, "born": "2026-01-31", "seen": '
        '"2026-01-31T12:00:00.123456+02:00", "local": "2026-01-31T12:00:00", "made": 1767225600, '
        '"ms": 1767225600123, "exact": "2026-01-31T12:00:00.1234567Z", "any": "text"}',
        rest={"types": tuple(types.items())},
    )
    [row] = rig.read().rows

    assert row["price"] == Decimal("10.00")
    assert row["ratio"] == 0.1
    assert row["code"] == "1.10"
    assert row["born"] == date(2026, 1, 31)
    assert row["seen"] == datetime(2026, 1, 31, 10, 0, 0, 123456, UTC)
    assert row["local"] == datetime(2026, 1, 31, 12)  # noqa: DTZ001 - it has no zone
    assert row["made"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert row["ms"] == datetime(2026, 1, 1, 0, 0, 0, 123000, UTC)
    assert row["exact"] == "2026-01-31T12:00:00.1234567Z"
    assert row["any"] == '"text"'
    assert row["absent"] is None


UNEXACT: dict[str, tuple[str, str, type[IngestError]]] = {
    "too many digits": ("decimal(12,2)", "1.005", ValueUnsupported),
    "too large": ("decimal(4,2)", "100", ValueUnsupported),
    "more than 64 bits": ("integer", "9223372036854775808", ValueUnsupported),
    "more than microseconds": ("timestamptz", '"2026-01-01T00:00:00.1234567Z"', ValueUnsupported),
    "half a surrogate": ("text", r'"\ud800"', ValueUnsupported),
    "a text for a number": ("integer", '"7"', SchemaDrifted),
    "a number for a truth value": ("boolean", "1", SchemaDrifted),
    "a truth value for a number": ("number", "true", SchemaDrifted),
    "a fraction for a whole number": ("integer", "1.5", SchemaDrifted),
    "an object for a text": ("text", "{}", SchemaDrifted),
    "no date": ("date", '"2026-02-30"', SchemaDrifted),
    "a time without its zone": ("timestamptz", '"2026-01-01T00:00:00"', SchemaDrifted),
    "a time with a zone": ("timestamp", '"2026-01-01T00:00:00Z"', SchemaDrifted),
}


@pytest.mark.parametrize(("kind", "value", "error"), UNEXACT.values(), ids=UNEXACT)
def test_a_value_that_cannot_land_exactly_stops_the_read_and_is_not_repeated(
    serve: Serve, kind: str, value: str, error: type[IngestError]
) -> None:
    good = '{"id": 1, "a": null}'
    rig = serving(serve, good, f'{{"id": 2, "a": {value}}}', rest={"types": (("a", kind),)})
    with pytest.raises(error, match=r"column a \(.*\), page 1, record [12]: ") as caught:
        rig.read()
    assert value.strip('"') not in str(caught.value).split("record")[1].removeprefix(" 2")[:60]


FLAT = '{"id": 1, "a": {"b": {"c": 1, "d": [1]}, "e": "x"}, "f": {}}'


def test_objects_become_columns_as_deep_as_wanted(serve: Serve) -> None:
    assert serving(serve, FLAT).read().rows[0]["a"] == '{"b":{"c":1,"d":[1]},"e":"x"}'
    [shallow] = serving(serve, FLAT, rest={"depth": 1}).read().rows
    assert (shallow["a_b"], shallow["a_e"]) == ('{"c":1,"d":[1]}', "x")
    [deep] = serving(serve, FLAT, rest={"depth": 8}).read().rows
    assert (deep["a_b_c"], deep["a_b_d"], deep["a_e"]) == (1, "[1]", "x")


def test_two_fields_that_would_be_one_column_are_refused(serve: Serve) -> None:
    rig = serving(serve, '{"id": 1, "a_b": 1, "a": {"b": 2}}', rest={"depth": 8})
    with pytest.raises(TypeUnsupported, match="column a_b: two fields"):
        rig.read()


@pytest.mark.parametrize("name", ["_page", "_position", "_rest"])
def test_a_field_with_a_name_of_ours_is_refused(serve: Serve, name: str) -> None:
    with pytest.raises(TypeUnsupported, match=f"field {name}"):
        serving(serve, f'{{"id": 1, "{name}": 1}}').read()


def test_a_key_that_no_record_has_is_missing(serve: Serve) -> None:
    with pytest.raises(ColumnMissing, match="no record has a field id"):
        serving(serve, '{"name": "x"}').read()


def test_each_row_tells_its_page_and_its_position(serve: Serve) -> None:
    rows = serve(25, "cursor").read().rows

    assert [(row["_page"], row["_position"]) for row in rows] == [
        (1 + n // 10, n % 10) for n in range(25)
    ]


def growing(serve: Serve, **fields: Any) -> Rig:
    """Serve a collection whose last record has a field that no earlier page shows."""
    held = collection(95)
    held.put(item(95, late={"x": 1}))
    return serve(held, "cursor", {"sample": 2}, **fields)


def test_a_field_that_no_sample_shows_lands_beside_the_columns_and_is_told(serve: Serve) -> None:
    read = growing(serve).read()

    assert "late" not in read.schema.names
    assert read.rows[-1]["_rest"] == '{"late":{"x":1}}'
    assert [row["_rest"] for row in read.rows[:-1]] == [None] * 94
    assert read.notes.findings[0].startswith(
        "fields that are no columns yet landed in _rest: late;"
    )


@pytest.mark.parametrize("on_drift", ["freeze", "quarantine"])
def test_a_field_that_was_not_planned_stops_where_drift_is_not_wanted(
    serve: Serve, on_drift: str
) -> None:
    with pytest.raises(SchemaDrifted, match="field late was not there"):
        growing(serve, keys={"on_drift": on_drift}).read()


def test_a_type_that_no_sample_shows_stops_and_says_where(serve: Serve) -> None:
    held = collection(95)
    held.put(item(95, name=7))
    with pytest.raises(SchemaDrifted, match=r"column name \(text\), page 10, record 5"):
        serve(held, "cursor", {"sample": 2}).read()


def planned(rig: Rig, **fields: Any) -> Any:
    basis = rig.basis(**fields)
    with rig.session(basis.columns) as session:
        return make_plan(session, basis).plan


def drifting(serve: Serve, change: Callable[[Collection], None], **keys: Any) -> tuple[Rig, Any]:
    """Load a table, change what its records are, and give what the next load has to start from."""
    rig = serve(5, "none", keys=keys)
    first = planned(rig)
    change(rig.api.collection)
    return rig, first.columns


def test_a_new_field_is_a_new_column(serve: Serve) -> None:
    rig, columns = drifting(serve, lambda held: held.put(item(2, age=7)))
    plan = planned(rig, columns=columns)

    assert plan.columns[-1].name == "age" or "age" in [c.name for c in plan.columns]
    assert "column age (integer) is new" in plan.findings


def test_a_new_field_stops_under_freeze_and_is_set_aside_under_quarantine(serve: Serve) -> None:
    rig, columns = drifting(serve, lambda held: held.put(item(2, age=7)), on_drift="freeze")
    with pytest.raises(SchemaDrifted, match="column age"):
        planned(rig, columns=columns)
    rig, columns = drifting(serve, lambda held: held.put(item(2, age=7)), on_drift="quarantine")
    assert planned(rig, columns=columns).reasons == ("column age (integer) is new",)


def test_a_field_that_changes_its_type_is_drift(serve: Serve) -> None:
    rig, columns = drifting(
        serve, lambda held: held.put(*(item(n, id=n + 0.5) for n in range(1, 6))), on_drift="freeze"
    )
    with pytest.raises(SchemaDrifted, match="column id was integer"):
        planned(rig, columns=columns)


def test_a_field_that_no_record_shows_any_more_stays_a_column(serve: Serve) -> None:
    def forget(held: Collection) -> None:
        held.records = {n: {"id": n, "updated_at": "x"} for n in range(1, 6)}
        held.put()

    rig, columns = drifting(serve, forget, on_drift="freeze")
    plan = planned(rig, columns=columns)

    assert plan.columns == columns
    assert [row["name"] for row in rig.read(known=plan.columns).rows] == [None] * 5


def test_an_excluded_field_is_nowhere(serve: Serve) -> None:
    held = collection(95)
    held.put(*(item(n, secret=f"s{n}", late_secret=1) for n in (1, 95)))
    excluded = ColumnSpec(exclude=("secret", "late_secret"))
    read = serve(held, "cursor", {"sample": 1}, keys={"columns": excluded}).read()

    assert "secret" not in json.dumps(read.rows, default=str)
    assert "secret" not in read.schema.names


def test_an_excluded_object_is_left_out_with_all_that_it_holds(serve: Serve) -> None:
    excluded = {"columns": ColumnSpec(exclude=("a",))}
    read = serving(serve, FLAT, rest={"depth": 8}, keys=excluded).read()

    assert [name for name in read.schema.names if name.startswith("a")] == []
    assert read.rows[0]["_rest"] is None


def test_an_empty_collection_has_the_columns_that_are_needed(serve: Serve) -> None:
    def nothing(_asked: Asked) -> None:
        return None

    rig = serve(0, "none")
    rig.api.meddle = nothing
    assert kinds(rig) == {"id": "text"}

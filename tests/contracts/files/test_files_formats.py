"""JSON, JSON lines and Parquet, as independent readers write and read them."""

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from files_shop import Shop

TYPED = {
    "id": "integer",
    "amount": "decimal(18,2)",
    "at": "timestamptz",
    "note": "text",
    "ok": "boolean",
}
RECORDS: list[dict[str, Any]] = [
    {"id": 1, "amount": "1.50", "at": "2026-01-31T10:00:00Z", "note": "two\nlines", "ok": True},
    {"id": 2, "amount": None, "note": 'a "quote" [{'},
    {"id": 3, "amount": 0.1, "note": {"deep": [1, 2]}, "more": [1, {"x": None}]},
]
LANDED = [
    (1, Decimal("1.50"), datetime(2026, 1, 31, 10, tzinfo=UTC), "two\nlines", True, None),
    (2, None, None, 'a "quote" [{', None, None),
    (3, Decimal("0.10"), None, '{"deep": [1, 2]}', None, '{"more":[1, {"x": null}]}'),
]
NAMES = ("id", "amount", "at", "note", "ok", "_rest")


def test_json_lines_land_with_their_types_and_what_is_not_declared(shop: Shop) -> None:
    shop.declare(format="ndjson", columns=TYPED)
    lines = [json.dumps(record) for record in RECORDS]
    shop.put("a.ndjson.gz", gzip.compress("\n".join(lines).encode()))
    shop.put("b.ndjson", "\r\n\r\n".join(lines[:2]) + "\r\n")

    shop.load()

    rows = [row for row in shop.rows() if row["_file"].endswith(".gz")]
    assert [tuple(row[name] for name in NAMES) for row in rows] == LANDED
    assert [row["_line"] for row in shop.rows()] == [1, 2, 3, 1, 3]


def test_a_line_that_is_no_object_is_malformed(shop: Shop) -> None:
    shop.declare(format="ndjson", columns={"id": "integer"}, most_malformed="90%")
    lines = [
        '{"id": 1}',
        '{"id": 2',
        "[3]",
        '{"id": "x"}',
        '{"id": 5.5}',
        '{"id": NaN}',
        '{"id": 7}',
    ]
    shop.put("a.ndjson", "\n".join(lines))

    shop.load()

    assert shop.values("id", "_line") == [(1, 1), (7, 7)]
    assert [row["_line"] for row in shop.rows("quarantine")] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("listed", [True, False])
def test_a_json_document_lands_object_by_object(
    shop: Shop, indent: int | None, *, listed: bool
) -> None:
    shop.declare(format="json", columns=TYPED)
    one = json.dumps(RECORDS, indent=indent)
    text = one if listed else "\n".join(json.dumps(each, indent=indent) for each in RECORDS)
    shop.put("a.json", text)

    shop.load()

    found = [tuple(row[name] for name in NAMES[:3]) for row in shop.rows()]
    assert found == [row[:3] for row in LANDED]
    first = text.splitlines()
    opens = [n for n, line in enumerate(first, 1) if line.strip() == "{"] or [1, 1, 1]
    assert [row["_line"] for row in shop.rows()][:1] == opens[:1]


@pytest.mark.parametrize("text", ['[{"id": 1}', '[{"id": 1}] x', '{"id": 1', "nothing", "[1, 2]"])
def test_a_document_that_is_cut_off_or_none_lands_nothing(shop: Shop, text: str) -> None:
    shop.declare(format="json", columns={"id": "integer"})
    shop.put("a.json", text)

    shop.load()

    assert shop.rows() == []
    assert [letter.error.type for letter in shop.letters()][:1] == ["FileUnreadable"]


def test_parquet_lands_as_it_is(shop: Shop) -> None:
    shop.declare(format="parquet")
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "amount": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
            "day": pa.array([date(2026, 1, 31), None]),
            "kind": pa.array(["x", "x"]).dictionary_encode(),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    shop.put("a.parquet", sink.getvalue())
    shop.put("b.parquet", sink.getvalue()[:-10])
    other = io.BytesIO()
    pq.write_table(table.set_column(0, "id", pa.array([3, 4], pa.int64())), other)
    shop.put("c.parquet", other.getvalue())

    manifest = shop.load()

    assert shop.values("id", "amount", "day", "kind", "_line") == [
        (1, Decimal("1.50"), date(2026, 1, 31), "x", 1),
        (2, None, None, "x", 2),
    ]
    assert manifest is not None
    told = {read["version"]["path"][-9:]: read["error"] for read in manifest["read_files"]}
    assert told["b.parquet"]["type"] == "FileUnreadable"
    assert told["c.parquet"]["message"] == "column id is int64, not int32"
    assert shop.load() is None


def test_an_excluded_column_leaves_no_trace(shop: Shop) -> None:
    shop.declare(
        format="ndjson",
        columns={"id": "integer", "secret": "text"},
        columns_section={"exclude": ["secret", "other"]},
    )
    shop.put("a.ndjson", '{"id": 1, "secret": "s3", "other": "s3", "more": 2}\n{"id": "s3"}\n')

    shop.load()

    assert shop.values("id", "_rest") == [(1, '{"more":2}')]
    assert "secret" not in shop.rows()[0]
    assert "s3" not in repr(shop.rows("quarantine"))

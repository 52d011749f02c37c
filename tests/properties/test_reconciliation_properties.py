"""The join finds what a plain comparison of two dictionaries finds, however rows and images are spread."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.reconciliation.differences import HASH_FIELD, IMAGE_FIELDS, ROW_FIELDS
from shared.reconciliation.partitions import join_partitions
from shared.reconciliation.spill import Spill
from tests.conftest import LONG

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9)),
    "small": (pa.int16(), st.integers(-3, 3)),
    "text": (pa.string(), st.text(max_size=4)),
    "bytes": (pa.binary(), st.binary(max_size=2)),
}
HASHES = st.sampled_from([b"a" * 16, b"b" * 16])


@st.composite
def sides(draw: st.DrawFn) -> Any:
    """Draw a key's type, images of the lake in any order, and rows of the source."""
    kind, values = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    keys = draw(st.lists(values, min_size=1, max_size=12, unique=True))
    second = draw(st.booleans())
    key = st.tuples(st.sampled_from(keys), st.integers(0, 1 if second else 0))
    image = st.tuples(key, st.integers(1, 3), st.integers(0, 2), st.booleans(), HASHES | st.none())
    # One image a key, run and moment: two would have no order.
    images = draw(st.lists(image, max_size=40, unique_by=lambda each: each[:3]))
    row = st.tuples(key, st.booleans(), st.booleans(), HASHES)
    rows = draw(st.lists(row, max_size=30, unique_by=lambda each: each[0]))
    return kind, second, images, rows


def expected(images: Sequence[Any], rows: Sequence[Any], *, hashed: bool) -> dict[str, set[Any]]:
    """Compare by plain dictionaries."""
    last: dict[Any, Any] = {}
    for image in images:
        if image[0] not in last or image[1:3] > last[image[0]][1:3]:
            last[image[0]] = image
    current = {key: image[4] for key, image in last.items() if image[3]}
    live = {row[0]: row for row in rows if not row[2]}
    return {
        "missing": {k for k, row in live.items() if k not in current and not row[1]},
        "changed": {
            k for k, row in live.items() if hashed and k in current and current[k] != row[3]
        },
        "deleted": {key for key in current if key not in live},
    }


@settings(deadline=None, max_examples=100 if LONG else 40)
@given(
    drawn=sides(),
    at_once=st.integers(1, 5),
    most_bytes=st.integers(0, 4000),
    hashed=st.booleans(),
)
def test_the_join_finds_what_dictionaries_find(
    drawn: Any, at_once: int, most_bytes: int, *, hashed: bool
) -> None:
    kind, second, images, rows = drawn
    fields = [pa.field("k", kind), *([pa.field("n", pa.int32())] if second else [])]
    hash_field = [HASH_FIELD] if hashed else []
    with tempfile.TemporaryDirectory() as folder:
        lake = _spill(
            Path(folder) / "lake",
            pa.schema([*fields, *IMAGE_FIELDS, *hash_field]),
            [
                (*key[: len(fields)], run, datetime(2026, 1, 1, second, tzinfo=UTC), there, digest)
                for key, run, second, there, digest in images
            ],
            at_once,
        )
        source = _spill(
            Path(folder) / "source",
            pa.schema([*fields, *ROW_FIELDS, *hash_field]),
            [(*key[: len(fields)], left, gone, digest) for key, left, gone, digest in rows],
            at_once,
        )
        found: dict[str, list[Any]] = {"missing": [], "changed": [], "deleted": []}
        for part in join_partitions(source, lake, most_bytes=most_bytes):
            for name in found:
                found[name] += _rows(getattr(part, name).select([f.name for f in fields]))
    wanted = expected(images, rows, hashed=hashed)
    for name, keys in found.items():
        assert len(keys) == len(set(keys))
        assert set(keys) == {key[: len(fields)] for key in wanted[name]}


def _spill(folder: Path, schema: pa.Schema, rows: list[Any], at_once: int) -> Spill:
    spill = Spill(
        folder=folder, schema=schema, key=tuple(n for n in ("k", "n") if n in schema.names)
    )
    spill.fill(_batch(schema, rows[at : at + at_once]) for at in range(0, len(rows), at_once))
    return spill


def _batch(schema: pa.Schema, rows: list[Any]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))[: len(schema)]
    return pa.RecordBatch.from_arrays(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


def _rows(batch: pa.RecordBatch) -> Any:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)

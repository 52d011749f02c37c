"""A slice with masked columns is proven as read, and nothing that is kept of it tells the values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_samples import READ_AT, plan
from memory_lake import MemoryLake

from shared.catalog import ColumnSpec, MaskSpec
from shared.extraction.batches import typed_field
from shared.extraction.columns import plan_columns
from shared.extraction.source import Column, Proving, Reading, TableShape
from shared.landing.overlap import unpack
from shared.landing.slicing import SliceLanding
from shared.landing.tally import Tally, find_measures
from shared.loading.bound import Bound
from shared.loading.errors import ColumnMissing, MaskKeyMissing, ReceiptBroken, SchemaDrifted
from shared.loading.masks import MaskKey
from shared.loading.plan import LoadPlan
from shared.loading.proof import Proof
from shared.loading.receipt import Receipt

KEY = MaskKey(secret=b"a key of more than thirty-two characters")
OTHER = MaskKey(secret=b"another key of more than thirty-two characters")
PIN, EMAIL, SALARY = "4711", "ada@example.com", 123_457
# One row: every sum over it is its value.
ROWS = pa.table(
    {
        "id": pa.array([1]),
        "no": pa.array([25]),
        "pin": pa.array([PIN]),
        "email": pa.array([EMAIL]),
        "salary": pa.array([SALARY]),
    }
)
SCHEMA = pa.schema([typed_field(field.name, field.type, "any") for field in ROWS.schema])
MASKS = ColumnSpec(
    mask=(
        ("pin", MaskSpec(how="redact")),
        ("email", MaskSpec(how="sha256")),
        ("salary", MaskSpec(how="sha256")),
    )
)
SHAPE = TableShape(
    columns=tuple(
        Column(name=field.name, source_type="any", nullable=True, lands=str(field.type))
        for field in SCHEMA
    ),
    estimated_rows=1,
)
Change = Callable[[pa.Table], pa.Table]


def planned(receipt: str = "values", key: MaskKey = KEY, masks: ColumnSpec = MASKS) -> LoadPlan:
    spec = replace(plan().spec, columns=masks, receipt=receipt)  # pyright: ignore[reportArgumentType]
    return plan(
        spec=spec, columns=plan_columns(spec, SHAPE, key), bound=Bound(value="20", how="exact")
    )


def saying(table: pa.Table, receipt: str) -> Proving:
    hashed = receipt == "hashes"
    measures = {} if receipt == "rows" else find_measures(table.schema)

    def ask() -> Proof:
        tally = Tally(measures, hashed=hashed)
        for batch in table.to_batches():
            tally.add(batch)
        return tally.proof(cast("Any", receipt))

    return Proving(measures=measures, hashed=hashed, ask=ask)


def land(
    lake: MemoryLake,
    receipt: str = "values",
    *,
    gave: pa.Table = ROWS,
    read: pa.Table = ROWS,
    of: LoadPlan | None = None,
    key: MaskKey | None = KEY,
    known: frozenset[bytes] = frozenset(),
) -> Receipt:
    of = of or planned(receipt)
    landing = SliceLanding(
        lake=lake,
        plan=of,
        part=of.slices[0],
        execution="e1",
        known=known,
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        mask_key=key,
    )
    batches = iter(read.cast(SCHEMA).to_batches())
    proof = None if receipt == "copied" else saying(gave, receipt)
    reading = Reading(read_at=READ_AT, schema=SCHEMA, batches=batches, proof=proof)
    return landing.land(reading)


def changed(column: str, value: Any) -> pa.Table:
    place = ROWS.schema.get_field_index(column)
    return ROWS.set_column(place, column, pa.array([value]))


LEVELS = ["copied", "rows", "values", "hashes"]


@pytest.mark.parametrize("level", LEVELS)
def test_masked_columns_land_masked_and_proven(level: str) -> None:
    lake = MemoryLake()
    receipt = land(lake, level)
    [file] = receipt.files
    [row] = pq.read_table(pa.BufferReader(lake.read(file.path))).to_pylist()
    assert (row["id"], row["pin"]) == (1, "redacted")
    assert (len(row["email"]), len(row["salary"])) == (64, 64)
    assert receipt.proof is not None
    assert receipt.proof.level == level
    assert (receipt.proof.hashes is None) == (level != "hashes")


@pytest.mark.parametrize("level", LEVELS)
def test_neither_receipt_nor_file_nor_digest_tells_a_value(level: str) -> None:
    lake = MemoryLake()
    receipt = land(lake, level)
    kept = [msgspec.json.encode(receipt), *lake.files.values()]
    for secret in (PIN, EMAIL, str(SALARY)):
        assert all(secret.encode() not in content for content in kept)
    told = {each.column: each.sum for each in receipt.proof.columns} if receipt.proof else {}
    # The length of a text in the clear would tell too.
    assert told.get("email", "64") == told.get("salary", "64") == "64"
    assert told.get("pin", "8") == "8"


@pytest.mark.parametrize("column", ["pin", "email", "salary"])
def test_what_is_kept_is_the_same_for_rows_that_differ_where_it_is_redacted(column: str) -> None:
    """Nothing depends on a value but by the key: a guess cannot be tried out on what is kept."""
    redacted = ColumnSpec(mask=tuple((name, MaskSpec(how="redact")) for name, _ in MASKS.mask))
    value = 99 if column == "salary" else "9"
    for level in LEVELS:
        kept: list[Any] = []
        for rows in (ROWS, changed(column, value)):
            lake = MemoryLake()
            of = planned(level, masks=redacted)
            receipt = land(lake, level, gave=rows, read=rows, of=of)
            kept.append((receipt, dict(lake.files)))
        assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("level", "column", "value"),
    [
        ("values", "salary", SALARY + 1),
        ("values", "pin", "47110"),
        ("values", "email", None),
        ("hashes", "pin", "4712"),
        ("hashes", "email", "eve@example.com"),
    ],
)
def test_a_masked_value_that_was_changed_on_the_way_breaks_the_receipt_and_is_not_told(
    level: str, column: str, value: Any
) -> None:
    with pytest.raises(ReceiptBroken, match="what the source gave") as raised:
        land(MemoryLake(), level, gave=ROWS, read=changed(column, value))
    told = str(raised.value)
    assert str(SALARY) not in told
    assert level == "hashes" or column in told


@pytest.mark.parametrize("level", ["copied", "values", "hashes"])
def test_what_is_changed_on_the_way_into_the_lake_breaks_the_receipt(level: str) -> None:
    class Losing(MemoryLake):
        def open(self, path: str) -> Any:
            table = pq.read_table(pa.BufferReader(self.files[path]))
            place = table.schema.get_field_index("pin")
            told = pa.field("pin", pa.string(), metadata=table.schema.field(place).metadata)
            sink = pa.BufferOutputStream()
            pq.write_table(table.set_column(place, told, pa.array(["lost"])), sink)
            self.files[path] = sink.getvalue().to_pybytes()
            return super().open(path)

    with pytest.raises(ReceiptBroken, match="what lies in the lake"):
        land(Losing(), level)


def test_the_overlap_knows_rows_as_they_landed() -> None:
    lake = MemoryLake()
    first = land(lake)
    assert first.overlap is not None
    known = unpack(lake.read(first.overlap))
    again = land(MemoryLake(), known=known)
    assert (again.read, again.landed, again.unchanged) == (1, 0, 1)
    assert land(MemoryLake(), known=known, read=changed("no", 26), gave=changed("no", 26)).landed


def test_another_key_than_was_planned_stops_before_anything_is_written() -> None:
    lake = MemoryLake()
    with pytest.raises(SchemaDrifted, match="masked by sha256"):
        land(lake, key=OTHER)
    with pytest.raises(MaskKeyMissing):
        land(lake, key=None)
    assert lake.files == {}


def test_a_column_that_was_not_masked_stops_before_anything_is_written() -> None:
    """Whatever brings rows here, columns that the plan masks do not land in the clear."""
    lake, of = MemoryLake(), planned()
    forgotten = replace(of, spec=replace(of.spec, columns=ColumnSpec()))
    with pytest.raises(SchemaDrifted, match="column pin was masked by redact and is not masked"):
        land(lake, of=forgotten)
    assert lake.files == {}


def test_a_mask_of_a_column_that_is_not_there_stops_the_plan() -> None:
    misspelt = ColumnSpec(mask=(("e_mail", MaskSpec(how="redact")),))
    with pytest.raises(ColumnMissing, match="has no column e_mail"):
        planned(masks=misspelt)
    with pytest.raises(ColumnMissing, match="has no column e_mail"):
        planned(masks=ColumnSpec(include=("id", "no", "e_mail")))

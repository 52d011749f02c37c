"""What was read, what the source says and what lies in the lake are the same, or nothing is published."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from landing_samples import READ_AT, plan
from memory_lake import MemoryLake

from shared.extraction.batches import typed_field
from shared.extraction.source import Proving, Reading
from shared.landing.overlap import digest_rows
from shared.landing.slicing import SliceLanding
from shared.landing.tally import Tally, find_measures
from shared.loading.errors import LakeUnavailable, ReceiptBroken
from shared.loading.plan import LoadPlan, PlannedColumn
from shared.loading.proof import Measure, Proof
from shared.loading.receipt import Receipt

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, None]),
        "no": pa.array([11, 12, 13, 14]),
        "score": pa.array([0.5, float("nan"), None, -0.0]),
        "name": pa.array(["one", "two", "thrée", None]),
        "at": pa.array([1, 2_000_001, None, 4], pa.timestamp("us")),
    }
)
[BATCH] = ROWS.to_batches()
SCHEMA = pa.schema([typed_field(field.name, field.type, "any") for field in ROWS.schema])


def planned(receipt: str = "values") -> LoadPlan:
    columns = tuple(
        PlannedColumn(name=field.name, source_type="any", lands=str(field.type)) for field in SCHEMA
    )
    spec = replace(plan().spec, receipt=receipt)  # pyright: ignore[reportArgumentType]
    return plan(columns=columns, spec=spec)


def saying(table: pa.Table, receipt: str) -> Proving:
    """A source that says what it gave: this table."""
    hashed = receipt == "hashes"
    measures: dict[str, Measure] = {} if receipt == "rows" else find_measures(table.schema)

    def ask() -> Proof:
        tally = Tally(measures, hashed=hashed)
        for batch in table.to_batches():
            tally.add(batch)
        return tally.proof(cast("Any", receipt))

    return Proving(measures=measures, hashed=hashed, ask=ask)


def land(
    lake: MemoryLake,
    *,
    gave: pa.Table = ROWS,
    read: pa.Table = ROWS,
    receipt: str = "values",
    silent: bool = False,
    known: frozenset[bytes] = frozenset(),
) -> Receipt:
    of = planned(receipt)
    landing = SliceLanding(
        lake=lake,
        plan=of,
        part=of.slices[0],
        execution="e1",
        known=known,
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    proof = None if silent else saying(gave, receipt)
    batches = iter(read.cast(SCHEMA).to_batches())
    return landing.land(Reading(read_at=READ_AT, schema=SCHEMA, batches=batches, proof=proof))


class AlteringLake(MemoryLake):
    """Keeps another table than it is given, as if it had been altered on the way."""

    def __init__(self, alter: Any) -> None:
        super().__init__()
        self._alter = alter

    @contextmanager
    def create(self, path: str) -> Iterator[BinaryIO]:
        sink = io.BytesIO()
        yield cast("BinaryIO", sink)
        if path.endswith(".parquet"):
            kept = io.BytesIO()
            pq.write_table(self._alter(pq.read_table(io.BytesIO(sink.getvalue()))), kept)
            sink = kept
        self._enter(path, sink.getvalue())


def put(table: pa.Table, name: str, values: Any, kind: pa.DataType | None = None) -> pa.Table:
    column = pa.array(values, kind or table.schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, column)


# What may go wrong with rows, the column that has to be named, and the least level that finds it.
FAULTS: dict[str, tuple[Any, str, str]] = {
    "a row is dropped": (lambda t: t.slice(1), "4 rows against 3", "rows"),
    "a row is doubled": (lambda t: pa.concat_tables([t, t.slice(3)]), "4 rows against 5", "rows"),
    "one row is dropped and one doubled": (
        lambda t: pa.concat_tables([t.slice(1), t.slice(3)]),
        "column id",
        "values",
    ),
    "a number is rounded": (
        lambda t: put(t, "score", [0.5000000001, float("nan"), None, -0.0]),
        "column score",
        "values",
    ),
    "NaN turns to zero": (lambda t: put(t, "score", [0.5, 0.0, None, -0.0]), "score", "values"),
    "zero loses its sign": (
        lambda t: put(t, "score", [0.5, float("nan"), None, 0.0]),
        "score",
        "values",
    ),
    "NULL turns to zero": (
        lambda t: put(t, "score", [0.5, float("nan"), 0.0, -0.0]),
        "column score: 3 values that are not NULL against 4",
        "values",
    ),
    "a fraction of a second is cut": (
        lambda t: put(t, "at", [1, 2_000_000, None, 4]),
        "column at: values add up to 2000006 against 2000005",
        "values",
    ),
    "a text is cut": (
        lambda t: put(t, "name", ["one", "two", "thré", None]),
        "column name: lengths in bytes add up to 12 against 11",
        "values",
    ),
    "an empty text turns to NULL": (
        lambda t: put(t, "name", ["one", "two", None, ""]),
        "column name",
        "values",
    ),
    "a text is swapped for one of the same length": (
        lambda t: put(t, "name", ["eno", "two", "thrée", None]),
        "hashes",
        "hashes",
    ),
    "two rows exchange their values": (
        lambda t: put(t, "no", [12, 11, 13, 14]),
        "hashes",
        "hashes",
    ),
}
LEVELS = ["rows", "values", "hashes"]
CAUGHT = [
    (fault, level)
    for fault, (_, _, least) in FAULTS.items()
    for level in LEVELS[LEVELS.index(least) :]
]
MISSED = [
    (fault, level)
    for fault, (_, _, least) in FAULTS.items()
    for level in LEVELS[: LEVELS.index(least)]
]


@pytest.mark.parametrize(("fault", "level"), CAUGHT)
def test_what_goes_wrong_on_the_way_into_the_lake_fails_the_landing(fault: str, level: str) -> None:
    alter, named, least = FAULTS[fault]
    with pytest.raises(ReceiptBroken) as broken:
        land(AlteringLake(alter), receipt=level)
    if level == least:
        assert named in str(broken.value)


@pytest.mark.parametrize(("fault", "level"), CAUGHT)
def test_what_goes_wrong_between_source_and_worker_fails_the_landing(
    fault: str, level: str
) -> None:
    alter, _, least = FAULTS[fault]
    # Hashes are compared with the lake alone, so that they do not tell where it went wrong.
    where = "what lies in the lake" if least == "hashes" else "what the source gave"
    with pytest.raises(ReceiptBroken, match=where):
        land(MemoryLake(), read=alter(ROWS), receipt=level)


@pytest.mark.parametrize(("fault", "level"), MISSED)
def test_a_level_promises_no_more_than_it_compares(fault: str, level: str) -> None:
    alter, _, _ = FAULTS[fault]
    receipt = land(AlteringLake(alter), receipt=level)
    assert receipt.proof is not None
    assert receipt.proof.level == level


@pytest.mark.parametrize("fault", [fault for fault, case in FAULTS.items() if case[2] != "hashes"])
def test_where_the_source_can_say_nothing_files_still_hold_what_was_read(fault: str) -> None:
    alter, _, _ = FAULTS[fault]
    with pytest.raises(ReceiptBroken, match="slice 0"):
        land(AlteringLake(alter), silent=True)
    receipt = land(MemoryLake(), gave=alter(ROWS), silent=True)
    assert receipt.proof is not None
    assert receipt.proof.level == "copied"


@pytest.mark.parametrize("level", LEVELS)
def test_rows_left_out_as_unchanged_count_with_those_in_the_files(level: str) -> None:
    known = frozenset(digest_rows(BATCH.slice(1, 2)))
    receipt = land(MemoryLake(), receipt=level, known=known)
    assert (receipt.landed, receipt.unchanged) == (2, 2)
    assert receipt.proof is not None
    assert receipt.proof.rows == 4


def test_a_receipt_says_what_every_column_adds_up_to() -> None:
    receipt = land(MemoryLake(), receipt="hashes")
    assert receipt.proof is not None
    found = {c.column: (c.values, c.measure, c.sum) for c in receipt.proof.columns}
    assert found["id"] == (3, "numbers", "6")
    assert found["name"] == (3, "bytes", "12")
    assert found["at"] == (3, "numbers", "2000006")
    assert receipt.proof.hashes is not None


def test_no_row_at_all_is_proven_too() -> None:
    receipt = land(MemoryLake(), gave=ROWS.slice(0, 0), read=ROWS.slice(0, 0), receipt="hashes")
    assert receipt.proof is not None
    assert (receipt.proof.rows, receipt.proof.hashes) == (0, "0")
    with pytest.raises(ReceiptBroken, match="4 rows against 0"):
        land(MemoryLake(), read=ROWS.slice(0, 0))


def test_a_column_that_lies_in_another_type_fails_the_landing() -> None:
    def widen(table: pa.Table) -> pa.Table:
        return put(table, "at", pc.cast(table["at"], pa.timestamp("ns")), pa.timestamp("ns"))

    with pytest.raises(ReceiptBroken, match=r"column at lies in .* as timestamp\[ns\]"):
        land(AlteringLake(widen))


def test_a_file_that_is_gone_or_damaged_fails_the_landing() -> None:
    class Forgetful(MemoryLake):
        def _enter(self, path: str, content: bytes) -> None:
            if not path.endswith(".parquet"):
                super()._enter(path, content)

    class Damaging(MemoryLake):
        def _enter(self, path: str, content: bytes) -> None:
            super()._enter(path, content[:4] + bytes(200) + content[204:])

    for lake, told in ((Forgetful(), "not in the lake"), (Damaging(), "slice 0|read back")):
        with pytest.raises(ReceiptBroken, match=told):
            land(lake)


def test_a_lake_that_does_not_answer_breaks_no_receipt() -> None:
    class Away(MemoryLake):
        @contextmanager
        def open(self, path: str) -> Iterator[BinaryIO]:
            class Broken(io.BytesIO):
                def read(self, size: int | None = -1, /) -> bytes:
                    raise LakeUnavailable(path)

            yield Broken(self.files[path])

    with pytest.raises(LakeUnavailable):
        land(Away())

"""Landed files are judged file by file; deletes are not, and no message holds a value."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.adapters.duckdb.judge import DuckRuleJudge
from shared.catalog import RuleSpec
from shared.loading.errors import ReceiptBroken, RuleRefused
from shared.loading.receipt import Judged, LandedFile
from tests.unit.landing.landing_samples import SPEC
from tests.unit.landing.memory_lake import MemoryLake

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = pa.schema([("id", pa.int64()), ("plan", pa.string()), ("_op", pa.string())])


class Landed:
    """Files of a lake, and how they are judged."""

    def __init__(self) -> None:
        self.lake, self.files = MemoryLake(), list[LandedFile]()

    def add(self, *rows: tuple[Any, ...], group: int = 2) -> None:
        sink, path = io.BytesIO(), f"bronze/{len(self.files)}.parquet"
        table = pa.Table.from_pylist(
            [dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA
        )
        pq.write_table(table, sink, row_group_size=group)
        self.lake.write(path, sink.getvalue())
        self.files.append(LandedFile(path=path, name=path[7:], rows=len(rows), bytes=1))

    def judge(self, **rules: str) -> Judged:
        quality = tuple(RuleSpec(name=n, rule=r, severity="warn") for n, r in rules.items())
        spec = replace(SPEC, quality=quality)
        return DuckRuleJudge().count(self.lake, self.files, spec, NOW)

    def broken(self, **rules: str) -> dict[str, int]:
        return {each.rule: each.rows for each in self.judge(**rules).broken}


@pytest.fixture
def landed() -> Landed:
    made = Landed()
    made.add((1, "Free", "upsert"), (2, None, "upsert"), (3, "Gold", "upsert"))
    made.add((4, "Gold", "snapshot"), (5, None, "delete"))
    return made


def test_rows_of_all_files_are_counted_and_a_rule_that_is_null_is_broken(landed: Landed) -> None:
    assert landed.broken(known="plan IN ('Free', 'Premium')", low="id < 4") == {
        "known": 3,
        "low": 1,
    }


def test_deletes_are_not_judged(landed: Landed) -> None:
    assert landed.judge(there="plan IS NOT NULL").rows == 4
    assert landed.broken(there="plan IS NOT NULL") == {"there": 1}


def test_a_rule_may_ask_for_what_bronze_says_of_a_row(landed: Landed) -> None:
    assert landed.broken(loaded="_op = 'upsert'") == {"loaded": 1}


def test_the_same_files_judged_again_give_the_same(landed: Landed) -> None:
    assert landed.judge(low="id < 4") == landed.judge(low="id < 4")


def test_a_rule_that_is_not_understood_names_table_rule_and_reason(landed: Landed) -> None:
    with pytest.raises(RuleRefused, match=r"crm/dbo\.Users, rule odd: .*no column of the name age"):
        landed.judge(low="id < 4", odd="age > 1")


def test_what_cannot_be_computed_stops_and_no_value_is_told() -> None:
    landed = Landed()
    landed.add((9_223_372_036_854_775_807, "Free", "upsert"))
    with pytest.raises(RuleRefused) as refused:
        landed.judge(next="id + 1 > 0")
    assert "next" in str(refused.value)
    assert "922337" not in str(refused.value)


def test_a_file_that_is_gone_is_not_taken_for_an_empty_one(landed: Landed) -> None:
    landed.files.append(LandedFile(path="bronze/gone", name="gone", rows=1, bytes=1))
    with pytest.raises(ReceiptBroken, match="gone"):
        landed.judge(low="id < 4")

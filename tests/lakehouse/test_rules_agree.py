"""A rule comes to the same at landing, where DuckDB judges, and in silver, where Spark's engine does."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bronze_runs import BronzeTable, handover
from pyspark.sql import functions as F  # noqa: N812 - the name that all of Spark's users know
from random_rules import random_rule

from lakehouse.bronze import read_manifests, read_rows
from lakehouse.delta import Lake
from shared.adapters.duckdb.judge import DuckRuleJudge
from shared.catalog import CursorSpec, RuleSpec, SourceSpec, TableSpec
from shared.loading.receipt import LandedFile
from tests.conftest import LONG
from tests.unit.landing.memory_lake import MemoryLake

# One a line, as it would stand in a table file.
RULES = Path(__file__).with_name("rules_that_agree.txt").read_text().splitlines()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
INF, NAN = float("inf"), float("nan")
COLUMNS = {
    "id": pa.int32(),
    "n": pa.int16(),
    "big": pa.int64(),
    "amount": pa.decimal128(12, 2),
    "rate": pa.decimal128(20, 6),
    "x": pa.float64(),
    "f": pa.float32(),
    "code": pa.string(),
    "Name": pa.string(),
    "a.b": pa.string(),
    "we`ird": pa.int64(),
    "select": pa.int32(),
    "d": pa.date32(),
    "at": pa.timestamp("us"),
    "zoned": pa.timestamp("us", "UTC"),
    "ok": pa.bool_(),
    "raw": pa.binary(),
    "tod": pa.time64("us"),
}
D = Decimal
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001 - a time without a zone is meant
VALUES: tuple[tuple[Any, ...], ...] = (
    (5, 2**62, D("10.50"), D("0.100000"), 1.5, 0.1, "abc", "Ann", "dot", 1, 1, date(2026, 1, 31)),
    (None,) * 12,
    (0, 0, D(0), D(0), NAN, NAN, "", "", "", 0, 0, date(1900, 1, 1)),
    (-7, -(2**63), D("-0.01"), D("-0.000001"), INF, INF, "50%_off", "ann", "A.B", -7, None, LAST),
    (
        32767,
        2**63 - 1,
        D("9999999999.99"),
        D("9" * 14),
        -INF,
        -INF,
        "a\\b",
        " Ann ",
        "a.b",
        2,
        2,
        date(2026, 1, 30),
    ),
    (1, 1, D("0.10"), D("0.1"), 0.1, 0.5, "a\nb", "ÄÖß", "e\u0301", 3, 3, date(2024, 2, 29)),
    (
        2,
        9007199254740993,
        D(1),
        D(1),
        -0.0,
        -0.0,
        "abc\n",
        "日本🎉",
        "it's",
        4,
        4,
        date(2026, 2, 1),
    ),
    (3, 3, D(100), D("2.5"), 3.0, 3.0, "ABC", "\tAnn", "\u0660", 5, 5, date(2026, 1, 31)),
    (4, 4, D(-5), D("-2.5"), 9007199254740992.0, 2.0, "null", "NULL", '"', 6, 6, date(2026, 1, 1)),
)
TIMES = (
    "2026-01-31T12:00:00",
    None,
    "1900-01-01T00:00:00",
    LAST.isoformat(),
    "2026-01-31T00:00:00",
    "2024-02-29T01:00:00",
    "2026-02-01T00:00:00.000001",
    "2026-01-31T23:59:59",
    "2026-01-01T05:06:07.123456",
)


def rows() -> list[dict[str, Any]]:
    """Make a row of each set of values, numbered, with the same reading of the clock twice."""
    made: list[dict[str, Any]] = []
    names = [name for name in COLUMNS if name not in ("id", "at", "zoned", "ok", "raw", "tod")]
    for number, (values, text) in enumerate(zip(VALUES, TIMES, strict=True)):
        at = datetime.fromisoformat(text) if text else None
        row = {"id": number, **dict(zip(names, values, strict=True)), "at": at}
        row["zoned"] = at.replace(tzinfo=UTC) if at else None
        row["ok"] = None if at is None else number % 2 == 0
        row |= {"raw": b"x", "tod": time(1, 2, 3)} if number % 3 == 0 else {}
        if isinstance(row["d"], datetime):
            row["d"] = row["d"].date()
        made.append(row)
    return made


@pytest.fixture
def table(tmp_path: Path) -> BronzeTable:
    made = BronzeTable(root=tmp_path, columns=COLUMNS)
    made.land(1, rows())
    return made


def met_in_silver(lake: Lake, table: BronzeTable, rules: Sequence[str]) -> list[list[bool]]:
    """Say of each rule which rows meet it, by the expression that silver judges by."""
    runs = handover(lake, 1, table.handed(1)).tables[0].runs
    landed = read_rows(lake, read_manifests(lake, runs)).rows
    assert landed is not None
    met = [F.expr(f"({rule}) IS TRUE").alias(f"r{n}") for n, rule in enumerate(rules)]
    found = landed.select("id", *met).orderBy("id").collect()
    return [[row[number + 1] for row in found] for number in range(len(rules))]


def met_at_landing(table: BronzeTable, rules: Sequence[str]) -> list[list[bool]]:
    """Say the same by the judge of landed files, which is given a file of each row."""
    folder = table.root / table.runs[1]["folder"]
    whole = pq.read_table(folder / "part-00000-0.parquet")
    lake, met = MemoryLake(), [list[bool]() for _ in rules]
    spec = TableSpec(
        source=SourceSpec(name="shop", kind="sql", engine="postgresql", connection="${SHOP}"),
        table="public.orders",
        key=("id",),
        cursor=CursorSpec(kind="none", column=None),
        target="bronze/shop/public.orders",
        quality=tuple(
            RuleSpec(name=f"r{number}", rule=rule, severity="warn")
            for number, rule in enumerate(rules)
        ),
    )
    for number in range(whole.num_rows):
        sink = io.BytesIO()
        pq.write_table(whole.slice(number, 1), sink)
        lake.write(f"bronze/{number}", sink.getvalue())
        file = LandedFile(path=f"bronze/{number}", name=str(number), rows=1, bytes=1)
        judged = DuckRuleJudge().count(lake, [file], spec, NOW)
        assert judged.rows == 1
        for found, counted in zip(met, judged.broken, strict=True):
            found.append(counted.rows == 0)
    return met


def test_landing_and_silver_judge_every_row_alike(lake: Lake, table: BronzeTable) -> None:
    silver, landing = met_in_silver(lake, table, RULES), met_at_landing(table, RULES)
    differing = {
        rule: (one, other)
        for rule, one, other in zip(RULES, silver, landing, strict=True)
        if one != other
    }
    assert differing == {}
    # A rule that all rows meet, or none, would show little: few of them do.
    telling = [rule for rule, met in zip(RULES, landing, strict=True) if 0 < sum(met) < len(met)]
    assert len(telling) > len(RULES) * 0.85


@pytest.mark.parametrize(
    "seed",
    [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))],
)
def test_conditions_made_at_random_are_judged_alike(
    lake: Lake, table: BronzeTable, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - not a secret
    rules = [random_rule(random) for _ in range(100 if LONG else 15)]
    silver, landing = met_in_silver(lake, table, rules), met_at_landing(table, rules)
    assert [
        rule for rule, one, other in zip(rules, silver, landing, strict=True) if one != other
    ] == []

"""What both engines take alike is understood; everything else is refused, and says why."""

import subprocess
import sys
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from shared.adapters.duckdb.conditions import find_fault, translate
from shared.adapters.duckdb.terms import RuleUnclear
from shared.adapters.duckdb.writing import Columns
from tests.architecture.source_tree import ROOT

COLUMNS = {
    "n": pa.int32(),
    "amount": pa.decimal128(38, 2),
    "fine": pa.decimal128(38, 10),
    "x": pa.float64(),
    "name": pa.string(),
    "d": pa.date32(),
    "at": pa.timestamp("us"),
    "ok": pa.bool_(),
    "raw": pa.binary(),
    "tod": pa.time64("us"),
    "wide": pa.decimal256(60, 2),
}


def columns(**more: pa.DataType) -> Columns:
    return Columns(schema=pa.schema(list({**COLUMNS, **more}.items())), now=datetime.now(UTC))


# Each does something else in Spark, in Sail or in DuckDB, or is no condition on a row.
REFUSED_WHATEVER_THE_COLUMNS = {
    "age +": "Required keyword",
    "": "not one condition",
    "n > 0; n > 1": "not one condition",
    "lower(name) = 'x'": "LOWER",
    "round(x, 2) = 1": "ROUND",
    "isnan(x)": "ISNAN",
    "rand() > 0.5": "RAND",
    "count(*) > 1": "COUNT",
    "n IN (SELECT 1)": "SELECT",
    "exists(xs, e -> e > 1)": "EXISTS",
    "name ILIKE 'a%'": "ILIKE",
    "name LIKE 'a!%' ESCAPE '!'": "ESCAPE",
    "name LIKE 'a\\\\b'": "backslash",
    "name LIKE name": "no literal text",
    r"name RLIKE '^\\d+$'": "read alike",
    "name RLIKE '(?i)abc'": "read alike",
    "name RLIKE '[a-z&&[b]]'": "read alike",
    "name RLIKE '[[:alpha:]]'": "read alike",
    "n / n > 1": "may be 0",
    "n % 0 = 1": "literal on the right",
    "CAST(name AS INT) > 1": "convert",
    "d > '31.01.2026'": None,
    "at > DATE '2026-02-30'": "no date",
    "n > 1e999999": "not understood",
    "n": None,
    "t.n > 0": "not understood",
    "name LIKE 'a%' = ok": "in parentheses",
    "n > 1 -- more": "comment",
    ":p": "PLACEHOLDER",
    "n > 0 AND 'a'": "takes boolean",
    "1": "no condition",
}
REFUSED_OVER_COLUMNS = {
    "n": "gives int",
    "missing > 1": "no column of the name missing",
    "n = '1'": "int and string do not compare",
    "name > 1": "do not compare",
    "-x < 1e0": "negative number",
    "x - x = 0": "a number above 0",
    "x * 0 = 0": "a number above 0",
    "x * -2 > 0": "a number above 0",
    "1 - x > 0": "on the right",
    "n / -2 > 0": "a number above 0",
    "- -x > 0": "negative number",
    "ok = 1": "do not compare",
    "d = at": "do not compare",
    "amount = x": "do not compare",
    "amount > fine": "digits",
    "amount * 2 > 1": "digits",
    "d > '31.01.2026'": "no date",
    "at > 'yesterday'": "no time",
    "raw = 'x'": "only be asked for NULL",
    "tod > '12:00:00'": "only be asked for NULL",
    "wide > 1": "only be asked for NULL",
    "coalesce(n, 'x') = 'x'": "a choice between",
    "d - INTERVAL 1 HOUR > d": "beside date",
    "name LIKE 'a%' AND n": "takes boolean",
}


@pytest.mark.parametrize(("rule", "why"), REFUSED_WHATEVER_THE_COLUMNS.items())
def test_what_engines_do_differently_is_refused_without_knowing_the_columns(
    rule: str, why: str | None
) -> None:
    fault = find_fault(rule)
    assert (fault is None) == (why is None)
    assert why is None or why in (fault or "")


@pytest.mark.parametrize(("rule", "why"), REFUSED_OVER_COLUMNS.items())
def test_what_does_not_fit_the_columns_is_refused(rule: str, why: str) -> None:
    with pytest.raises(RuleUnclear, match=why):
        translate(rule, columns())


def test_two_columns_that_spark_takes_for_one_are_refused() -> None:
    with pytest.raises(RuleUnclear, match="more than one column"):
        translate("n > 0", columns(N=pa.int32()))


def test_only_the_columns_that_a_rule_names_are_needed() -> None:
    wanted = columns()
    translate("N > 0 AND `name` <> '' AND n < 5", wanted)
    assert set(wanted.used) == {"n", "name"}


def test_a_text_in_a_rule_stays_a_text() -> None:
    assert "'it''s); DROP'" in translate('name = "it\'s); DROP"', columns())


def test_nothing_of_the_engine_is_imported_while_no_table_has_rules() -> None:
    code = """
import sys, function_app, shared.runtime.wiring
loaded = {"duckdb", "sqlglot"} & set(sys.modules)
sys.exit(f"imported: {loaded}" if loaded else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

"""Tables of files: what may be written, what is refused and where, and which files are whose."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog import CatalogInvalid, parse_catalog
from shared.catalog.path_patterns import compile_pattern, is_plain_path, overlap

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "load-files.md"
GOOD: dict[str, Any] = {"path": "orders/*.csv", "format": "csv"}


def problems(files: dict[str, Any] | None, **table: Any) -> list[str]:
    """What is said of a table file with such a table."""
    entry: dict[str, Any] = {"table": "files.orders", "key": ["id"], "watermark": {"kind": "none"}}
    entry |= ({"files": files} if files is not None else {}) | table
    source = {"name": "shop", "kind": "files", "location": "landing/shop"}
    try:
        parse_catalog({"shop.yml": yaml.safe_dump({"source": source, "tables": [entry]})})
    except CatalogInvalid as error:
        return [f"{each.field}: {each.message}" for each in error.problems]
    return []


def test_the_example_of_the_page_is_a_table_file() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    catalog = parse_catalog({"shop.yml": example})

    assert [table.files is not None for table in catalog] == [True, True]


@pytest.mark.parametrize(
    ("files", "table", "said"),
    [
        (None, {}, "files: is missing"),
        ({**GOOD, "path": "../secret/*"}, {}, "files.path: '../secret/*' leads elsewhere"),
        ({**GOOD, "path": "/orders/*"}, {}, "leads elsewhere"),
        ({**GOOD, "path": "a/%2e%2e/*"}, {}, "leads elsewhere"),
        ({**GOOD, "path": "a/**b"}, {}, "whole folders only"),
        ({**GOOD, "path": "[ab].csv"}, {}, "are patterns"),
        ({**GOOD, "path": "_staging/*"}, {}, "never read"),
        ({**GOOD, "columns": {"id": "int"}}, {}, "is no type"),
        ({**GOOD, "columns": {"other": "text"}}, {}, 'has no column "id"'),
        ({**GOOD, "columns": {"id": "text", "_line": "text"}}, {}, "Tidemark's own"),
        ({**GOOD, "csv": {"delimiter": '"'}}, {}, "different characters"),
        ({**GOOD, "csv": {"header": False}}, {}, "a csv without a header needs it"),
        ({**GOOD, "format": "ndjson"}, {}, "format ndjson needs it"),
        ({**GOOD, "format": "parquet", "columns": {"id": "text"}}, {}, "does not go with format parquet"),
        ({**GOOD, "most_malformed": "200%"}, {}, "is no share"),
        ({**GOOD, "encoding": "klingon"}, {}, "is no encoding"),
        (GOOD, {"watermark": {"kind": "integer", "column": "id"}}, "has to be none for files"),
        (GOOD, {"deletes": {"reconcile": "1d"}}, "does not go with kind files"),
        (GOOD, {"on_drift": "quarantine"}, "write add or freeze"),
        (GOOD, {"columns": {"mask": {"name": "sha256"}}}, "mask for kind files"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused(
    files: dict[str, Any] | None, table: dict[str, Any], said: str
) -> None:
    assert any(said in problem for problem in problems(files, **table))


def test_what_can_work_is_taken() -> None:
    assert problems({**GOOD, "csv": {"delimiter": "tab", "quote": "none"}}) == []


NAMES = st.text(alphabet="ab/", min_size=1, max_size=6)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "?", "/", "**/"]), min_size=1, max_size=5).map(
    "".join
)


@given(one=PATTERNS, other=PATTERNS, path=NAMES)
def test_two_patterns_that_match_one_path_overlap(one: str, other: str, path: str) -> None:
    if compile_pattern(one).fullmatch(path) and compile_pattern(other).fullmatch(path):
        assert overlap(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("*.csv", "*.json"), ("a/*", "a/b/c"), ("**/b.csv", "ab.csv"), ("a/?b", "a/*c")],
)
def test_patterns_that_have_nothing_in_common_do_not_overlap(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)


@pytest.mark.parametrize(
    "path", ["a/../b", "a//b", "./a", "a/%2E%2e/b", "a%2fb", "a\\b", "a\n", "/a", "a/"]
)
def test_a_path_that_can_be_read_as_another_is_not_plain(path: str) -> None:
    assert not is_plain_path(path)

"""The page of Data Factory's faults: all of them, each with tests that exist."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "explanation" / "faults-of-data-factory.md"
ALL = [f"F{number}" for number in range(1, 23)]


@cache
def rows() -> dict[str, str]:
    """Give each row of the table by its number."""
    found = re.findall(r"^\| (F\d+) (\|.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)


def named_tests(fault: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", rows()[fault])


def test_all_faults_are_there_in_order() -> None:
    assert list(rows()) == ALL


@pytest.mark.parametrize("fault", ALL)
def test_a_fault_is_answered_by_tests_that_exist(fault: str) -> None:
    named = named_tests(fault)
    assert named
    for file, name in named:
        text = (ROOT / file).read_text()
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{file}::{name}"


@pytest.mark.parametrize("fault", ALL)
def test_every_link_leads_somewhere(fault: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", rows()[fault]):
        assert (PAGE.parent / link).is_file(), link

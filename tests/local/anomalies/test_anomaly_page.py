"""The reference page is what was measured, and has every case."""

import json

import pytest

from local.anomalies.case import Case
from local.anomalies.cases import CASES
from local.anomalies.elsewhere import ELSEWHERE
from local.anomalies.page import MEASURED, PAGE, write_page
from local.anomalies.record import join

RECORD = json.loads(MEASURED.read_text(encoding="utf-8"))
TOOLS = ("tidemark", "dlt", "seed")


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(RECORD), (
        "run python -m local.anomalies.page"
    )


def test_the_page_tells_of_every_case_in_the_order_of_the_catalogue() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    told = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    names = [case.name for case in CASES]
    elsewhere = [str(each.number) for each in ELSEWHERE]
    assert [name for name in told if name != "Case"] == [*names, *names, *elsewhere]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_was_measured_on_every_tool_as_it_is_written_now(case: Case) -> None:
    mine = {each["subject"]: each for each in RECORD["outcomes"] if each["case"] == case.name}
    expected = {*TOOLS, *(["dlt_tuned"] if case.tuned else [])}
    assert set(mine) == expected
    for each in mine.values():
        said = (each["title"], each["what"], each["evidence"], each["expected"])
        assert said == (case.title, case.what, case.evidence, case.expected)


def test_no_case_is_shown_that_tidemark_did_not_pass() -> None:
    wrong = [each["case"] for each in RECORD["outcomes"] if each["verdict"] == "failed"]
    assert wrong == []


def test_records_of_other_versions_are_not_joined() -> None:
    with pytest.raises(ValueError, match="different versions"):
        join([RECORD, RECORD | {"seed": RECORD["seed"] + 1}])

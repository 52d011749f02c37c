"""The suite has every case of the catalogue, or says what stands in for it; what is asked for is chosen."""

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.commands.anomalies import command
from local.anomalies.asking import UnknownCase, choose
from local.anomalies.cases import CASES
from local.anomalies.elsewhere import ELSEWHERE

REPOSITORY = Path(__file__).parents[3]
# The catalogue's numbers; some are left free there.
CATALOGUE = {
    *range(1, 13),
    *(14, 15, 16, 17, 19, 22, 24, 25),
    *range(27, 33),
    *(34, 35, 38, 39, 42, 46, 47, 48),
}


def test_every_case_of_the_catalogue_runs_here_or_says_why_it_does_not() -> None:
    here, elsewhere = {case.number for case in CASES}, {each.number for each in ELSEWHERE}
    assert here | elsewhere == CATALOGUE
    assert here & elsewhere == set()


def test_a_case_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []


@pytest.mark.parametrize("name", [name for each in ELSEWHERE for name in each.stands_in])
def test_what_stands_in_for_a_case_is_there(name: str) -> None:
    assert (REPOSITORY / name).is_file()


def test_a_number_chooses_all_its_variants_and_a_name_one() -> None:
    assert [case.name for case in choose(["16", "5"])] == ["5", "16a", "16b", "16c"]
    assert [case.name for case in choose(["16b"])] == ["16b"]
    assert choose([]) == CASES


def test_a_case_that_runs_elsewhere_is_refused_with_what_stands_in_for_it() -> None:
    with pytest.raises(UnknownCase, match="test_sqlserver_server"):
        choose(["38"])


@pytest.mark.parametrize("name", ["99", "16z", "x", "--"])
def test_an_unknown_case_is_wrong_use(name: str) -> None:
    assert CliRunner().invoke(command, ["--case", name]).exit_code == 2


def test_an_unknown_tool_is_wrong_use() -> None:
    assert CliRunner().invoke(command, ["--against", "airbyte"]).exit_code == 2

"""A short form of the suite: the cases fail where the catalogue says that they do, and pass on Tidemark."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.anomalies.asking import choose
from local.anomalies.record import failed, make_record
from local.anomalies.result import Outcome
from local.anomalies.subject import Subject
from local.anomalies.subjects.seed import SeedSubject
from local.anomalies.suite import Suite, prepared
from local.anomalies.trial import Trial

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    with prepared(["tidemark", "dlt", "seed"], scale=1000) as running:
        yield running


def attempt(suite: Suite, subject: str, name: str) -> Outcome:
    [case] = choose([name])
    [chosen] = [each for each in suite.subjects if each.name == subject]
    return suite.try_case(case, chosen)


# Case: missing, stale and deleted rows that the catalogue predicts for the naive pipeline.
PREDICTED = {
    "1a": (1, 0, 0),
    "2": (1, 0, 0),
    "4a": (1, 0, 0),
    "15b": (1, 0, 0),
    "16b": (1, 0, 0),
    "17": (0, 8, 0),
    "22": (0, 0, 5),
    "25b": (0, 10, 0),
    "28": (0, 1, 0),
}


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        pytest.param(name, lost, marks=pytest.mark.long if name in {"1a", "15b", "17"} else [])
        for name, lost in PREDICTED.items()
    ],
)
def test_a_naive_pipeline_loses_what_the_catalogue_predicts(
    suite: Suite, name: str, lost: tuple[int, int, int]
) -> None:
    score = attempt(suite, "seed", name).score
    assert score is not None
    assert (score.missing, score.stale, score.ghosts) == lost


def test_a_crash_between_landing_and_recording_doubles_images_of_a_naive_pipeline(
    suite: Suite,
) -> None:
    outcome = attempt(suite, "seed", "27a")
    assert outcome.score is not None
    assert (outcome.score.lost, outcome.score.landed_again) == (0, 6)


@pytest.mark.parametrize(("if_any", "broken"), [(True, False), (False, True)])
def test_a_load_that_reads_no_row_is_not_waited_for_at_the_gate(
    suite: Suite, *, if_any: bool, broken: bool
) -> None:
    [case], [seed] = choose(["7a"]), [each for each in suite.subjects if each.name == "seed"]

    def script(trial: Trial) -> None:
        trial.load()
        trial.load_at_gate("INSERT INTO item (name) VALUES ('after')", if_any=if_any)

    outcome = suite.try_case(replace(case, variant=f"_{if_any}", script=script), seed)
    assert ("without reading a row" in (outcome.broken or "")) is broken


@pytest.mark.parametrize(
    "name",
    ["2", *(pytest.param(name, marks=pytest.mark.long) for name in ("4a", "6", "15a", "16b"))],
)
def test_tidemark_passes(suite: Suite, name: str) -> None:
    outcome = attempt(suite, "tidemark", name)
    assert (outcome.verdict, outcome.faults) == ("passed", ())


@pytest.mark.long
def test_dlt_is_measured_in_a_process_of_its_own(suite: Suite) -> None:
    """It takes the tie at the boundary, and not the row without a cursor value."""
    tie, null = attempt(suite, "dlt", "4a"), attempt(suite, "dlt", "16b")
    assert tie.score is not None
    assert null.score is not None
    assert (tie.score.lost, null.score.lost) == (0, 1)


def test_a_tool_that_loses_rows_in_tidemarks_place_fails(suite: Suite) -> None:
    folder = suite.subjects[-1].folder  # type: ignore[attr-defined]
    impostor: Subject = SeedSubject(folder=folder.with_name("impostor"), name="tidemark")
    [case] = choose(["14a"])
    outcome = suite.try_case(case, impostor)
    assert (outcome.verdict, outcome.faults) == ("failed", ("lost 1",))
    record = make_record(suite, [outcome], seconds=1)
    assert failed(record) == ["14a"]

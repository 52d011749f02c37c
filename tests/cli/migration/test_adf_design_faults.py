"""The faults that show in a pipeline's JSON."""

import copy
from pathlib import Path
from typing import Any

import pytest
from adf_call import Import, faults_of
from adf_samples import (
    ALERT,
    CDC_FOLDER,
    COPY,
    CURRENT,
    IS_NEW,
    LAST,
    MAXIMUM,
    SECRET,
    USUAL,
    activity,
    after,
    dataset,
    expression,
    loop,
    pipeline,
    write_json,
)

# What can be seen in the JSON; the others show in what the pipeline does, or in what is not there.
VISIBLE = {f"F{n}" for n in (1, 2, 3, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)}


@pytest.fixture
def faults(import_adf: Import, tmp_path: Path) -> Any:
    def find(definition: Any) -> dict[str, list[str]]:
        file = write_json(tmp_path / "pipeline.json", definition)
        return faults_of(import_adf("--pipeline", file, "--force", "--json"))

    return find


def test_every_fault_of_the_usual_design_is_found_at_its_place(faults: Any) -> None:
    found = faults(USUAL)
    assert found.keys() >= VISIBLE
    places = {
        "F1": ["highest"],
        "F11": ["RemoveEmpty"],
        "F12": ["AnyData"],
        "F13": ["Each"],
        "F14": ["Tell"],
        "F15": ["Tell"],
        "F18": ["Tell"],
        "F20": ["ToLake"],
        "F21": ["remember"],
    }
    assert {fault: found[fault] for fault in places} == places


def test_a_secret_is_told_by_its_place_and_never_printed(
    import_adf: Import, output: Path, tmp_path: Path
) -> None:
    file = write_json(tmp_path / "pipeline.json", USUAL)
    for options in ((), ("--json",)):
        result = import_adf("--pipeline", file, "--force", *options)
        assert "Tell" in result.stdout
        assert SECRET not in result.output
    assert SECRET not in (output / "adf.yml").read_text()


def test_a_sound_pipeline_has_none_of_them(faults: Any) -> None:
    sound = activity(
        "ToLake",
        "Copy",
        retry=3,
        typeProperties={
            "source": {"type": "AzureSqlSource", "sqlReaderQuery": "select a, b from t"},
            "translator": {"typeConversionSettings": {"allowDataTruncation": False}},
        },
        outputs=[dataset("t", expression("@concat('t_', pipeline().RunId, '.parquet')"))],
    )
    tell = activity(
        "Tell",
        "WebActivity",
        retry=2,
        after=[after("ToLake", "Succeeded")],
        typeProperties={"url": expression("@variables('url')"), "method": "POST"},
    )
    assert VISIBLE & faults(pipeline(loop(sound, sequential=False), tell)).keys() == set()


def test_a_maximum_that_bounds_the_copy_is_none_of_the_faults(faults: Any) -> None:
    assert "F1" not in faults(pipeline(loop(MAXIMUM, LAST, CURRENT, COPY)))
    assert "F1" in faults(pipeline(loop(COPY, LAST, CURRENT, IS_NEW)))


def test_one_watermark_for_whatever_table_is_found(faults: Any) -> None:
    shared = copy.deepcopy(LAST)
    shared["typeProperties"]["dataset"] = dataset("cdc", "cdc.json")
    assert faults(pipeline(shared))["F9"] == ["last"]
    assert "F9" not in faults(pipeline(LAST))


@pytest.mark.parametrize("condition", ["Failed", "Completed"])
def test_whatever_runs_on_failure_hides_it(faults: Any, condition: str) -> None:
    alert = {**ALERT, "dependsOn": [after("Each", condition)]}
    assert faults(pipeline(loop(COPY), alert))["F14"] == ["Tell"]
    assert "F14" not in faults(pipeline(loop(COPY), {**ALERT, "dependsOn": []}))


def test_an_alert_that_tells_the_error_is_no_silent_one(faults: Any) -> None:
    body = {"body": expression("@activity('Each').error.message")}
    alert = {**ALERT, "typeProperties": {**ALERT["typeProperties"], **body}}
    found = faults(pipeline(loop(COPY), alert))
    assert ("F14" in found, "F15" in found) == (True, False)


def test_activities_are_found_in_every_branch(faults: Any) -> None:
    removal = activity("Deep", "Delete")
    switch = {
        "name": "Which",
        "type": "Switch",
        "typeProperties": {
            "cases": [{"value": "a", "activities": [removal]}],
            "defaultActivities": [{**removal, "name": "Else"}],
        },
    }
    assert sorted(faults(pipeline(loop(switch)))["F11"]) == ["Deep", "Else"]


def test_a_pipeline_of_another_shape_is_read_as_far_as_it_goes(faults: Any) -> None:
    odd = [
        {"name": "a", "type": "Copy", "typeProperties": None, "outputs": {}, "dependsOn": "x"},
        {"name": "b", "type": "Script", "typeProperties": {"scripts": [1, {"text": 2}, {}]}},
        {"name": "c", "type": "ForEach", "typeProperties": {"cases": [], "policy": []}},
        {"name": "d", "type": "Lookup", "typeProperties": {"dataset": {"parameters": [1]}}},
        {"name": "e", "type": "Delete", "inputs": [None, CDC_FOLDER]},
    ]
    assert faults(pipeline(*odd))["F11"] == ["e"]

"""Indexing an app and reading host.json."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.functions_host.app import load_app
from local.functions_host.errors import BadApp, BadHostFile, UnresolvedSetting
from local.functions_host.settings import read_host_file

HEAD = """
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp()
"""


def write_app(folder: Path, body: str) -> Path:
    (folder / "function_app.py").write_text(HEAD + body)
    return folder


def write_host_file(folder: Path, document: Any) -> Path:
    (folder / "host.json").write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("other = df.DFApp()", "exactly one FunctionApp"),
        (
            "@app.queue_trigger(arg_name='q', queue_name='q', connection='c')\ndef f(q): ...",
            "queueTrigger",
        ),
        (
            (
                "@app.timer_trigger(schedule='* * * * * *', arg_name='t')\n"
                "@app.queue_output(arg_name='q', queue_name='q', connection='c')\n"
                "def f(t, q): ..."
            ),
            "queue binding",
        ),
        ("@app.activity_trigger(input_name='x')\ndef f(y): ...", "no parameter 'x'"),
        (
            (
                "@app.activity_trigger(input_name='x')\ndef f(x): ...\n"
                "@app.function_name('f')\n@app.activity_trigger(input_name='x')\ndef g(x): ..."
            ),
            "unique",
        ),
    ],
)
def test_an_app_that_cannot_be_served_is_refused_by_name(
    tmp_path: Path, body: str, says: str
) -> None:
    with pytest.raises(BadApp, match=says):
        load_app(write_app(tmp_path, body))


def test_a_folder_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadApp, match="is missing"):
        load_app(tmp_path)


def test_durable_functions_go_by_the_name_they_are_called_by(tmp_path: Path) -> None:
    body = "@app.activity_trigger(input_name='x', activity='spoken')\ndef f(x): ..."
    app = load_app(write_app(tmp_path, body))
    assert list(app.activities) == ["spoken"]
    assert app.names == ["f"]


def test_host_json_is_heeded(tmp_path: Path) -> None:
    document = {
        "version": "2.0",
        "functionTimeout": "1.00:05:30",
        "extensions": {
            "http": {"routePrefix": "/v1/"},
            "durableTask": {
                "hubName": "%HUB%x",
                "maxConcurrentActivityFunctions": 3,
                "maxConcurrentOrchestratorFunctions": 2,
                "defaultVersion": "2.1",
            },
        },
    }
    settings = read_host_file(write_host_file(tmp_path, document), {"HUB": "my"})
    assert settings.route_prefix == "v1"
    assert settings.hub_name == "myx"
    assert (settings.max_activities, settings.max_orchestrators) == (3, 2)
    assert settings.default_version == "2.1"
    assert settings.function_timeout == timedelta(days=1, minutes=5, seconds=30)


def test_host_json_may_say_next_to_nothing(tmp_path: Path) -> None:
    settings = read_host_file(write_host_file(tmp_path, {"version": "2.0"}), {})
    assert (settings.route_prefix, settings.max_activities) == ("api", 10)
    assert settings.function_timeout is None


@pytest.mark.parametrize(
    "document",
    [
        {"functionTimeout": "soon"},
        {"extensions": []},
        {"extensions": {"durableTask": {"maxConcurrentActivityFunctions": 0}}},
    ],
)
def test_a_host_json_with_wrong_values_is_refused(tmp_path: Path, document: Any) -> None:
    with pytest.raises(BadHostFile, match=r"host\.json"):
        read_host_file(write_host_file(tmp_path, document), {})


def test_a_missing_app_setting_is_named(tmp_path: Path) -> None:
    document = {"extensions": {"durableTask": {"hubName": "%HUB%"}}}
    with pytest.raises(UnresolvedSetting, match="HUB"):
        read_host_file(write_host_file(tmp_path, document), {})

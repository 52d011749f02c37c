"""What the app needs of its surroundings is what the templates give it."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from bicep_source import INFRA, ROOT, parameter_files, templates

from function_app import app

SETTING = re.compile(r"TIDEMARK_[A-Z_]*[A-Z]")
# Keys and tokens, where on Azure an identity stands.
BY_IDENTITY = {"TIDEMARK_LAKE_KEY", "TIDEMARK_STATE_KEY", "TIDEMARK_DATABRICKS_TOKEN"}


def given() -> dict[str, Any]:
    """The settings that every app is given."""
    return templates()["modules/app.bicep"].variables["fixed"]


@cache
def read() -> frozenset[str]:
    """The settings that the deployed code names."""
    found: set[str] = set(
        re.findall(r"%(TIDEMARK_[A-Z_]+)%", (ROOT / "function_app.py").read_text())
    )
    for path in (path for part in ("shared", "web") for path in (ROOT / part).rglob("*.py")):
        text = path.read_text()
        # Most files name none, and parsing takes long.
        for node in ast.walk(ast.parse(text)) if "TIDEMARK_" in text else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if SETTING.fullmatch(node.value) else set()
    return frozenset(found)


def documented() -> set[str]:
    pages = [page.read_text() for page in (ROOT / "docs").rglob("*.md")]
    return set(re.findall(r"`(TIDEMARK_[A-Z_]+)`", "\n".join(pages)))


def wanted() -> set[str]:
    """What `Settings` refuses to do without."""
    text = (ROOT / "shared/runtime/settings.py").read_text()
    [names] = re.findall(r"wanted = \(([^)]*)\)", text)
    return set(SETTING.findall(names))


def test_every_setting_that_is_needed_is_set() -> None:
    assert wanted() | {"TIDEMARK_TICK"} <= set(given())


def test_every_setting_that_is_read_is_set_or_documented_as_optional() -> None:
    assert read() <= set(given()) | documented()


def test_no_setting_holds_a_key() -> None:
    assert set(given()).isdisjoint(BY_IDENTITY)
    assert not [
        name for name in given() if name in ("AzureWebJobsStorage", "AzureWebJobsDashboard")
    ]


def test_a_setting_of_ours_is_one_that_is_read() -> None:
    ours = {name for name in given() if name.startswith("TIDEMARK_")}
    for text in parameter_files().values():
        if "param settings" in text:
            ours |= set(
                re.findall(r"^  (TIDEMARK_[A-Z_]+):", text.split("param settings")[1], re.MULTILINE)
            )
    assert ours <= read()


def test_there_are_threads_for_every_activity_that_runs_at_once() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    at_once = host["extensions"]["durableTask"]["maxConcurrentActivityFunctions"]
    assert int(given()["PYTHON_THREADPOOL_THREAD_COUNT"]) >= at_once


def test_a_subscription_ends_at_a_function_that_takes_events() -> None:
    # Asked once: the app gives its functions a single time.
    takes = {
        each.get_function_name()
        for each in app.get_functions()
        if each.get_trigger().get_binding_name() == "eventGridTrigger"
    }
    targets = {
        each.properties["destination"]["properties"]["resourceId"]
        for each in templates()["subscriptions.bicep"].resources
        if each.type.endswith("/eventSubscriptions")
    }
    assert targets == {"${app.id}/functions/" + name for name in takes}


def test_dead_letters_go_where_there_is_a_container() -> None:
    made = re.findall(
        r"^var (\w+) = '(\w+)'$", templates()["modules/state.bicep"].text, re.MULTILINE
    )
    names = set(re.findall(r"blobContainerName: '(\w+)'", templates()["subscriptions.bicep"].text))
    assert names == {"deadletters"} <= {value for _, value in made}


def test_an_empty_file_that_is_about_to_be_written_is_not_told_of() -> None:
    text = templates()["subscriptions.bicep"].code
    assert "'FlushWithClose'" in text
    assert "'CreateFile'" not in text
    assert "containers/landing/'" in text


def test_signing_in_keeps_nobody_out_who_has_a_key_of_the_host() -> None:
    """Event Grid cannot sign in; the host asks it for a system key."""
    [made] = [
        each for each in templates()["modules/app.bicep"].resources if each.symbol == "signIn"
    ]
    checks = made.properties["globalValidation"]
    assert "/runtime/webhooks/eventgrid" in checks["excludedPaths"]
    assert checks["requireAuthentication"] is True
    assert all(path.startswith("/runtime/webhooks/") for path in checks["excludedPaths"])
    assert "TIDEMARK_ACCESS: 'entra'" in templates()["modules/app.bicep"].code


def test_azd_finds_what_it_deploys() -> None:
    service = (ROOT / "azure.yaml").read_text()
    assert re.search(r"^services:\n  app:$", service, re.MULTILINE)
    assert "'azd-service-name': 'app'" in templates()["main.bicep"].text
    for script in re.findall(r"infra/[\w.]+\.sh", service):
        assert (ROOT / script).is_file()
    for stage in re.findall(r":-(\w+)\}", service):
        assert (INFRA / f"main.{stage}.bicepparam").is_file()


def test_python_is_of_a_version_that_is_tested() -> None:
    [version] = re.findall(r"version: '(3\.\d+)'", templates()["modules/app.bicep"].text)
    assert version in ("3.11", "3.12", "3.13")
    assert Path(INFRA / "bicepconfig.json").is_file()

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from local.azurite.install import node_folder

HERE = Path(__file__).parent
PRELOAD = HERE.parents[2] / "local" / "azurite" / "durable.cjs"

Scenario: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def package(tmp_path: Path, azurite_install: Path) -> Path:
    """A package like Azurite's, with the scenarios for its main script."""
    (tmp_path / "node_modules").symlink_to(azurite_install / "node_modules")
    (tmp_path / "package.json").write_text(json.dumps({"version": "3.37.0"}))
    (tmp_path / "dist" / "src").mkdir(parents=True)
    shutil.copy(HERE / "journal_scenario.cjs", tmp_path / "dist" / "src")
    (tmp_path / "db").mkdir()
    return tmp_path


@pytest.fixture
def scenario(package: Path) -> Scenario:
    def run(action: str, seed: int = 0) -> subprocess.CompletedProcess[str]:
        main = package / "dist" / "src" / "journal_scenario.cjs"
        command = [node_folder() / "bin" / "node", "--require", PRELOAD, main]
        return subprocess.run(
            [*command, package / "db" / "file.json", action, str(seed)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def shown(scenario: Scenario) -> list[dict[str, Any]]:
    done = scenario("show")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def keys(scenario: Scenario) -> list[int]:
    return [each["k"] for collection in shown(scenario) for each in collection["documents"]]


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 6))]
)
@pytest.mark.parametrize("action", ["wander", "wander-on"])
def test_what_was_there_at_the_kill_is_there_after_it(
    scenario: Scenario, action: str, seed: int
) -> None:
    for life in range(3):  # the journal of one life is the database of the next
        done = scenario(action, seed * 10 + life)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert shown(scenario) == json.loads(done.stdout)
    assert not any(collection["broken"] for collection in shown(scenario))


@pytest.mark.parametrize(
    "action", ["killed-before-the-save-is-in-place", "killed-after-the-save-is-in-place"]
)
def test_a_change_during_a_save_survives(scenario: Scenario, action: str) -> None:
    scenario(action)
    assert keys(scenario) == [1, 2]


def test_a_failed_save_keeps_the_journal(scenario: Scenario) -> None:
    assert "disk full" in scenario("save-fails").stderr
    assert keys(scenario) == [1]


def test_a_finished_save_removes_what_it_covers(scenario: Scenario, package: Path) -> None:
    scenario("save-succeeds")
    assert [each.name for each in (package / "db").iterdir()] == ["file.json"]
    assert keys(scenario) == [1]


def test_a_save_is_due_when_the_journal_has_grown(scenario: Scenario) -> None:
    assert json.loads(scenario("grown").stdout) == [False, True]
    assert keys(scenario) == [1, 2]


def test_one_response_is_one_line(scenario: Scenario, package: Path) -> None:
    scenario("one-response")
    (part,) = (package / "db").glob("*.journal.*")
    assert len(part.read_text().splitlines()) == 1
    assert keys(scenario) == [2]


def test_what_was_not_acknowledged_may_be_lost(scenario: Scenario) -> None:
    scenario("unacknowledged")
    assert keys(scenario) == []


def test_a_line_cut_off_by_the_kill_is_left_out(scenario: Scenario, package: Path) -> None:
    scenario("killed-after-the-save-is-in-place")
    last = max((package / "db").glob("*.journal.*"))
    last.write_bytes(last.read_bytes()[:-3])
    assert keys(scenario) == [1]


def test_a_damaged_journal_is_refused(scenario: Scenario, package: Path) -> None:
    scenario("killed-after-the-save-is-in-place")
    last = max((package / "db").glob("*.journal.*"))
    last.write_text(last.read_text().replace('"k":2', '"k":3'))
    done = scenario("show")
    assert done.returncode == 70
    assert "is damaged" in done.stderr


def test_a_journal_without_its_database_is_refused(scenario: Scenario, package: Path) -> None:
    scenario("killed-after-the-save-is-in-place")
    (package / "db" / "file.json").unlink()
    done = scenario("show")
    assert done.returncode == 70
    assert "is missing, its journal is not" in done.stderr


def test_another_version_of_azurite_is_refused(scenario: Scenario, package: Path) -> None:
    (package / "package.json").write_text(json.dumps({"version": "3.38.0"}))
    done = scenario("show")
    assert done.returncode == 70
    assert "made for azurite 3.37.0, found 3.38.0" in done.stderr


def test_another_version_of_lokijs_is_refused(scenario: Scenario, package: Path) -> None:
    replace_lokijs(package, version="1.5.13", source="module.exports = class {};")
    done = scenario("show")
    assert done.returncode == 70
    assert "made for lokijs 1.5.12, found 1.5.13" in done.stderr


def test_a_lokijs_with_other_methods_is_refused(scenario: Scenario, package: Path) -> None:
    replace_lokijs(package, version="1.5.12", source="module.exports = class {};")
    done = scenario("show")
    assert done.returncode == 70
    assert "Loki.addCollection is not the method" in done.stderr


def replace_lokijs(package: Path, *, version: str, source: str) -> None:
    (package / "node_modules").unlink()
    folder = package / "node_modules" / "lokijs"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": version, "main": "index.js"}))
    (folder / "index.js").write_text(source)

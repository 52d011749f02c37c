"""The workflows are well formed, pinned, of least permission, and name only what is there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from bicep_source import ROOT, templates

from cli.main import COMMANDS

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PAGE = ROOT / "docs/how-to/deploy.md"
PROGRAMS = Path(sys.executable).parent
PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40}")


def read(path: Path) -> dict[str, Any]:
    # "on" is a truth value to YAML 1.1, and the name of a key to GitHub.
    return yaml.safe_load(re.sub(r"^on:", '"on":', path.read_text(), flags=re.MULTILINE))


def jobs() -> dict[str, dict[str, Any]]:
    return {
        f"{path.stem}.{name}": job for path in WORKFLOWS for name, job in read(path)["jobs"].items()
    }


def scripts() -> str:
    """Everything that the workflows run."""
    steps = [step for job in jobs().values() for step in job.get("steps", [])]
    return "\n".join(step["run"] for step in steps if "run" in step)


def ask(program: str, *arguments: str | Path) -> str:
    """Run a checker of the environment; give what it says if it does not agree."""
    run = subprocess.run(
        [PROGRAMS / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return run.stdout + run.stderr if run.returncode else ""


def test_every_workflow_has_the_form_that_github_takes() -> None:
    assert ask("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS) == ""


def test_the_strictest_analysis_finds_nothing() -> None:
    assert ask("zizmor", "--offline", "--persona", "auditor", ".github") == ""


def test_what_the_analysis_is_not_asked_is_explained() -> None:
    lines = (ROOT / ".github/zizmor.yml").read_text().splitlines()
    for number, line in enumerate(lines):
        if "disable:" in line or "ignore:" in line:
            assert lines[number - 1].strip().startswith("# ")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(path: Path) -> None:
    for line in re.findall(r"uses: (.+)", path.read_text()):
        if not line.startswith("./"):
            used, _, version = line.partition(" # ")
            assert PINNED.fullmatch(used), line
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version), line


def test_an_action_is_used_in_one_version_everywhere() -> None:
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    used = {tuple(each.split("@")) for each in re.findall(r"uses: (\w[^\s]+@\w+)", text)}
    assert len(used) == len({name for name, _ in used}) > 4


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_permitted_but_what_a_job_asks_for(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert set(job["permissions"]) <= {"contents", "id-token", "actions"}, name
        assert job["permissions"]["contents"] == "read"
        assert job["permissions"].get("actions", "read") == "read"


def test_no_secret_is_kept_at_github() -> None:
    assert not [path for path in WORKFLOWS if re.search(r"\bsecrets\b\s*[.\[:]", path.read_text())]


def test_a_job_that_logs_in_has_an_environment_with_its_own_trust() -> None:
    for name, job in jobs().items():
        uses = [step.get("uses", "") for step in job.get("steps", [])]
        if any(each.startswith("azure/login@") for each in uses):
            assert job["environment"], name
            assert job["permissions"]["id-token"] == "write"


def test_two_deployments_never_overtake_each_other() -> None:
    assert read(FOLDER / "deploy.yml")["concurrency"] == {
        "group": "deploy",
        "cancel-in-progress": False,
    }


def test_the_package_is_built_once_and_production_comes_after_staging() -> None:
    assert [name for name, job in jobs().items() if "package.sh" in str(job)] == ["deploy.package"]
    assert set(jobs()["deploy.staging"]["needs"]) == {"check", "package", "what-if"}
    assert jobs()["deploy.prod"]["needs"] == "staging"


def test_a_package_is_built_and_tested_for_the_version_that_it_runs_on() -> None:
    [runs_on] = re.findall(r"version: '(3\.\d+)'", templates()["modules/app.bicep"].text)
    steps = jobs()["deploy.package"]["steps"]
    [built_for] = [step["with"]["python-version"] for step in steps if "setup-python" in str(step)]
    matrix = jobs()["ci.test"]["strategy"]["matrix"]["python"]
    assert runs_on == built_for
    assert built_for in matrix
    assert matrix == ["3.11", "3.12", "3.13"]
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text()


def test_every_script_target_and_command_that_is_called_is_there() -> None:
    text = scripts()
    for script in re.findall(r"\bsh ([\w/]+\.sh)", text):
        assert (ROOT / script).is_file(), script
    makefile = (ROOT / "Makefile").read_text()
    targets = {
        *re.findall(r"run: make ([\w-]+)", "\n".join(path.read_text() for path in WORKFLOWS)),
        *re.findall(r"\bmake ([\w-]+)", text),
    }
    assert targets == {"test", "demo", "demo-stop", "sbom", "audit", "secrets"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert set(re.findall(r"\btidemark ([a-z]+) ", text)) <= set(COMMANDS)
    for template in re.findall(r"infra/[\w.]+\.bicep\b", text):
        assert (ROOT / template).is_file(), template


def test_every_form_that_takes_long_is_run_at_night() -> None:
    whats = [what.split() for what in jobs()["nightly.long"]["strategy"]["matrix"]["what"]]
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name, *_ in whats] == ["test-long", "faults", "harness", "anomalies"]
    for name, *settings in whats:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name
        for setting in settings:
            assert re.search(rf"^{setting.partition('=')[0]} ", makefile, re.MULTILINE), setting


def test_every_variable_of_an_environment_is_documented() -> None:
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    named = set(re.findall(r"\bvars\.(\w+)", text))
    assert named <= set(re.findall(r"`([A-Z_]+)`", PAGE.read_text()))


def test_the_bundle_is_given_the_variables_that_it_has_no_default_for() -> None:
    bundle = yaml.safe_load((ROOT / "lakehouse/databricks.yml").read_text())
    wanted = {name for name, said in bundle["variables"].items() if "default" not in said}
    assert wanted == set(re.findall(r"BUNDLE_VAR_(\w+)=", scripts()))


def test_a_package_holds_all_that_the_app_needs_of_ours_and_no_more(tmp_path: Path) -> None:
    package = tmp_path / "package.zip"
    made = subprocess.run(
        ["sh", ROOT / "infra/package.sh", package, "--bare"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    place = tmp_path / "unpacked"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", package, place], check=True)
    assert {path.name for path in place.iterdir()} == {
        *("function_app.py", "host.json", "requirements.txt"),
        *("activities", "orchestrators", "shared", "web", "tables"),
    }
    look = (
        "import sys, function_app, activities, shared.durable.steps as s\n"
        "from importlib import import_module\n"
        "for name in activities.__all__: import_module(f'activities.{name}')\n"
        "names = [each.get_function_name() for each in function_app.app.get_functions()]\n"
        "print(len(names), function_app.__file__, s.__file__)\n"
        "print({'local', 'cli', 'tests'} & {name.split('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", look],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    first, ours = run.stdout.splitlines()
    count, *files = first.split()
    assert int(count) > 40
    assert all(Path(file).resolve().is_relative_to(place.resolve()) for file in files)
    assert ours == "set()"

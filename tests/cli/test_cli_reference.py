"""Every command has help, starts fast, and stands on the reference page."""

import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from cli import __version__
from cli.main import COMMANDS, tidemark
from cli.reference import PAGE, write_reference

REPOSITORY = Path(__file__).parents[2]
ROOT = click.Context(tidemark, info_name="tidemark")


def load(name: str) -> click.Command:
    command = tidemark.get_command(ROOT, name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = load(name)
    assert command.name == name
    assert command.get_short_help_str(limit=1_000) == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_has_help(name: str) -> None:
    command = load(name)
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    missing = [
        f"{found.name} {param.name}"
        for found in commands
        for param in found.params
        if not param.help
    ]
    assert missing == []


def test_every_module_is_a_command_that_is_listed() -> None:
    modules = {
        path.stem.replace("_", "-") for path in (REPOSITORY / "cli" / "commands").glob("[a-z]*.py")
    }
    assert modules == set(COMMANDS)


def test_the_reference_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_reference(), "run python -m cli.reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_on_the_reference_page(name: str) -> None:
    assert f"## tidemark {name}" in PAGE.read_text(encoding="utf-8")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"azure", "pyarrow", "local", "shared", "httpx", "rich", "msgspec", "yaml"}
    assert heavy.isdisjoint(found.stderr.split())
    assert "load" in found.stdout


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert __version__ == project["project"]["version"]

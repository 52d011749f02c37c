"""`tidemark import-adf`, called as a user calls it."""

from pathlib import Path
from typing import Any

import pytest
from adf_call import Import, Spec
from adf_samples import TABLES, write_json
from click.testing import CliRunner, Result

from cli.commands.import_adf import command
from shared.catalog import read_catalog


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "tables"


@pytest.fixture
def import_adf(tmp_path: Path, output: Path) -> Import:
    def run(*options: object, tables: Any = None) -> Result:
        given = [str(option) for option in options]
        if not {"--loop-input", "--pipeline"} & set(given):
            file = write_json(tmp_path / "loop_input.json", TABLES if tables is None else tables)
            given += ["--loop-input", str(file)]
        result = CliRunner().invoke(command, [*given, "--output", str(output)])
        # Anything but an exit means a traceback for the user.
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        return result

    return run


@pytest.fixture
def spec(output: Path) -> Spec:
    return lambda table: read_catalog(output).table(f"adf/dbo.{table}")

"""What is preloaded into Azurite to start it sooner, in a package that is laid out like it."""

import subprocess
from pathlib import Path

import pytest

from local.azurite.install import node_folder

PRELOAD = Path(__file__).parents[3] / "local" / "azurite" / "quick.cjs"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder of modules with a telemetry library that says when it is loaded."""
    telemetry = tmp_path / "node_modules" / "applicationinsights"
    telemetry.mkdir(parents=True)
    (telemetry / "index.js").write_text("console.log('loaded'); exports.setup = () => 1;")
    return telemetry.parent


def test_the_library_of_the_telemetry_is_not_loaded(modules: Path) -> None:
    done = run(modules, 'require("applicationinsights"); console.log("started")')
    assert (done.returncode, done.stdout) == (0, "started\n")


def test_whoever_uses_the_telemetry_all_the_same_is_told(modules: Path) -> None:
    done = run(modules, 'require("applicationinsights").setup()')
    assert done.returncode == 1
    assert "start it with --disableTelemetry" in done.stderr


def test_what_was_compiled_is_kept_for_the_next_start(modules: Path) -> None:
    # As long as a module has to be to be kept.
    (modules / "azurite-part.js").write_text("exports.n = [" + "1, " * 10_000 + "].length;")
    done = run(modules, 'console.log(require("azurite-part").n)')
    assert done.stdout == "10000\n"
    assert [path for path in (modules / ".compiled").rglob("*") if path.is_file()]


def run(modules: Path, main: str) -> subprocess.CompletedProcess[str]:
    place = modules / "azurite" / "dist" / "src" / "azurite.js"
    place.parent.mkdir(parents=True)
    place.write_text(main)
    return subprocess.run(
        [node_folder() / "bin" / "node", "--require", PRELOAD, place],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

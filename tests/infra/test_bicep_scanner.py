"""What checkov finds in the templates is mended or explained, and no explanation outlives its finding.

The scanner is large (290 MB with what it needs), so it has an environment of its own, made on the
first call of the long form and kept.
"""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from bicep_source import APART, INFRA, ROOT, templates

EXPLAINED = json.loads(Path(__file__).with_name("scanner_findings.json").read_text())
SCANNER = "checkov>=3.3.30,<3.4"
VENV = ROOT / ".cache" / "checkov"


def prepare() -> Path:
    """Make the scanner's environment, unless it is there; give its program."""
    stamp, wanted = VENV / "made", sha256(SCANNER.encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", SCANNER], check=True)
        stamp.write_text(wanted)
    return VENV / "bin/checkov"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    asked = ["-d", str(INFRA), "--framework", "bicep", "--compact", "--skip-path", str(APART)]
    said = subprocess.run(
        [prepare(), *asked, "--output", "json"], capture_output=True, text=True, check=False
    )
    assert said.returncode in (0, 1), said.stderr
    return json.loads(said.stdout)["results"]


@pytest.mark.long
@pytest.mark.timeout(580)
def test_every_finding_is_explained_and_every_explanation_is_of_a_finding(
    report: dict[str, Any],
) -> None:
    found = {
        f"{each['check_id']} {each['file_path'].lstrip('/')}" for each in report["failed_checks"]
    }
    assert found == set(EXPLAINED["findings"])
    assert report["passed_checks"]


@pytest.mark.long
@pytest.mark.timeout(580)
def test_every_file_that_the_scanner_cannot_read_is_explained(report: dict[str, Any]) -> None:
    unread = {Path(path).relative_to(INFRA).as_posix() for path in report["parsing_errors"]}
    assert unread == set(EXPLAINED["unread"])


def test_an_explanation_is_of_a_file_that_is_there_and_says_something() -> None:
    files = {name.split()[-1] for part in EXPLAINED.values() for name in part}
    assert files <= set(templates())
    assert all(len(why) > len("As for it.") for part in EXPLAINED.values() for why in part.values())

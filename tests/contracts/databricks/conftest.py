"""A workspace of its own for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace_rig import Rig, write_jobs

from local.databricks.process import start


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(folder=tmp_path, server=start(tmp_path / "state", write_jobs(tmp_path)))
    yield made
    made.server.stop()

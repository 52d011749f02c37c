"""The lake's disk is full: the load fails typed, and once there is room its rerun completes it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_api import Api
from e2e_source import Source
from faults_ending import end_well, load
from faults_extent import only_in_full
from faults_rig import Rig
from faults_scenario import Scenario

pytestmark = pytest.mark.timeout(1800)
DISK_MEGABYTES = 24


@pytest.fixture
def small(new_rig: Callable[..., Rig]) -> Iterator[Rig]:
    """A rig whose lake is on a small disk of its own, in memory."""
    rig = new_rig()
    rig.lake.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(rig.lake)]
    mounted = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"this user may not mount a file system: {mounted.stderr.strip()}")
    try:
        yield rig
    finally:
        rig.stop()
        subprocess.run(["umount", "-l", str(rig.lake)], check=True)


def fill(folder: Path) -> Path:
    """Write a file until nothing more fits."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


@only_in_full
def test_a_full_disk_fails_the_load_with_the_lakes_name_and_its_rerun_completes_it(
    small: Rig, new_source: Callable[..., Source]
) -> None:
    scenario = Scenario(source=new_source(small), seed="full disk")
    scenario.create()
    assert small.start()
    with Api(small.url) as api:
        load(api, *scenario.tables)
        scenario.source.execute("UPDATE laned SET noise = random(), updated_at = clock_timestamp()")
        filler = fill(small.lake)
        order = load(api, *scenario.tables)
        assert order["state"] == "failed"
        wrong = {part["table"]: part["error"]["type"] for part in order["tables"] if part["error"]}
        assert set(wrong.values()) == {"LakeUnavailable"}
        assert scenario.source.full("laned") in wrong
        filler.unlink()
    assert end_well(small, scenario, may_fail=True) == []

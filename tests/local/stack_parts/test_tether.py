import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local import tether
from tests.local.stack_parts.conftest import await_end

PARENT = """
import signal, sys, time
from pathlib import Path
from local import tether
state = Path(sys.argv[1])
command = ["/bin/sh", "-c", "echo up; exec /bin/sleep 600"]
with tether.claim(state, patience=0) as lock:
    child = tether.spawn(command, lock=lock, log=state / "log", farewell=signal.SIGTERM)
while not (state / "log").read_text():
    time.sleep(0.01)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_server_dies_with_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    await_end(child)


def test_a_folder_is_locked_as_long_as_its_server_lives(tmp_path: Path) -> None:
    with tether.claim(tmp_path, patience=0) as lock:
        child = tether.spawn(
            ["/bin/sleep", "600"], lock=lock, log=tmp_path / "log", farewell=signal.SIGKILL
        )
    with (
        pytest.raises(tether.StateInUse, match="still running"),
        tether.claim(tmp_path, patience=0),
    ):
        pass
    tether.stop(child, ask=signal.SIGTERM, patience=10)
    with tether.claim(tmp_path, patience=0):
        pass


def test_a_server_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    stubborn = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do read _ < /dev/zero; done"]
    with tether.claim(tmp_path, patience=0) as lock:
        child = tether.spawn(stubborn, lock=lock, log=tmp_path / "log", farewell=signal.SIGKILL)
    tether.stop(child, ask=signal.SIGTERM, patience=0)
    assert child.returncode is not None

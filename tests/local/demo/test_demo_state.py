"""What the demo stops and deletes, and what it leaves alone."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.demo import background
from local.demo.failure import DemoFailed


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(DemoFailed, match="not the demo's"):
        background.empty(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_what_the_last_demo_left_is_deleted(tmp_path: Path) -> None:
    background.empty(tmp_path / "demo")
    (tmp_path / "demo" / "stack.log").touch()
    background.empty(tmp_path / "demo")
    assert not (tmp_path / "demo" / "stack.log").exists()


def test_another_process_with_the_same_id_is_not_stopped(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (tmp_path / "stack.pid").write_text(str(bystander.pid))
        assert background.stop(tmp_path) is None
        assert bystander.poll() is None


def test_stopping_twice_is_allowed(tmp_path: Path) -> None:
    assert background.stop(tmp_path) is None
    assert background.stop(tmp_path) is None


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not background.is_free(port)
    assert background.is_free(port)


def test_a_stack_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_MODULE", "local.demo.no_such_module")
    background.empty(tmp_path / "demo")
    with pytest.raises(DemoFailed, match="No module named"):
        background.start(tmp_path / "demo", 0)

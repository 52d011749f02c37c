"""What is left of a host that was killed, and how a host ends."""

import fcntl
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from functions_host_sample import PATIENCE_SECONDS, SAMPLE_APP, Sample, Trace, await_true

from local import tether
from local.functions_host.errors import StateInUse

REPOSITORY = Path(__file__).parents[3]


class Process:
    """A host in a process of its own."""

    def __init__(self, trace: Trace, *options: str, under: tuple[str, ...] = ()) -> None:
        self.url = ""
        self.process = subprocess.Popen(
            [
                *under,
                sys.executable,
                "-m",
                "local.functions_host",
                "--app",
                str(SAMPLE_APP),
                "--state",
                str(trace.folder / "state"),
                "--log",
                str(trace.folder / "log"),
                *options,
            ],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_ready(self) -> str:
        assert self.process.stdout is not None
        word, url = self.process.stdout.readline().split()
        assert word == "ready"
        return url

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def launch(trace: Trace) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def launch(*options: str) -> Process:
        started.append(Process(trace, *options))
        return started[-1]

    yield launch
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


def start(url: str, orchestrator: str, instance: str) -> None:
    answer = httpx.post(
        f"{url}/runtime/webhooks/durabletask/orchestrators/{orchestrator}/{instance}"
    )
    assert answer.status_code == 202


def test_after_kill_9_interrupted_activities_run_again_and_finished_ones_do_not(
    launch: Callable[..., Process], serve: Callable[..., Sample], trace: Trace
) -> None:
    victim = launch()
    start(victim.await_ready(), "gated", "survivor")
    for n in range(3):
        trace.await_line(f"traced {n}")
        trace.await_line(f"gated {n + 3} began")
    await_results(trace)
    assert victim.end(signal.SIGKILL) == -signal.SIGKILL
    sample = serve()
    trace.await_line("gated 5 began", times=2)
    trace.open()
    assert sample.finish("survivor")["output"] == [0, 1, 2, 3, 4, 5, 99]
    counts = {line: trace.lines.count(line) for line in set(trace.lines)}
    assert [counts[f"traced {n}"] for n in (0, 1, 2, 99)] == [1, 1, 1, 1]
    assert [counts[f"gated {n} began"] for n in (3, 4, 5)] == [2, 2, 2]


@pytest.mark.long
def test_killed_again_and_again_an_orchestration_still_ends_right(
    launch: Callable[..., Process], serve: Callable[..., Sample], trace: Trace
) -> None:
    trace.open()
    victim = launch()
    start(victim.await_ready(), "wide", "wide")
    victim.end(signal.SIGKILL)
    for _ in range(3):
        victim = launch()
        victim.await_ready()
        victim.end(signal.SIGKILL)
    assert serve().finish("wide")["output"] == sum(n * n for n in range(200))


def test_a_signal_ends_the_host_well_even_with_work_under_way(
    launch: Callable[..., Process], trace: Trace
) -> None:
    host = launch()
    start(host.await_ready(), "gated", "unfinished")
    trace.await_line("gated 3 began")
    assert host.end(signal.SIGTERM) == 0


def test_the_log_has_events_and_no_payloads(launch: Callable[..., Process], trace: Trace) -> None:
    host = launch()
    url = host.await_ready()
    wait = "timeout=20&pollingInterval=0.01"
    path = f"/runtime/webhooks/durabletask/orchestrators/child/x?{wait}"
    assert httpx.post(url + path, json="271828").json()["output"] == 271828**2
    host.end(signal.SIGINT)
    log = (trace.folder / "log").read_text()
    assert '"message": "activity completed"' in log
    assert "271828" not in log
    assert str(271828**2) not in log


def test_a_host_can_die_with_its_parent(trace: Trace) -> None:
    script = (
        "import subprocess, sys; "
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True); "
        "print(child.stdout.readline(), child.pid, flush=True); sys.stdin.read()"
    )
    host = Process(trace, "--die-with-parent", under=(sys.executable, "-c", script))
    assert host.process.stdout is not None
    assert host.process.stdout.readline().startswith("ready")
    child = int(host.process.stdout.readline())
    watch = os.pidfd_open(child)
    host.end(signal.SIGKILL)
    assert select.select([watch], [], [], PATIENCE_SECONDS)[0]
    os.close(watch)


def test_a_state_directory_has_one_host_at_a_time(
    sample: Sample, serve: Callable[..., Sample]
) -> None:
    with pytest.raises(StateInUse, match="another host"):
        serve()


def test_a_host_waits_for_one_that_is_being_killed(
    trace: Trace, serve: Callable[..., Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = trace.folder / "state"
    state.mkdir()
    tried: list[bool] = []
    look = tether._locked
    with (state / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def looked(lock: int) -> bool:
            tried.append(look(lock))
            held.close()
            return tried[-1]

        monkeypatch.setattr(tether, "_locked", looked)
        serve()
    assert tried == [False, True]


def test_a_host_that_cannot_start_says_why(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "local.functions_host",
            "--app",
            str(tmp_path),
            "--state",
            str(tmp_path / "state"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "host.json is missing" in ended.stderr


def await_results(trace: Trace) -> None:
    """Wait until the results of the three quick activities are in the history on disk."""

    def holds() -> bool:
        with closing(sqlite3.connect(trace.folder / "state" / "hub.sqlite")) as connection:
            return connection.execute("select count(*) from activities").fetchone() == (3,)

    await_true(holds, "three activities to be left")

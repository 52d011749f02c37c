"""Carries job runs out: each task is a process that dies with the workspace.

One that runs the lakehouse is a fork of a process that has it loaded already.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from local.databricks.jobs import Job, Jobs, command_of
from local.databricks.refresh_job import SCRIPT
from local.databricks.runs import JobRun, TaskRun, change_task, end
from local.databricks.store import Store
from local.databricks.warming import LakehouseNotLoaded, WarmLakehouse
from local.tether import spawn

_LONGEST_ERROR = 2_000


class Process(Protocol):
    """What a task runs in."""

    def wait(self) -> int:
        """Wait for its end; give its exit status."""
        ...

    def send_signal(self, signal: signal.Signals, /) -> None:
        """Send it a signal."""
        ...


class Execution:
    """Runs every job run in a thread of its own, its tasks one after another.

    Args:
        store: where runs are kept.
        jobs: what the tasks do.
        logs: folder for what tasks write, a file a try.
        lock: descriptor of the state's lock, which the processes keep while they live.
    """

    def __init__(self, store: Store, jobs: Jobs, logs: Path, lock: int) -> None:
        self._store, self._jobs, self._logs, self._lock = store, jobs, logs, lock
        self._warm = WarmLakehouse(logs / "warm.log", lock)
        self._processes: dict[int, Process] = {}
        self._guard = Lock()
        logs.mkdir(exist_ok=True)

    def resume(self) -> None:
        """Go on with what a killed predecessor left: a task that was running begins anew."""
        for run in self._store.runs(active=True):
            tasks = tuple(
                replace(task, life="PENDING") if task.life == "RUNNING" else task
                for task in run.tasks
            )
            self._store.change(run.run_id, lambda run, tasks=tasks: replace(run, tasks=tasks))
            self.begin(run.run_id)

    def begin(self, run_id: int) -> None:
        """Carry a run out."""
        Thread(target=self._carry_out, args=(run_id,), daemon=True).start()

    def cancel(self, run_id: int) -> None:
        """Let a run end: the task that it is at is asked to, what follows is left out."""
        self._store.change(
            run_id, lambda run: replace(run, cancelled=True) if run.is_active else run
        )
        with self._guard:
            process = self._processes.get(run_id)
            if process is not None:
                process.send_signal(signal.SIGTERM)

    def log_of(self, task: TaskRun) -> Path:
        """Give the file that a task writes to."""
        return self._logs / f"{task.run_id}.log"

    def _carry_out(self, run_id: int) -> None:
        run = self._store.run(run_id)
        job = self._jobs.job(run.job_id)
        for task in run.tasks:
            if task.result is None:
                run = self._store.run(run_id)
                done = self._carry_out_task(job, run, run.task(task.task_key))
                self._put(run_id, done)
        self._store.change(run_id, lambda run: end(run, now()))

    def _carry_out_task(self, job: Job, run: JobRun, task: TaskRun) -> TaskRun:
        ended = replace(task, life="TERMINATED")
        if run.cancelled:
            return replace(ended, result="CANCELED")
        before = job.task(task.task_key).depends_on
        if any(run.task(key).result != "SUCCESS" for key in before):
            return replace(ended, result="UPSTREAM_FAILED")
        self._put(run.run_id, replace(task, life="RUNNING"))
        command = command_of(job.task(task.task_key), run.parameters)
        status = self._wait(run.run_id, command, self.log_of(task))
        if status == 0:
            return replace(ended, result="SUCCESS")
        if self._store.run(run.run_id).cancelled:
            return replace(ended, result="CANCELED")
        said = self.log_of(task).read_text(errors="replace")[-_LONGEST_ERROR:]
        return replace(ended, result="FAILED", error=f"exit status {status}: {said.strip()}")

    def _wait(self, run_id: int, command: list[str], log: Path) -> int:
        """Start a command and wait for its end; it dies with this thread's process."""
        found = shutil.which(command[0], path=str(Path(sys.executable).parent))
        program = found or shutil.which(command[0])
        if program is None:
            log.write_text(f"there is no command {command[0]}")
            return 127
        with self._guard:
            if self._store.run(run_id).cancelled:
                return -signal.SIGTERM
            try:
                process = self._start(command, program, log)
            except LakehouseNotLoaded as error:
                log.write_text(f"the lakehouse could not be loaded, see {error}")
                return 127
            self._processes[run_id] = process
        status = process.wait()
        with self._guard:
            del self._processes[run_id]
        return status

    def _start(self, command: list[str], program: str, log: Path) -> Process:
        if command[0] == SCRIPT:
            return self._warm.run(command[1:], log)
        return spawn([program, *command[1:]], lock=self._lock, log=log, farewell=signal.SIGKILL)

    def _put(self, run_id: int, task: TaskRun) -> None:
        self._store.change(run_id, lambda run: change_task(run, task))


def now() -> int:
    """Give the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000

"""A process that has the lakehouse loaded, of which every task is a fork: `python -m local.databricks.warm FD`.

It stands for the compute that tasks on Databricks share: an interpreter with its libraries takes more
than a second of CPU to start, which a workspace needs only once.

`FD` is one end of a pair of sockets; when the other end is closed, the process ends, and with it its
forks. With a byte for each task comes a socket of the task's own. On that the task is asked by one
line of JSON, `{"arguments": [...], "log": path}`, and says two: `{"pid": 7}`, and at the end
`{"status": 0, "cpu": 1.5, "memory": 280}`, in seconds and MB. One that is killed says nothing more.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import json
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from local.databricks.refresh_job import SCRIPT

# What the command loads only when it opens a session.
_LOADED = ("pyspark.sql.connect.session", "pyspark.sql.connect.functions", "pysail.spark")
_PR_SET_PDEATHSIG = 1  # prctl(2)

Main = Callable[[Sequence[str]], None]


def serve(control: socket.socket, main: Main) -> None:
    """Fork for every socket that comes, until no more can come."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    parent = os.getpid()
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not asked:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            if os.fork() == 0:
                control.close()
                _carry_out(connection, main, parent)


def _carry_out(connection: socket.socket, main: Main, parent: int) -> NoReturn:
    """Be the task of one connection, and nothing after it."""
    status = 1
    try:
        _die_with(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with connection.makefile("rw") as line:
            asked = json.loads(line.readline())
            line.write(json.dumps({"pid": os.getpid()}) + "\n")
            line.flush()
            _write_to(asked["log"])
            status = _status_of(main, asked["arguments"])
            sys.stdout.flush()
            sys.stderr.flush()
            used = resource.getrusage(resource.RUSAGE_SELF)
            cost = {"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss // 1024}
            line.write(json.dumps({"status": status, **cost}) + "\n")
    finally:
        # Without what the parent would do at its end.
        os._exit(status)


def _status_of(main: Main, arguments: Sequence[str]) -> int:
    """Run the command; give what its process would end with."""
    try:
        main(arguments)
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        sys.stderr.write(f"{left.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - the boundary of the process
        traceback.print_exc()
        return 1
    return 0


def _write_to(log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def _die_with(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the kernel was told
        os._exit(1)


def _load() -> Main:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name=SCRIPT)
    main: Main = script.load()
    for module in _LOADED:
        importlib.import_module(module)
    return main


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), _load())

"""Starts a server that dies with the process that started it, and keeps its state folder locked while it lives.

Linux only: it rests on prctl(2) PR_SET_PDEATHSIG and on flock(2).
"""

import ctypes
import fcntl
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


class StateInUse(RuntimeError):
    """Another live server works on the same state folder. Stop it, or choose another folder."""


@contextmanager
def claim(state: Path, *, patience: float) -> Generator[int]:
    """Lock a state folder; gives the descriptor that holds the lock, for `spawn`.

    A predecessor that is being killed still holds it for a moment, hence `patience`, in seconds.
    The lock lives as long as any process has the descriptor, so a server and its children keep it
    beyond the context.

    Raises:
        StateInUse: somebody else still holds the lock after `patience`.
    """
    with (state / "lock").open("w") as lock:
        deadline = time.monotonic() + patience
        while not _locked(lock.fileno()):
            if time.monotonic() > deadline:
                raise StateInUse(
                    f"{state} is used by another server that is still running. "
                    "Stop that one, or start with another state folder."
                )
            time.sleep(_POLL_SECONDS)
        yield lock.fileno()


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def spawn(
    command: list[str],
    *,
    lock: int,
    log: Path,
    farewell: signal.Signals,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` so that it gets `farewell` when this thread's process ends.

    The kernel watches the thread that calls this, so call it from one that lives as long as the
    server should. Output goes to `log`, which is started afresh. The child keeps the lock. With
    `user`, which only root may give, it runs as that user.
    """
    wrapper = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(farewell))]
    with log.open("wb") as output:
        return subprocess.Popen(
            [*wrapper, user or "", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            # Ctrl-C in a terminal goes to the parent, who stops its servers in order.
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], *, ask: signal.Signals, patience: float) -> None:
    """Ask a server to end, and kill it when it has not ended after `patience` seconds."""
    if process.poll() is None:
        process.send_signal(ask)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir


def _exec_tethered(parent: int, farewell: int, user: str, command: list[str]) -> None:
    if user:
        _become(user)
    # After setuid, which clears the setting. Unlike a preexec_fn this is safe with threads.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, farewell, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the kernel was told
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the command comes from `spawn`


if __name__ == "__main__":
    _exec_tethered(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])

"""Serve a workspace in the foreground: `python -m local.databricks --state DIR --jobs FILE --port N`."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from local.databricks.jobs import JobFileInvalid, read_jobs
from local.databricks.process import DEVELOPMENT_TOKEN
from local.databricks.server import WorkspaceServer
from local.tether import StateInUse, claim

_PR_SET_PDEATHSIG = 1  # prctl(2)
_PATIENCE_SECONDS = 10.0


def main() -> None:
    """Serve until SIGTERM, Ctrl-C or the death of the parent process."""
    _die_with_parent()
    given = _arguments()
    state: Path = given.state
    state.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _leave)
    try:
        jobs = read_jobs(given.jobs)
        with (
            claim(state, patience=_PATIENCE_SECONDS) as lock,
            WorkspaceServer(state, lock, jobs, given.port, given.token) as server,
        ):
            print(f"ready {server.url}", flush=True)  # noqa: T201 - the sign others wait for
            server.serve_forever()
    except (JobFileInvalid, StateInUse) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.databricks", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of runs and their logs")
    parser.add_argument("--jobs", type=Path, required=True, help="the job file, JSON")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 = a free one")
    parser.add_argument("--token", default=DEVELOPMENT_TOKEN)
    return parser.parse_args()


def _die_with_parent() -> None:
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the kernel was told to watch it
        sys.exit("The parent process is gone.")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()

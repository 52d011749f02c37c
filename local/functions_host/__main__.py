"""`python -m local.functions_host`: serve an app in the foreground until a signal comes."""

import argparse
import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from local.functions_host.errors import HostError
from local.functions_host.host import FunctionsHost
from local.functions_host.log import log_to
from local.signals import catch_signals

_PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
_LAST_RESORT_SECONDS = 8.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; 0 after SIGTERM or SIGINT, 1 when the host cannot start."""
    options = _parser().parse_args(arguments)
    if options.die_with_parent:
        _die_with_parent()
    log_to(options.log)
    signals = catch_signals()
    host = FunctionsHost(
        options.app, options.state, port=options.port, require_keys=options.require_keys
    )
    try:
        host.start()
    except (HostError, OSError) as error:
        print(f"the Functions host cannot start: {error}", file=sys.stderr)  # noqa: T201  for the user
        return 1
    print(f"ready {host.url}", flush=True)  # noqa: T201  the agreed sign for whoever started us
    signals.recv(1)
    # A function of the app may hold up the user loop, and a client its connection.
    last_resort = threading.Timer(_LAST_RESORT_SECONDS, os._exit, args=(0,))
    last_resort.daemon = True
    last_resort.start()
    host.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder of function_app.py")
    parser.add_argument("--state", type=Path, required=True, help="folder for what must survive")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--log", type=Path, help="file for the log; else stderr")
    parser.add_argument(
        "--require-keys", action="store_true", help="refuse requests without an access key"
    )
    parser.add_argument(
        "--die-with-parent", action="store_true", help="stop when the starting process ends"
    )
    return parser


def _die_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # It died before we asked.
        sys.exit(0)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Functions that were abandoned still run in daemon threads, which Python's own
    # way out does not bear with certainty.
    os._exit(status)

"""Serve a data lake in the foreground: `python -m local.datalake --root DIR --port N`."""

import argparse
import ctypes
import fcntl
import os
import signal
import sys
from base64 import b64decode
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from local.datalake.exchange import exchange
from local.datalake.namespace import HIDDEN
from local.datalake.server import DatalakeServer
from local.datalake.signature import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, Account

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Serve until SIGTERM, Ctrl-C or the death of the parent process."""
    _die_with_parent()
    arguments = _arguments()
    root: Path = arguments.root
    hidden = root / HIDDEN
    hidden.mkdir(parents=True, exist_ok=True)
    _require_capable(hidden)
    lock = _lock(hidden / "lock")
    signal.signal(signal.SIGTERM, _leave)
    account = Account(name=arguments.account, key=arguments.key)
    try:
        with lock, DatalakeServer(root, arguments.port, account) as server:
            print(f"ready {server.url}", flush=True)  # noqa: T201 - the sign others wait for
            server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(130)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.datalake", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the filesystems")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 = a free one")
    parser.add_argument("--account", default=DEVELOPMENT_ACCOUNT)
    parser.add_argument("--key", type=_key, default=DEVELOPMENT_KEY, help="Base64")
    return parser.parse_args()


def _key(text: str) -> str:
    b64decode(text, validate=True)  # argparse makes a usage error of the ValueError
    return text


def _die_with_parent() -> None:
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the kernel was told to watch it
        sys.exit("The parent process is gone.")


def _require_capable(folder: Path) -> None:
    with TemporaryDirectory(dir=folder) as first, TemporaryDirectory(dir=folder) as second:
        try:
            os.setxattr(first, "user.tidemark.probe", b"")
            exchange(first, second)
        except OSError as error:
            sys.exit(
                f"{folder}: {error}. The disk must keep extended attributes and exchange files, "
                "as ext4, xfs, btrfs and tmpfs of Linux 6.6 do: choose another --root."
            )


def _lock(path: Path) -> TextIOWrapper:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another server uses {path.parent.parent}: stop it, or choose another --root.")
    return lock


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()

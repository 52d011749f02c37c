"""Serves the embedded stack in a process of its own, for as long as whoever started it lives."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from local.stack import StackOptions, run


def main() -> int:
    """Serve until SIGTERM, or until standard input ends with the process that holds it."""
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--tick", required=True)
    parser.add_argument("--jobs", type=Path, help="job file of the Databricks workspace")
    given = parser.parse_args()

    def follow_parent() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow_parent, daemon=True).start()
    options = StackOptions(
        state=given.state, tables=given.tables, tick=given.tick, port=0, jobs=given.jobs
    )
    return run(options)


if __name__ == "__main__":
    sys.exit(main())

"""The command line of the lakehouse: what the tasks of the job run."""

from __future__ import annotations


def main() -> int:
    """Run one command."""
    return 2

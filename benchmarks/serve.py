"""Serves the embedded stack with what a function app has: no pandas, which tests have beside it.

Arrow takes pandas in where it finds it, and with it some 35 MB that no worker on Azure has.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder

from local.serve import main


class _Without(MetaPathFinder):
    """Says that a package is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:  # noqa: ARG002 - as importlib calls it
        if fullname.partition(".")[0] == self._package:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Without("pandas"))
    sys.exit(main())

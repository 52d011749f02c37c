"""Holds up executions of activities, so that they do their work when others have gone on without them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.02


def held_up(folder: Path, name: str, code: Callable[..., Any]) -> Callable[..., Any]:
    """Give the code of an activity such that it waits where it is told to.

    A file `NAME` in the folder is a wish: the next execution takes it, as `NAME.held`, and waits
    until that file is gone. Executions after it pass.
    """

    def run(**arguments: Any) -> Any:
        held = folder / f"{name}.held"
        try:
            (folder / name).rename(held)
        except FileNotFoundError:
            return code(**arguments)
        while held.exists():
            time.sleep(_POLL_SECONDS)
        return code(**arguments)

    return run

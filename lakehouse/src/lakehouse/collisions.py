"""Commits that another writer was faster than: Delta takes one of two, and the other is tried again."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import sleep

from pyspark.errors import PySparkException

from lakehouse.errors import CommitsCollided

# Seconds to wait before the next try of a commit that another one was faster than.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_COLLISION = re.compile(r"Failed to commit transaction|Concurrent\w+Exception|DELTA_CONCURRENT")


def try_again(what: str, commit: Callable[[], object]) -> None:
    """Commit, and again as long as another writer was faster.

    Raises:
        CommitsCollided: others were faster, time and again; `what` says what was to be committed.
    """
    for pause in _PAUSES:
        try:
            commit()
        except PySparkException as error:
            if not _COLLISION.search(str(error)):
                raise
            sleep(pause)
        else:
            return
    raise CommitsCollided(f"{len(_PAUSES)} tries failed: {what}")

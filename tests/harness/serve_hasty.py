"""Serves the embedded stack with a broken fence: its bound is the highest value seen, as many products have it."""

import sys
from typing import Any

from local.serve import main
from shared.extraction import planning
from shared.loading.bound import Bound
from shared.loading.span import Observation


def highest(*given: Any, before: str | None, **_options: Any) -> Bound:
    """Take the highest cursor value that is there, whoever has not committed yet."""
    seen: Observation = next(each for each in given if isinstance(each, Observation))
    return Bound(value=seen.max_cursor or before, how="exact")


if __name__ == "__main__":
    planning.find_bound = highest
    sys.exit(main())

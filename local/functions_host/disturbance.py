"""Test modes: what a host may do to an app and an honest app must bear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """How much harder than necessary the host makes it for the app."""

    one_completion_per_replay: bool = False  # the most replays an orchestration can need
    shuffle_seed: int | None = None  # completions that are due together arrive in another order
    activities_twice: bool = False  # as after a redelivery; the second result is dropped

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read FUNCTIONS_HOST_{ONE_COMPLETION_PER_REPLAY, SHUFFLE_SEED, ACTIVITIES_TWICE}.

        Raises:
            ValueError: the seed is not a whole number, or a switch is neither 0 nor 1.
        """
        seed = environ.get("FUNCTIONS_HOST_SHUFFLE_SEED")
        return cls(
            one_completion_per_replay=_switch(environ, "FUNCTIONS_HOST_ONE_COMPLETION_PER_REPLAY"),
            shuffle_seed=None if seed is None else int(seed),
            activities_twice=_switch(environ, "FUNCTIONS_HOST_ACTIVITIES_TWICE"),
        )


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "0")
    if value not in ("0", "1"):
        raise ValueError(f"{name} is {value!r}; set it to 0 or 1")
    return value == "1"

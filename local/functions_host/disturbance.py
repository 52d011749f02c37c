"""Test modes: what a host may do to an app and an honest app must bear."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.functions_host.crash import CrashPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """How much harder than necessary the host makes it for the app.

    Activities run again in three ways, all of which a redelivery can bring about: after the first
    execution, beside it (whichever ends first is reported), or some seconds after its result was
    recorded, when the steps that follow may be done.
    """

    one_completion_per_replay: bool = False  # the most replays an orchestration can need
    shuffle_seed: int | None = None  # completions that are due together arrive in another order
    activities_twice: bool = False  # as after a redelivery; the second result is dropped
    activities_at_once: bool = False  # two executions of each activity beside each other
    activities_late_seed: int | None = None  # each activity runs again up to LATEST_SECONDS later
    hold: Path | None = None  # a folder whose files name activities that are to be held up
    crash: CrashPoint | None = None  # where to die

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables FUNCTIONS_HOST_…, as docs/reference/local-functions-host.md lists them.

        Raises:
            ValueError: a seed is not a whole number, a switch is neither 0 nor 1, or a crash point
                is not of its form.
        """
        hold = environ.get("FUNCTIONS_HOST_HOLD")
        crash = environ.get("FUNCTIONS_HOST_CRASH_AT")
        return cls(
            one_completion_per_replay=_switch(environ, "FUNCTIONS_HOST_ONE_COMPLETION_PER_REPLAY"),
            shuffle_seed=_seed(environ, "FUNCTIONS_HOST_SHUFFLE_SEED"),
            activities_twice=_switch(environ, "FUNCTIONS_HOST_ACTIVITIES_TWICE"),
            activities_at_once=_switch(environ, "FUNCTIONS_HOST_ACTIVITIES_AT_ONCE"),
            activities_late_seed=_seed(environ, "FUNCTIONS_HOST_ACTIVITIES_LATE_SEED"),
            hold=Path(hold) if hold else None,
            crash=CrashPoint(crash) if crash else None,
        )

    def passes(self, place: str) -> None:
        """Say that the host is at a place now; it may be the one to die at."""
        if self.crash is not None:
            self.crash.passes(place)


def _seed(environ: Mapping[str, str], name: str) -> int | None:
    value = environ.get(name)
    return None if value is None else int(value)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "0")
    if value not in ("0", "1"):
        raise ValueError(f"{name} is {value!r}; set it to 0 or 1")
    return value == "1"

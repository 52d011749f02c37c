"""Where a worker is killed: at every boundary of every step in turn, and at random instants between."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

# A flow is left out that needs more than 50 tables (load_group), and one that needs an order
# ended from outside (end_order): their steps are the others'.
FLOWS = ("load_batch", "load_table", "extract_lane", "backfill")
STEPS = (
    "take_turn",
    "plan_load",
    "extract_slice",
    "judge_quality",
    "claim_commit",
    "publish",
    "advance_watermark",
    "end_turn",
    "open_order",
    "close_order",
    "plan_backfill",
    "next_windows",
    "close_windows",
    "raise_alert",
)
# Inside the steps: the claim, the one rename into bronze, the one transaction that moves a
# watermark, and what is written once (plans, receipts, landings, manifests, rows, the ledger).
REQUESTS = (
    "PUT tidemarkstates turn with claim",
    "rename run_id=*",
    "batch tidemarkstates",
    "PUT _manifest.json",
    "PUT *.json",
    "PATCH part-*",
    "* tidemarkruns *",
    "DELETE run_id=*",
)
EVERYWHERE = (
    *(f"activity {moment} {step}" for step in STEPS for moment in ("begins", "ended", "recorded")),
    *(f"episode {moment} {flow}" for flow in FLOWS for moment in ("played", "committed")),
    *(f"request {moment} {what}" for what in REQUESTS for moment in ("leaves", "answered")),
)
# What the sample is killed at: the decision has been made, and the rows appear, before anybody has heard of it.
HARMFUL = (
    "request answered PUT tidemarkstates turn with claim",
    "request answered rename run_id=*",
)
# What is passed often enough in one life that the second or third time can be waited for.
OFTEN = ("take_turn", "extract_slice", "load_table", "part-*", "*.json", "tidemarkruns *")
# Of so many kills one is at a random instant, and one takes the storage with it.
_INSTANT, _WHOLE = 4, 16
LONGEST_SECONDS = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: at the `number`-th passing of a place, or after so many `seconds` if there is none.

    With `whole` everything dies, the storage included.
    """

    place: str | None
    number: int
    seconds: float
    whole: bool

    @property
    def point(self) -> dict[str, str]:
        """The setting of the worker that brings it about."""
        return (
            {} if self.place is None else {"FUNCTIONS_HOST_CRASH_AT": f"{self.place}#{self.number}"}
        )

    def __str__(self) -> str:
        where = (
            f"after {self.seconds:.2f} s" if self.place is None else f"{self.place}#{self.number}"
        )
        return f"{where}, storage too" if self.whole else where


def kills(seed: int, count: int) -> Iterator[Kill]:
    """Give kills such that every place comes once before any comes twice."""
    chance = Random(f"{seed}/kills")  # noqa: S311 - a run that can be repeated
    left: list[str] = []
    for turn in range(count):
        place = None
        if turn % _INSTANT != _INSTANT - 1:
            left = left or chance.sample(EVERYWHERE, len(EVERYWHERE))
            place = left.pop()
        yield Kill(
            place=place,
            number=chance.randint(1, 3) if place and place.endswith(OFTEN) else 1,
            seconds=chance.uniform(0.05, LONGEST_SECONDS),
            whole=turn % _WHOLE == _WHOLE // 2,
        )


def sample() -> Iterator[Kill]:
    """Give the kills of the sample."""
    for place in HARMFUL:
        yield Kill(place=place, number=1, seconds=0.0, whole=False)
    yield Kill(place=None, number=1, seconds=LONGEST_SECONDS / 2, whole=True)

"""Turns under every interleaving: one holder, growing epochs, no forgotten request, no zombie."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.loading.errors import TurnLost
from shared.loading.turn import (
    Claim,
    TableBusy,
    Turn,
    abandon,
    claim,
    close_claim,
    correct,
    end,
    is_free,
    is_served,
    release,
    request,
    take,
    withdraw,
)
from tests.conftest import LONG

ACTORS = st.integers(0, 3)


@dataclass
class Actor:
    """A run that asks for the turn again and again, and remembers the epoch it once took."""

    name: str
    epoch: int = 0
    claimed: Claim | None = None

    def claim(self) -> Claim:
        return Claim(
            run_id=self.name,
            epoch=self.epoch,
            run_no=self.epoch,
            plan=f"plan-{self.epoch}",
            landing=f"landing-{self.epoch}",
        )


class Turns(RuleBasedStateMachine):
    """Several actors do to one turn what activities do, at any moment and also when it is too late."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = Turn()
        self.actors = [Actor(name=f"run-{number}") for number in range(4)]
        self.asked = 0
        self.epochs: list[int] = []
        self.published: list[int] = []

    @rule(order=st.integers(0, 9))
    def ask(self, order: int) -> None:
        before = self.turn
        asked = request(self.turn, f"order-{order}")
        self.turn = asked.turn
        self.asked += 1
        assert asked.started == (before.waiting is None)
        assert not is_served(self.turn, f"order-{order}") or not asked.started

    @rule(number=ACTORS, life=st.integers(0, 1))
    def take(self, number: int, life: int) -> None:
        actor = self.actors[number]
        instance = f"{actor.name}.{life}"
        if not is_free(self.turn, actor.name):
            return
        before = self.turn
        self.turn = take(self.turn, run_id=actor.name, instance=instance, at="")
        actor.epoch = self.turn.epoch
        if before != self.turn:
            self.epochs.append(self.turn.epoch)
            assert self.turn.serving == self.asked

    @rule(number=ACTORS)
    def claim(self, number: int) -> None:
        actor = self.actors[number]
        holds = self.turn.holder == actor.name and self.turn.epoch == actor.epoch
        try:
            claimed = claim(self.turn, actor.claim())
        except TurnLost:
            # One that was published once is not published again, whatever turn it has taken since.
            again = self.turn.published_run == actor.name
            assert not holds or self.turn.claim is not None or again
            return
        assert holds
        self.turn = claimed
        if claimed.claim is not None:
            actor.claimed = claimed.claim

    @rule(number=ACTORS)
    def close(self, number: int) -> None:
        """Anybody who knows of a claim may carry it to its end, also twice and late."""
        known = self.actors[number].claimed
        if known is None:
            return
        before = self.turn
        self.turn = close_claim(self.turn, known, ())
        if before.claim == known:
            self.published.append(known.run_no)
        else:
            assert self.turn == before

    @rule(number=ACTORS)
    def end(self, number: int) -> None:
        actor = self.actors[number]
        before = self.turn
        self.turn = end(self.turn, run_id=actor.name, epoch=actor.epoch)
        if before.holder != actor.name or before.epoch != actor.epoch:
            assert self.turn == before

    @rule(number=ACTORS)
    def cancel(self, number: int) -> None:
        """A load that was cancelled gives its turn back, and owes what it owed before."""
        actor = self.actors[number]
        before = self.turn
        self.turn = abandon(self.turn, run_id=actor.name, epoch=actor.epoch)
        assert self.turn.served == before.served
        if before.holder != actor.name or before.epoch != actor.epoch:
            assert self.turn == before

    @rule(order=st.integers(0, 9))
    def withdraw(self, order: int) -> None:
        """An order that was cancelled while it waited keeps no later request from ordering another."""
        self.turn = withdraw(self.turn, f"order-{order}")
        assert self.turn.waiting != f"order-{order}"

    @rule()
    def correct(self) -> None:
        """A watermark is moved by hand only where nobody works, and whoever did has lost the turn."""
        before = self.turn
        try:
            self.turn = correct(self.turn)
        except TableBusy:
            assert before.holder is not None or before.claim is not None
            return
        assert before.holder is None
        assert before.claim is None
        self.epochs.append(self.turn.epoch)

    @precondition(lambda self: self.turn.holder is not None)
    @rule()
    def sweep(self) -> None:
        before = self.turn
        self.turn = release(self.turn)
        assert self.turn.served == before.served

    @invariant()
    def every_request_is_counted_and_none_is_served_before_it_came(self) -> None:
        assert self.turn.requested == self.asked
        assert self.turn.served <= self.turn.requested

    @invariant()
    def epochs_only_grow(self) -> None:
        assert self.epochs == sorted(set(self.epochs))
        assert self.turn.epoch == (self.epochs[-1] if self.epochs else 0)

    @invariant()
    def runs_are_published_in_the_order_of_their_numbers(self) -> None:
        assert self.published == sorted(set(self.published))

    @invariant()
    def what_nobody_is_about_to_serve_is_plain_to_see(self) -> None:
        owed = self.turn.requested - self.turn.served
        if owed and self.turn.holder is None and self.turn.waiting is None:
            # The sweep looks for exactly this.
            assert self.turn.requested != self.turn.served

    def teardown(self) -> None:
        """Whatever has happened, one more load serves everything that was asked for."""
        if self.turn.holder is not None:
            self.turn = release(self.turn)
        if self.turn.claim is not None:
            self.turn = close_claim(self.turn, self.turn.claim, ())
        self.turn = take(self.turn, run_id="last", instance="last", at="")
        assert self.turn.epoch > max(self.epochs, default=0)
        self.turn = end(self.turn, run_id="last", epoch=self.turn.epoch)
        assert self.turn.served == self.asked
        assert is_served(self.turn, "anybody")


Turns.TestCase.settings = settings(
    max_examples=150 if LONG else 60, stateful_step_count=40, deadline=None
)
TestTurns = Turns.TestCase

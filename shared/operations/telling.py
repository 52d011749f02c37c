"""Tells of incidents: takes in what is wrong or well again, and sends what is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.alerting.alert import AlertRefused, AlertUndelivered, Channel
from shared.alerting.board import Board, Boards, Writer, gather, mend, report
from shared.alerting.incident import Mended, Trouble
from shared.alerting.outbox import Message, claim, is_due, is_free, note_channels, tried


@dataclass(slots=True)
class Delivery:
    """What came of sending: messages that every channel has, what went wrong, by channel.

    `may_pass` says that trying again may help; `busy` that somebody else sends one just now.
    """

    done: list[Message] = field(default_factory=list[Message])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    may_pass: bool = False
    busy: bool = False

    def check(self) -> None:
        """Raise AlertUndelivered or AlertRefused if not everything was delivered."""
        said = "; ".join(self.errors.values())
        if self.may_pass or (self.busy and not said):
            raise AlertUndelivered(said or "somebody else is sending it")
        if said:
            raise AlertRefused(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """The board and the channels. `pause` is how long the news of one source is gathered.

    `now` gives the time in UTC, `new_name` a name for whoever sends, never the same twice.
    """

    boards: Boards
    channels: tuple[Channel, ...]
    now: Callable[[], datetime]
    pause: timedelta
    write: Writer
    new_name: Callable[[], str]

    def take_in(self, troubles: Iterable[Trouble] = (), mended: Iterable[Mended] = ()) -> Board:
        """Write down what is wrong and what is well again, and the messages that follow."""
        now = self.now()
        wrong, well = tuple(troubles), tuple(mended)
        return self.boards.change(lambda board: self._gathered(board, wrong, well, now))

    def deliver(self, wanted: Callable[[Message], bool]) -> Delivery:
        """Send the messages that are wanted and nobody else sends; what a channel has is not sent again.

        A channel that fails is not asked any more for the messages that follow.
        """
        delivery = Delivery()
        seen: set[str] = set()
        while True:
            message = self._claim(lambda each: each.id not in seen and wanted(each), delivery)
            if message is None:
                return delivery
            seen.add(message.id)
            self._send(message, delivery)

    def deliver_due(self) -> Delivery:
        """Send what waits and is due; for the tick."""
        now = self.now()
        return self.deliver(lambda message: is_due(message, now))

    def _gathered(
        self, board: Board, wrong: tuple[Trouble, ...], well: tuple[Mended, ...], now: datetime
    ) -> Board:
        names = [channel.name for channel in self.channels]
        changed = mend(report(board, wrong, now), well, now)
        return gather(changed, now, pause=self.pause, channels=names, write=self.write)

    def _claim(self, wanted: Callable[[Message], bool], delivery: Delivery) -> Message | None:
        now, name = self.now(), self.new_name()
        if not any(wanted(each) for each in self.boards.read().outbox):
            return None

        def step(board: Board) -> Board:
            if any(each.holder == name for each in board.outbox):
                return board  # ours already: the answer was lost on the way
            free = next((m for m in board.outbox if wanted(m) and is_free(m, now)), None)
            if free is None:
                return board
            taken = claim(free, name, now)
            return replace(
                board, outbox=tuple(taken if each is free else each for each in board.outbox)
            )

        board = self.boards.change(step)
        mine = next((each for each in board.outbox if each.holder == name), None)
        delivery.busy = delivery.busy or (mine is None and any(wanted(m) for m in board.outbox))
        return mine

    def _send(self, message: Message, delivery: Delivery) -> None:
        delivered: list[str] = []
        errors: dict[str, str] = {}
        for channel in self.channels:
            if channel.name not in message.waiting or channel.name in delivery.errors:
                continue
            try:
                channel.send(message.alert)
            except (AlertUndelivered, AlertRefused) as error:
                errors[channel.name] = str(error)
                delivery.may_pass = delivery.may_pass or isinstance(error, AlertUndelivered)
            else:
                delivered.append(channel.name)
        delivery.errors |= errors
        self._write_down(message, delivered, errors)
        if set(message.waiting) <= {*delivered}:
            delivery.done.append(message)

    def _write_down(self, message: Message, delivered: list[str], errors: dict[str, str]) -> None:
        now = self.now()
        known = [channel.name for channel in self.channels]

        def step(board: Board) -> Board:
            outbox = (
                tried(each, delivered, known, now) if each.holder == message.holder else each
                for each in board.outbox
            )
            return replace(
                board,
                outbox=tuple(each for each in outbox if each is not None),
                channels=note_channels(board.channels, delivered, errors, now),
            )

        self.boards.change(step)

"""A board in memory, a channel that keeps what it is sent, and a teller of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec

from shared.alerting.alert import Alert
from shared.alerting.board import Board
from shared.operations.alerts import AlertWriter
from shared.operations.freshness import Fresh
from shared.operations.telling import Teller

BASE = "https://tidemark.example"
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class MemoryBoards:
    """Implements `shared.alerting.board.Boards`; kept as the store keeps it."""

    body: bytes = msgspec.json.encode(Board())
    writes: int = 0

    def read(self) -> Board:
        return msgspec.json.decode(self.body, type=Board)

    def change(self, step: Callable[[Board], Board]) -> Board:
        before = self.read()
        after = step(before)
        if after != before:
            self.body = msgspec.json.encode(after)
            self.writes += 1
        return after


@dataclass
class MemoryFreshness:
    """Implements `shared.operations.freshness.Freshness`."""

    tables: dict[str, Fresh] = field(default_factory=dict)

    def read(self) -> Mapping[str, Fresh]:
        return dict(self.tables)

    def write(self, found: Mapping[str, Fresh]) -> None:
        self.tables |= found


@dataclass
class KeepingChannel:
    """Implements `shared.alerting.alert.Channel`; raises what it is told to."""

    name: str = "webhook"
    got: list[Alert] = field(default_factory=list)
    error: Exception | None = None

    def send(self, alert: Alert) -> None:
        if self.error is not None:
            raise self.error
        self.got.append(alert)


@dataclass
class Office:
    """A teller whose clock is set by hand."""

    boards: MemoryBoards = field(default_factory=MemoryBoards)
    channels: tuple[KeepingChannel, ...] = field(default_factory=lambda: (KeepingChannel(),))
    time: datetime = START
    pause: timedelta = timedelta(minutes=1)
    _names: count = field(default_factory=count)  # type: ignore[type-arg] - of numbers

    @property
    def teller(self) -> Teller:
        return Teller(
            boards=self.boards,
            channels=self.channels,
            now=lambda: self.time,
            pause=self.pause,
            write=AlertWriter(base_url=BASE, runbook=f"{BASE}/runbook"),
            new_name=lambda: f"worker-{next(self._names)}",
        )

    @property
    def got(self) -> list[Alert]:
        return self.channels[0].got

    def deliver(self) -> None:
        """Send all that waits, whatever the time."""
        self.teller.deliver(lambda _: True).check()

    def pass_time(self, span: timedelta) -> None:
        self.time += span

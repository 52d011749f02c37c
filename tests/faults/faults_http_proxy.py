"""A proxy before a storage account that does to requests what networks and busy services do."""

import socket
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from threading import Lock

from e2e_forwarding import Forwarding, proxying

# Longer than the patience of a worker of these tests with an answer.
STALL_SECONDS = 4.0

REFUSALS = {"busy": 503, "broken": 500, "throttled": 429}
FAULTS = (
    *REFUSALS,
    "refused",  # the connection is closed before the request is read
    "cut request",  # half of the body arrives at the service, then the connection is reset
    "cut answer",  # the request is carried out; half of the answer arrives
    "lost answer",  # the request is carried out; the connection is reset instead of an answer
    "late request",  # nothing answers until the client has given up, and nothing was done
    "late answer",  # the request is carried out; the answer comes after the client has given up
)


class Unruly:
    """Decides what is done to which request. Quiet unless `rate` is above 0."""

    def __init__(self, seed: str) -> None:
        self.url = ""
        self.rate = 0.0
        self.kinds: tuple[str, ...] = FAULTS
        self.done: Counter[str] = Counter()
        self._chance = Random(seed)  # noqa: S311 - a test that can be repeated
        self._lock = Lock()

    def choose(self) -> str | None:
        """Give the fault for the next request, None to let it pass."""
        with self._lock:
            if self._chance.random() >= self.rate:
                return None
            fault = self._chance.choice(self.kinds)
            self.done[fault] += 1
            return fault


class _Spoilt(Forwarding):
    control: Unruly

    def forward(self) -> None:
        fault = self.control.choose()
        if fault == "refused":
            self.reset()
            return
        body = self.read_body()
        if fault in REFUSALS:
            self.give(REFUSALS[fault], {"Retry-After": "1"}, b"")
        elif fault == "cut request":
            self._send_half(body)
            self.reset()
        elif fault == "late request":
            time.sleep(STALL_SECONDS)
            self.reset()
        else:
            self._spoil_answer(body, fault)

    def _spoil_answer(self, body: bytes, fault: str | None) -> None:
        answer = self.carry_out(body)
        if fault == "lost answer":
            self.reset()
            return
        if fault == "late answer":
            time.sleep(STALL_SECONDS)
        if fault == "cut answer":
            self.give_half(*answer)
        else:
            self.give(*answer)

    def _send_half(self, body: bytes) -> None:
        with socket.create_connection((self.address.hostname, self.address.port)) as server:
            head = [f"{self.command} {self.path} HTTP/1.1"]
            head += [f"{name}: {value}" for name, value in self.headers.items()]
            server.sendall("\r\n".join([*head, "", ""]).encode() + body[: len(body) // 2])


@contextmanager
def unruly(upstream: str, seed: str) -> Generator[Unruly]:
    """Run a proxy before the server at an account's URL."""
    control = Unruly(seed)
    with proxying(upstream, _Spoilt, control) as control.url:
        yield control

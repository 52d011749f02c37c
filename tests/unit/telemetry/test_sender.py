"""Sending from a thread: nothing is lost while it can be kept, and nobody waits for what cannot be sent."""

import threading
from collections.abc import Sequence

import pytest

from shared.adapters.opentelemetry import sender as module
from shared.adapters.opentelemetry.sender import Sender
from shared.loading.trace import TracePlace
from shared.telemetry.span import Span

PATIENCE = 20.0


def span(number: int) -> Span:
    place = TracePlace(trace_id="a" * 32, span_id=f"{number + 1:016x}")
    return Span(name="order", place=place, above=None, began=number, ended=number)


class Far:
    """Where spans are sent. While it is `away` it takes none."""

    def __init__(self) -> None:
        self.away = False
        self.got: list[int] = []
        self.requests = self.pushes = 0
        self.pushed = threading.Event()

    def send(self, spans: Sequence[Span]) -> bool:
        self.requests += 1
        if self.away:
            return False
        self.got += [each.began for each in spans]
        return True

    def push(self) -> None:
        self.pushes += 1
        self.pushed.set()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(module, "MEASURES_SECONDS", 0.01)


def test_what_was_told_before_a_flush_is_there_after_it() -> None:
    far = Far()
    sender = Sender(far.send, far.push)
    for number in range(2_000):
        sender.tell(span(number))
    sender.flush(PATIENCE)
    assert far.got == list(range(2_000))
    assert far.requests <= 40


def test_spans_of_many_threads_all_arrive_once() -> None:
    far = Far()
    sender = Sender(far.send, far.push)

    def tell(first: int) -> None:
        for number in range(first, first + 100):
            sender.tell(span(number))
        sender.flush(PATIENCE)

    threads = [threading.Thread(target=tell, args=(first,)) for first in range(0, 1_000, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(far.got) == list(range(1_000))


def test_what_cannot_be_sent_is_kept_and_sent_later() -> None:
    far = Far()
    far.away = True
    sender = Sender(far.send, far.push)
    sender.tell(span(1))
    sender.flush(PATIENCE)  # returns as soon as it is known that nothing can be sent
    assert far.got == []
    far.away = False
    sender.tell(span(2))
    while not far.got:
        sender.flush(PATIENCE)
    assert far.got == [1, 2]


def test_beyond_a_number_the_oldest_are_dropped_and_that_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    far = Far()
    far.away = True
    sender = Sender(far.send, far.push)
    for number in range(30):
        sender.tell(span(number))
    assert [each.began for each in sender._kept] == list(range(20, 30))
    assert "telemetry was dropped" in caplog.messages


def test_measures_follow_by_themselves() -> None:
    far = Far()
    sender = Sender(far.send, far.push)
    sender.measured()
    assert far.pushed.wait(PATIENCE)

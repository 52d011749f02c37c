"""Timer triggers and durable timers, on a clock that the test moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from functions_host_sample import Sample, await_true

from local.functions_host import ManualClock

START = datetime(2026, 1, 31, 23, 50, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def test_a_timer_fires_at_each_of_its_times(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    sample = serve(clock=clock)
    clock.advance(timedelta(minutes=9, seconds=59))
    assert "tick past_due=False" not in sample.trace.lines
    clock.advance(timedelta(seconds=1))
    sample.trace.await_line("tick done")
    await_rescheduled(sample, START + timedelta(minutes=25))
    clock.advance(timedelta(minutes=15))
    sample.trace.await_line("tick done", times=2)
    assert sample.trace.lines.count("tick past_due=False") == 2


def test_a_function_that_wants_to_runs_at_the_start(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    serve(clock=clock).trace.await_line("started up")


def test_what_was_missed_while_the_host_was_down_is_made_up_for_once(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    serve(clock=clock).host.stop()
    clock.advance(timedelta(hours=2))
    sample = serve(clock=clock)
    sample.trace.await_line("tick done")
    await_rescheduled(sample, START + timedelta(hours=2, minutes=10))
    sample.host.stop()
    serve(clock=clock).trace.await_line("started up", times=3)
    assert sample.trace.lines.count("tick past_due=True") == 1
    assert sample.trace.lines.count("tick past_due=False") == 0


def test_another_schedule_forgets_what_the_old_one_missed(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    serve(clock=clock).host.stop()
    clock.advance(timedelta(hours=2))
    environ = {"SAMPLE_SCHEDULE": "0 0 3 * * *", "SAMPLE_HUB": "h"}
    sample = serve(clock=clock, environ=environ)
    sample.trace.await_line("started up", times=2)
    assert "tick past_due=True" not in sample.trace.lines


def test_a_timer_never_runs_twice_at_once(
    serve: Callable[..., Sample], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_TICK_WAITS", "1")
    sample = serve(clock=clock)
    clock.advance(timedelta(minutes=10))
    sample.trace.await_line("tick past_due=False")
    clock.advance(timedelta(minutes=31))
    assert sample.http.post("/admin/functions/tick").status_code == 409
    assert sample.trace.lines.count("tick past_due=False") == 1
    sample.trace.open("tick-gate")
    await_rescheduled(sample, START + timedelta(minutes=55))


def test_a_timer_can_be_fired_by_hand(serve: Callable[..., Sample], clock: ManualClock) -> None:
    sample = serve(clock=clock)
    assert sample.http.post("/admin/functions/tick").status_code == 202
    sample.trace.await_line("tick done")
    assert sample.http.post("/admin/functions/echo").status_code == 404


def test_a_timer_of_many_days_rings_when_they_are_over(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    sample = serve(clock=clock)
    instance = sample.start("sleeps")
    for _ in range(10):
        sample.await_status(instance, "Running")
        await_quiet(sample, instance)
        clock.advance(timedelta(days=1))
    assert sample.finish(instance)["output"] == "rested"


@pytest.mark.parametrize("rings", ["while the host is down", "after the restart"])
def test_a_durable_timer_survives_a_restart(
    serve: Callable[..., Sample], clock: ManualClock, rings: str
) -> None:
    sample = serve(clock=clock)
    instance = sample.start("waits_for_event")
    await_quiet(sample, instance)
    sample.host.stop()
    if rings == "while the host is down":
        clock.advance(timedelta(hours=1))
    sample = serve(clock=clock)
    if rings == "after the restart":
        clock.advance(timedelta(hours=1))
    assert sample.finish(instance)["output"] == "too late"


def test_a_cancelled_timer_leaves_nothing_behind(
    serve: Callable[..., Sample], clock: ManualClock
) -> None:
    sample = serve(clock=clock)
    instance = sample.start("cancels")
    sample.trace.await_line("gated after the cancel began")
    assert sample.host._parts.hub.mailbox.later(clock.now()) == []  # type: ignore[union-attr]
    sample.trace.open()
    assert sample.finish(instance)["output"] == "after the cancel"


def await_rescheduled(sample: Sample, to: datetime) -> None:
    """Wait until the host has written down when `tick` is due next."""
    timers = sample.host._parts._timers  # type: ignore[union-attr]

    def holds() -> bool:
        standing = timers._standing(timers._timers["tick"])
        return standing is not None and standing.next_at == to.timestamp()

    await_true(holds, f"tick to be due at {to}")


def await_quiet(sample: Sample, instance: str) -> None:
    """Wait until an instance waits for nothing but a timer in the future."""
    hub = sample.host._parts.hub  # type: ignore[union-attr]

    def holds() -> bool:
        now = sample.host._clock.now()
        return (
            bool(hub.mailbox.history(instance))
            and not hub.mailbox.due(instance, now)
            and bool(hub.mailbox.later(now))
        )

    await_true(holds, f"{instance} to wait for its timer")

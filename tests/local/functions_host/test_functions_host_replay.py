"""What the host relies on inside azure-functions-durable."""

import cProfile
import pstats
import time
from collections.abc import Callable, Generator
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent

from local.functions_host.history import Event, EventType, event
from local.functions_host.replay import Orchestration, _Event, replay
from local.functions_host.turn import CallActivity, Completed, SetTimer

NOW = time.time()


def test_an_event_made_without_dateutil_is_like_the_sdks_own() -> None:
    source = event(EventType.TASK_COMPLETED, NOW, TaskScheduledId=3, Result="1")
    own, theirs = vars(_Event(source)), vars(HistoryEvent(**source, IsPlayed=False))
    del own["source"]
    assert own == theirs


def test_yields_become_actions_with_the_sdks_numbers() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        a = context.call_activity("a", {"n": 1})
        timer = context.create_timer(context.current_utc_datetime)
        yield context.task_all([a, timer])

    turn = replay(handle(orchestrator), story())
    assert turn.outcome is None
    call, timer = turn.actions
    assert call == CallActivity(task=0, name="a", input='{"n": 1}')
    assert isinstance(timer, SetTimer)
    assert abs(timer.due_at - NOW) < 0.001


def test_a_failed_attempt_asks_for_a_timer_and_the_timer_for_the_next_attempt() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        yield context.call_activity_with_retry("a", df.RetryOptions(2000, 2), 1)

    failed = event(EventType.TASK_FAILED, NOW, TaskScheduledId=0, Reason="r", Details="d")
    scheduled = event(EventType.TASK_SCHEDULED, NOW, Name="a") | {"EventId": 0}
    first = replay(handle(orchestrator), story(scheduled, failed))
    assert first.actions == (SetTimer(task=1, due_at=first.actions[0].due_at),)
    assert abs(first.actions[0].due_at - NOW - 2) < 0.001
    created = event(EventType.TIMER_CREATED, NOW) | {"EventId": 1}
    fired = event(EventType.TIMER_FIRED, NOW, TimerId=1)
    second = replay(handle(orchestrator), story(scheduled, failed, created, fired))
    assert second.actions == (CallActivity(task=2, name="a", input="1"),)


def test_an_orchestrator_without_a_yield_completes() -> None:
    turn = replay(handle(lambda context: "at once"), story())
    assert turn.outcome == Completed(output='"at once"')


def test_a_replay_of_a_long_history_takes_no_time_for_parsing_dates() -> None:
    def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
        for n in range(300):
            yield context.call_activity("a", n)

    events: list[Event] = []
    for n in range(300):
        events.append(event(EventType.TASK_SCHEDULED, NOW, Name="a") | {"EventId": n})
        events.append(event(EventType.TASK_COMPLETED, NOW, TaskScheduledId=n, Result="1"))
    # The constructor of the SDK's context still parses the first two events, unless they are known.
    assert parsed_dates(lambda: replay(handle(orchestrator), story(*events))) <= 2


def handle(orchestrator: Callable[..., Any]) -> Any:
    return df.Orchestrator.create(orchestrator)


def story(*events: Event) -> Orchestration:
    started = event(EventType.ORCHESTRATOR_STARTED, NOW)
    execution = event(EventType.EXECUTION_STARTED, NOW, Name="x", Input="null", Version=None)
    return Orchestration(
        instance="i", parent=None, input="null", events=[started, execution, *events]
    )


def parsed_dates(run: Callable[[], Any]) -> int:
    """How often `dateutil` parsed a date."""
    profile = cProfile.Profile()
    profile.runcall(run)
    stats: Any = pstats.Stats(profile)
    return max(
        (
            calls
            for (file, _, name), (_, calls, *_) in stats.stats.items()
            if "dateutil" in file and name == "parse"
        ),
        default=0,
    )

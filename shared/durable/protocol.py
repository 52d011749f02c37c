"""The protocol between orchestrators and activities: steps and flows with typed inputs and outputs.

A step names an activity once, a flow an orchestrator. Orchestrators call them with `yield from`,
so that the type checker knows what comes back; flows are registered by `orchestrates`, activities as
`shared.durable.answering` says. Nobody imports anybody else's body.
"""

# No `from __future__ import annotations`: the Functions worker accepts only plain classes as the
# annotations of a binding, and would see strings.
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import azure.durable_functions as df
import msgspec
from azure.durable_functions import DurableOrchestrationContext as Context
from azure.durable_functions.models.Task import TaskBase

from shared.loading.decoding import prepare
from shared.loading.errors import Failure
from shared.loading.redaction import redact_text

In = TypeVar("In")
Out = TypeVar("Out")
T = TypeVar("T")
Steps: TypeAlias = Generator[TaskBase, Any, T]

# One orchestrator replays its whole history at every event: beyond this many children it nests.
MOST_CHILDREN = 50

# What an activity's input says beside its own fields: where in a trace it is called from.
TRACEPARENT = "_traceparent"

blueprint = df.Blueprint()
_places: WeakKeyDictionary[Context, str] = WeakKeyDictionary()
prepare(Failure)


class StepFailed(Exception):
    """A step or flow failed for good. `failure` says why, and what to do."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.type}: {failure.message}")
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a step is tried on passing faults, with pauses that double up to a most."""

    attempts: int
    first_pause: timedelta
    longest_pause: timedelta

    def pause(self, attempt: int, asked_seconds: int = 0) -> timedelta:
        """Give the pause after the attempt of this number, the first being 1, or a longer one asked for."""
        usual = min(self.first_pause * 2 ** min(attempt - 1, 20), self.longest_pause)
        return max(usual, timedelta(seconds=min(asked_seconds, LONGEST_PAUSE_SECONDS)))


# Waiting for a connection is no failed attempt, however long it takes.
LONGEST_PAUSE_SECONDS = 3_600  # that a source is given which asks for one
BUSY = Retry(attempts=1, first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Step(Generic[In, Out]):
    """One activity: its name, input, output and retry policy, said once."""

    name: str
    takes: type[In]
    gives: type[Out]
    retry: Retry

    def __post_init__(self) -> None:
        prepare(self.takes, self.gives)

    def __call__(self, context: Context, given: In) -> Steps[Out]:
        """Run the activity. Raises StepFailed."""
        [outcome] = yield from self.map(context, [given])
        if isinstance(outcome, Failure):
            raise StepFailed(outcome)
        return outcome

    def map(self, context: Context, given: Sequence[In]) -> Steps[tuple[Out | Failure, ...]]:
        """Run over all inputs at once, at most MOST_CHILDREN; outcomes in the input's order.

        Those that met a passing fault are tried again together, after the pause that one of them needs
        longest.
        """
        outcomes: dict[int, Out | Failure] = {}
        left = {number: _Tries() for number in range(len(given))}
        while left:
            tasks = [self._task(context, given[number]) for number in left]
            answers = yield from gather(context, tasks)
            left = self._sort(dict(zip(left, answers, strict=True)), left, outcomes)
            if left:
                yield from pause(context, max(tries.pause for tries in left.values()))
        return tuple(outcomes[number] for number in range(len(given)))

    def _task(self, context: Context, value: In) -> TaskBase:
        payload = msgspec.to_builtins(value)
        if place := traceparent_of(context):
            payload[TRACEPARENT] = place
        return context.call_activity(self.name, payload)

    def _sort(
        self,
        answers: dict[int, Any],
        tries: dict[int, "_Tries"],
        outcomes: dict[int, Out | Failure],
    ) -> dict[int, "_Tries"]:
        """Write down the outcomes; give the inputs that have to be tried again."""
        again: dict[int, _Tries] = {}
        for number, answer in answers.items():
            tried = tries[number]
            if isinstance(answer, Exception):
                outcomes[number] = _broken(answer)
            elif "gave" in answer:
                outcomes[number] = msgspec.convert(answer["gave"], self.gives)
            elif "busy" in answer:
                again[number] = replace(
                    tried, busy=tried.busy + 1, pause=BUSY.pause(tried.busy + 1)
                )
            elif "again" in answer and tried.failed + 1 < self.retry.attempts:
                failed = tried.failed + 1
                spent = self.retry.pause(failed, answer.get("pause", 0))
                again[number] = replace(tried, failed=failed, pause=spent)
            else:
                raw = answer.get("again") or answer["refused"]
                outcomes[number] = msgspec.convert(raw, Failure)
        return again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tries:
    """How often an input has failed in passing, how often it was found busy, and how long to wait now."""

    failed: int = 0
    busy: int = 0
    pause: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Flow(Generic[In, Out]):
    """One orchestrator: its name, input and output."""

    name: str
    takes: type[In]
    gives: type[Out]

    def __post_init__(self) -> None:
        prepare(self.takes, self.gives)

    def map(
        self, context: Context, given: Sequence[tuple[str, In]]
    ) -> Steps[tuple[Out | Failure, ...]]:
        """Run children by instance id and input, at most MOST_CHILDREN at once.

        One that breaks does not stop the rest; outcomes in the input's order.
        """
        tasks = [
            context.call_sub_orchestrator(self.name, msgspec.to_builtins(value), instance)
            for instance, value in given
        ]
        results = yield from gather(context, tasks)
        return tuple(
            _broken(result)
            if isinstance(result, Exception)
            else msgspec.convert(result, self.gives)
            for result in results
        )


def gather(context: Context, tasks: Sequence[TaskBase]) -> Steps[list[Any]]:
    """Wait for all tasks; a failed one gives its exception in place of a result.

    Only `task_all` waits for several at once on Azure: of a `task_any` that is repeated over what is
    still running, the host takes the newest member only. After a failure the host waits for the rest
    before it goes on, which the SDK alone would not.
    """
    if len(tasks) > 1:
        # The SDK raises nothing more exact than Exception; which task failed is found below.
        with suppress(Exception):
            return list((yield context.task_all(list(tasks))))
    results: list[Any] = []
    for task in tasks:
        try:
            results.append((yield task))
        except Exception as error:  # noqa: BLE001 - as above
            results.append(error)
    return results


def _broken(error: Exception) -> Failure:
    """Say that the host, not our code, ended a task: a timeout, or a worker that went away."""
    return Failure(
        type="HostFailed",
        message=redact_text(str(error).strip())[:500],
        remedy="The host ended the activity. See its log; raise functionTimeout or cut smaller slices.",
    )


def go_on_at(context: Context, traceparent: str) -> None:
    """Let the steps that follow say that they are called from this place of a trace."""
    _places[context] = traceparent


def traceparent_of(context: Context) -> str:
    """Give the place of a trace that an orchestration's steps are called from, empty if there is none."""
    return _places.get(context, "")


def pause(context: Context, span: timedelta) -> Steps[None]:
    """Wait on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + span)


class _StartedOver(Exception):
    """Leaves a flow's body at once; its wrapper ends this generation."""


def start_over(context: Context, given: object) -> NoReturn:
    """Let the orchestration begin anew with another input and an empty history."""
    context.continue_as_new(msgspec.to_builtins(given))
    raise _StartedOver


def orchestrates(
    flow: Flow[In, Out],
) -> Callable[[Callable[[Context, In], Steps[Out]]], Callable[[Context, In], Steps[Out]]]:
    """Register a generator as the orchestrator behind a flow; the generator itself stays typed."""

    def register(body: Callable[[Context, In], Steps[Out]]) -> Callable[[Context, In], Steps[Out]]:
        def orchestrator(context: Context) -> Steps[Any]:
            given = msgspec.convert(_parsed(context.get_input()), flow.takes)
            # Made of the input alone, so that every replay says the same.
            go_on_at(context, getattr(given, "traceparent", ""))
            try:
                return msgspec.to_builtins((yield from body(context, given)))
            except _StartedOver:
                return None

        orchestrator.__name__ = flow.name
        blueprint.orchestration_trigger(context_name="context")(orchestrator)
        return body

    return register


def _parsed(raw: Any) -> Any:
    """Undo the second encoding that a client adds to an input it was given as text."""
    return msgspec.json.decode(raw) if isinstance(raw, str) else raw

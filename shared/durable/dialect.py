"""Our dialect of Durable Functions: steps and flows with typed inputs and outputs.

A step names an activity once, a flow an orchestrator. Orchestrators call them with `yield from`,
so that the type checker knows what comes back; activities and flows are registered by `implements`
and `orchestrates`. Nobody imports anybody else's body.

An activity answers; it does not raise. What it answers is one of `gave` (its result), `again` (a
passing fault: the dialect waits on a durable timer and calls it once more), `busy` (the same, but it
is no fault and does not count) and `refused` (any other failure). The real host and the SDK disagree on failures inside a fan-out, so none ever happen there.
"""

# No `from __future__ import annotations`: the Functions worker accepts only plain classes as the
# annotations of a binding, and would see strings.
import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, NoReturn, TypeAlias, TypeVar

import azure.durable_functions as df
import msgspec
from azure.durable_functions import DurableOrchestrationContext as Context
from azure.durable_functions.models.Task import TaskBase

from shared.loading.errors import (
    ConnectionSlotsTaken,
    Failure,
    IngestError,
    TransientError,
    Unexpected,
)

In = TypeVar("In")
Out = TypeVar("Out")
T = TypeVar("T")
Steps: TypeAlias = Generator[TaskBase, Any, T]

# One orchestrator replays its whole history at every event: beyond this many children it nests.
MOST_CHILDREN = 50

log = logging.getLogger("tidemark.steps")
blueprint = df.Blueprint()


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

    def pause(self, attempt: int) -> timedelta:
        """Give the pause after the attempt of this number, the first being 1."""
        return min(self.first_pause * 2 ** min(attempt - 1, 20), self.longest_pause)


# Waiting for a connection is no failed attempt, however long it takes.
BUSY = Retry(attempts=1, first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Step(Generic[In, Out]):
    """One activity: its name, input, output and retry policy, said once."""

    name: str
    takes: type[In]
    gives: type[Out]
    retry: Retry

    def __call__(self, context: Context, given: In) -> Steps[Out]:
        """Run the activity. Raises StepFailed."""
        [outcome] = yield from self.map(context, [given], at_most=1)
        if isinstance(outcome, Failure):
            raise StepFailed(outcome)
        return outcome

    def map(
        self, context: Context, given: Sequence[In], *, at_most: int
    ) -> Steps[tuple[Out | Failure, ...]]:
        """Run over every input, never more than `at_most` at once; outcomes in the input's order.

        After a failure no further input is begun; those not begun get the same failure.
        """
        return (yield from _Fan(self, context, given, at_most).run())

    def start(self, context: Context, value: In) -> TaskBase:
        """Schedule one attempt."""
        return context.call_activity(self.name, msgspec.to_builtins(value))


@dataclass(frozen=True, slots=True)
class Flow(Generic[In, Out]):
    """One orchestrator: its name, input and output."""

    name: str
    takes: type[In]
    gives: type[Out]

    def __call__(self, context: Context, instance: str, given: In) -> Steps[Out]:
        """Run as a child under an instance id. Raises StepFailed if the child broke."""
        [outcome] = yield from self.map(context, [(instance, given)], at_most=1)
        if isinstance(outcome, Failure):
            raise StepFailed(outcome)
        return outcome

    def map(
        self, context: Context, given: Sequence[tuple[str, In]], *, at_most: int
    ) -> Steps[tuple[Out | Failure, ...]]:
        """Run children, never more than `at_most` at once; one that breaks does not stop the rest."""
        outcomes: dict[int, Out | Failure] = {}
        running: dict[TaskBase, int] = {}
        waiting = list(enumerate(given))
        while waiting or running:
            while waiting and len(running) < at_most:
                number, (instance, value) = waiting.pop(0)
                raw = msgspec.to_builtins(value)
                running[context.call_sub_orchestrator(self.name, raw, instance)] = number
            done = yield context.task_any(list(running))
            number = running.pop(done)
            outcomes[number] = (
                _broken(done.result)
                if isinstance(done.result, Exception)
                else msgspec.convert(done.result, self.gives)
            )
        return tuple(outcomes[number] for number in range(len(given)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """Where one input stands: tried so often, found busy so often, and whether a timer runs for it."""

    number: int
    attempt: int = 1
    busy: int = 0
    pausing: bool = False


class _Fan(Generic[In, Out]):
    """One fan-out of a step: attempts and pauses running side by side."""

    def __init__(
        self, step: Step[In, Out], context: Context, given: Sequence[In], at_most: int
    ) -> None:
        self._step, self._context, self._given, self._at_most = step, context, given, at_most
        self._waiting = list(range(len(given)))
        self._running: dict[TaskBase, _Attempt] = {}
        self._outcomes: dict[int, Out | Failure] = {}
        self._failure: Failure | None = None

    def run(self) -> Steps[tuple[Out | Failure, ...]]:
        while self._running or (self._waiting and not self._failure):
            while self._waiting and not self._failure and len(self._running) < self._at_most:
                self._begin(_Attempt(number=self._waiting.pop(0)))
            done = yield self._context.task_any(list(self._running))
            self._take(self._running.pop(done), done.result)
        return tuple(
            self._outcomes.get(number, self._failure)  # pyright: ignore[reportReturnType] - every number not begun has a failure
            for number in range(len(self._given))
        )

    def _begin(self, attempt: _Attempt) -> None:
        task = self._step.start(self._context, self._given[attempt.number])
        self._running[task] = attempt

    def _take(self, attempt: _Attempt, answer: Any) -> None:
        if attempt.pausing:
            self._begin(replace(attempt, pausing=False))
        elif isinstance(answer, Exception):
            self._settle(attempt.number, _broken(answer))
        elif "gave" in answer:
            self._outcomes[attempt.number] = msgspec.convert(answer["gave"], self._step.gives)
        elif "busy" in answer:
            again = replace(attempt, busy=attempt.busy + 1, pausing=True)
            self._wait(again, BUSY.pause(again.busy))
        elif "again" in answer and attempt.attempt < self._step.retry.attempts:
            again = replace(attempt, attempt=attempt.attempt + 1, pausing=True)
            self._wait(again, self._step.retry.pause(attempt.attempt))
        else:
            raw = answer.get("again") or answer["refused"]
            self._settle(attempt.number, msgspec.convert(raw, Failure))

    def _wait(self, attempt: _Attempt, span: timedelta) -> None:
        timer = self._context.create_timer(self._context.current_utc_datetime + span)
        self._running[timer] = attempt

    def _settle(self, number: int, failure: Failure) -> None:
        self._outcomes[number] = failure
        self._failure = self._failure or failure


def _broken(error: Exception) -> Failure:
    """Say that the host, not our code, ended a task: a timeout, or a worker that went away."""
    return Failure(
        type="HostFailed",
        message=str(error).strip()[:500],
        remedy="The host ended the activity. See its log; raise functionTimeout or cut smaller slices.",
    )


def pause(context: Context, span: timedelta) -> Steps[None]:
    """Wait on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + span)


class _StartedOver(Exception):
    """Leaves a flow's body at once; its wrapper ends this generation."""


def start_over(context: Context, given: object) -> NoReturn:
    """Let the orchestration begin anew with another input and an empty history."""
    context.continue_as_new(msgspec.to_builtins(given))
    raise _StartedOver


def implements(step: Step[In, Out]) -> Callable[[Callable[[In], Out]], Callable[[In], Out]]:
    """Register a function as the activity behind a step; the function itself stays plain."""

    def register(body: Callable[[In], Out]) -> Callable[[In], Out]:
        def activity(payload: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument] - the worker takes plain classes only
            return _answer(step, body, payload)

        activity.__name__ = step.name
        blueprint.activity_trigger(input_name="payload")(activity)
        return body

    return register


def _answer(
    step: Step[In, Out], body: Callable[[In], Out], payload: dict[str, Any]
) -> dict[str, Any]:
    try:
        return {"gave": msgspec.to_builtins(body(msgspec.convert(payload, step.takes)))}
    except ConnectionSlotsTaken as error:
        return {"busy": msgspec.to_builtins(error.failure)}
    except TransientError as error:
        log.warning("step will be tried again", extra=_facts(step, payload, error.failure))
        return {"again": msgspec.to_builtins(error.failure)}
    except IngestError as error:
        log.error("step refused", extra=_facts(step, payload, error.failure))  # noqa: TRY400 - typed: no traceback needed
        return {"refused": msgspec.to_builtins(error.failure)}
    except Exception as error:
        # The boundary of the activity: a fault of ours becomes an answer like any other, and the
        # traceback goes to the log, where it belongs.
        failure = Unexpected(f"{type(error).__name__} in {step.name}").failure
        log.exception("step broke", extra=_facts(step, payload, failure))
        return {"refused": msgspec.to_builtins(failure)}


def _facts(step: Step[Any, Any], payload: dict[str, Any], failure: Failure) -> dict[str, Any]:
    order: dict[str, Any] = payload.get("order") or payload
    names = ("order_id", "run_id", "table", "number")
    known = {name: order[name] for name in names if name in order}
    return {"step": step.name, "error": failure.type, "error_message": failure.message, **known}


def orchestrates(
    flow: Flow[In, Out],
) -> Callable[[Callable[[Context, In], Steps[Out]]], Callable[[Context, In], Steps[Out]]]:
    """Register a generator as the orchestrator behind a flow; the generator itself stays typed."""

    def register(body: Callable[[Context, In], Steps[Out]]) -> Callable[[Context, In], Steps[Out]]:
        def orchestrator(context: Context) -> Steps[Any]:
            given = msgspec.convert(_parsed(context.get_input()), flow.takes)
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

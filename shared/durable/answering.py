"""The activities behind steps: offered by name, imported at their first call, and answering.

What activities need takes longer to load than all the rest, and a worker that has just begun is asked for
its functions first, then for an answer to a request.

An activity answers; it does not raise. What it answers is one of `gave` (its result), `again` (a
passing fault: the flow waits on a durable timer and calls it once more), `busy` (the same, but it
is no fault and does not count) and `refused` (any other failure). The real host and the SDK disagree on failures inside a fan-out, so none ever happen there.
"""

# No `from __future__ import annotations`: see `shared.durable.protocol`.
import logging
from collections.abc import Callable
from importlib import import_module
from time import time_ns
from typing import Any, TypeVar

import msgspec

from shared.durable.protocol import TRACEPARENT, Step, blueprint
from shared.loading.errors import (
    ConnectionSlotsTaken,
    Failure,
    IngestError,
    SourceThrottled,
    TransientError,
    Unexpected,
)
from shared.loading.order import LoadCancelled
from shared.telemetry.answered import Answered, Watcher
from shared.telemetry.facts import facts_of, working_on

In = TypeVar("In")
Out = TypeVar("Out")

log = logging.getLogger("tidemark.steps")
_bodies: dict[str, Callable[[Any], Any]] = {}
_watchers: list[Watcher] = []


def implements(step: Step[In, Out]) -> Callable[[Callable[[In], Out]], Callable[[In], Out]]:
    """Name a function as the body of a step's activity; the function itself stays plain."""

    def register(body: Callable[[In], Out]) -> Callable[[In], Out]:
        _bodies[step.name] = body
        return body

    return register


def offers(step: Step[Any, Any], module: str) -> None:
    """Register the activity of a step, whose body is in a module that its first call imports."""

    def activity(payload: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument] - the worker takes plain classes only
        return _answer(step, body, payload)

    def body(given: Any) -> Any:
        import_module(module)
        return _bodies[step.name](given)

    activity.__name__ = step.name
    blueprint.activity_trigger(input_name="payload")(activity)


def watch(watcher: Watcher) -> None:
    """Let somebody be told of every execution of a step, before its answer leaves."""
    _watchers.append(watcher)


def _answer(
    step: Step[In, Out], body: Callable[[In], Out], payload: dict[str, Any]
) -> dict[str, Any]:
    place = payload.get(TRACEPARENT)
    facts = facts_of(step.name, payload, place)
    began = time_ns()
    with working_on(facts):
        answer = _carry_out(step, body, payload)
        if _watchers:
            _tell(
                Answered(
                    step=step.name,
                    given=payload,
                    answer=answer,
                    traceparent=place,
                    facts=facts,
                    began=began,
                    ended=time_ns(),
                )
            )
    return answer


def _tell(answered: Answered) -> None:
    for watcher in _watchers:
        try:
            watcher(answered)
        except Exception:
            # The boundary to what only looks on: what it does wrong is logged, and stops no load.
            log.exception("what watches a step broke")


def _carry_out(
    step: Step[In, Out], body: Callable[[In], Out], payload: dict[str, Any]
) -> dict[str, Any]:
    try:
        return {"gave": msgspec.to_builtins(body(msgspec.convert(payload, step.takes)))}
    except ConnectionSlotsTaken as error:
        return {"busy": msgspec.to_builtins(error.failure)}
    except TransientError as error:
        log.warning("step will be tried again", extra=_told(error.failure))
        asked = error.pause_seconds if isinstance(error, SourceThrottled) else 0
        return {"again": msgspec.to_builtins(error.failure), **({"pause": asked} if asked else {})}
    except LoadCancelled as error:
        log.info("step left out", extra=_told(error.failure))
        return {"refused": msgspec.to_builtins(error.failure)}
    except IngestError as error:
        log.error("step refused", extra=_told(error.failure))  # noqa: TRY400 - typed: no traceback needed
        return {"refused": msgspec.to_builtins(error.failure)}
    except Exception as error:
        # The boundary of the activity: a fault of ours becomes an answer like any other, and the
        # traceback goes to the log, where it belongs.
        failure = Unexpected(f"{type(error).__name__} in {step.name}").failure
        log.exception("step broke", extra=_told(failure))
        return {"refused": msgspec.to_builtins(failure)}


def _told(failure: Failure) -> dict[str, str]:
    """Say what went wrong; for whom the step works is in every line."""
    return {"error": failure.type, "error_message": failure.message}

"""Between the Event Grid triggers and what is done about an event: nothing that comes is dropped."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from typing import Any

import azure.functions as func

from shared.loading.errors import Failure
from shared.operations.dead_letters import DeadLetter, whole
from shared.operations.events import EVENT_FAULTS, EventAstray, TableChanged, identify, read_event
from shared.operations.ordering import Start
from shared.runtime.wiring import App

log = logging.getLogger("tidemark.triggers")


def body_of(event: func.EventGridEvent | func.CloudEvent) -> str:
    """Give an event as it was sent, as JSON."""
    fields: dict[str, Any] = {"id": event.id, "subject": event.subject, "data": event.get_json()}
    if isinstance(event, func.CloudEvent):
        fields |= {
            "specversion": event.specversion,
            "source": event.source,
            "type": event.type,
            "time": event.time.isoformat() if event.time else None,
            # An extension: https://github.com/cloudevents/spec, extensions/distributed-tracing.md.
            "traceparent": event.extension_attrs.get("traceparent"),
        }
    else:
        fields |= {
            "topic": event.topic,
            "eventType": event.event_type,
            "eventTime": event.event_time.isoformat() if event.event_time else None,
            "dataVersion": event.data_version,
        }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def take_in(app: App, bodies: Sequence[str]) -> Start | None:
    """Record events and count requests for their tables; what cannot be taken up becomes a dead letter.

    Raises what is not the events' fault, so that they are delivered again: CatalogBroken,
    StateUnavailable.
    """
    known, events = app.catalog.by_name, list[TableChanged]()
    for body in bodies:
        try:
            events.append(_read(body, known))
        except EVENT_FAULTS as error:
            _bury(app, body, error.failure)
    return app.inbox.take_in(events) if events else None


def take_up_letter(app: App, letter: DeadLetter) -> Start | None:
    """Take an event up again that died. Raises one of EVENT_FAULTS, CatalogBroken, LetterCut."""
    event = _read(whole(letter), app.catalog.by_name)
    return app.desk.request([event.table], "event")


def _read(body: str, known: Collection[str]) -> TableChanged:
    event = read_event(body)
    if event.table not in known:
        raise EventAstray(f"there is no table {event.table}")
    return event


def _bury(app: App, body: str, failure: Failure) -> None:
    letter = app.letters.keep("event", identify(json.loads(body)), failure, body)
    log.warning("event became a dead letter", extra={"letter": letter.id, "error": failure.type})

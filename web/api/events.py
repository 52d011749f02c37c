"""Between the Event Grid triggers and what is done about an event: nothing that comes is dropped."""

from __future__ import annotations

import json
import logging
from typing import Any

import azure.functions as func

from shared.catalog import UnknownTable
from shared.operations.dead_letters import DeadLetter, whole
from shared.operations.events import EVENT_FAULTS, EventAstray, identify, read_event
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
        }
    else:
        fields |= {
            "topic": event.topic,
            "eventType": event.event_type,
            "eventTime": event.event_time.isoformat() if event.event_time else None,
            "dataVersion": event.data_version,
        }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def take_in(app: App, body: str) -> Start | None:
    """Count a request for the table that an event names; what cannot be taken up becomes a dead letter.

    Raises what is not the event's fault, so that it is delivered again: CatalogBroken, StateUnavailable.
    """
    try:
        return take_up(app, body)
    except EVENT_FAULTS as error:
        letter = app.letters.keep("event", identify(json.loads(body)), error.failure, body)
    log.warning(
        "event became a dead letter", extra={"letter": letter.id, "error": letter.error.type}
    )
    return None


def take_up(app: App, body: str) -> Start | None:
    """Count a request for the table that an event names. Raises one of EVENT_FAULTS, CatalogBroken."""
    event = read_event(body)
    try:
        app.catalog.table(event.table)
    except UnknownTable as error:
        raise EventAstray(f"there is no table {event.table}") from error
    return app.desk.request([event.table], "event")


def take_up_letter(app: App, letter: DeadLetter) -> Start | None:
    """Take an event up again that died. Raises as `take_up`, and LetterCut."""
    return take_up(app, whole(letter))

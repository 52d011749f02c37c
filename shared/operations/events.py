"""Events that tell of changed tables: CloudEvents 1.0 or Event Grid's own schema, read the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from shared.loading.errors import IngestError, PermanentError

TABLE_CHANGED = "Tidemark.TableChanged"
# Longer names are no names: these are kept for as long as duplicates are looked for.
LONGEST_NAME = 1_000
# What each schema calls them. A topic is filled in by Event Grid and may be left out by others.
_CLOUD_EVENT = ("source", "type", None)
_GRID_EVENT = ("topic", "eventType", "-")


class EventUnreadable(PermanentError):
    """Let the source send CloudEvents 1.0 or Event Grid's schema, with an id, a source (or topic), a type and a subject."""


class EventForeign(PermanentError):
    """Subscribe to events of type `Tidemark.TableChanged` only, or correct the type that the source sends."""


class EventAstray(PermanentError):
    """Put the table into the table files, or correct the subject that the source sends (`source/schema.table`); then replay."""


# What is wrong with an event itself: to deliver it again would help nobody.
EVENT_FAULTS: tuple[type[IngestError], ...] = (EventUnreadable, EventForeign, EventAstray)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanged:
    """A table has changed. `origin` and `id` together are the same for every delivery of one event.

    `origin` is the source of a CloudEvent, the topic of an event in Event Grid's schema.
    """

    origin: str
    id: str
    table: str

    @property
    def name(self) -> str:
        """What the event is known by."""
        return event_name(self.origin, self.id)


def event_name(origin: str, event_id: str) -> str:
    """Name an event."""
    return f"{origin}#{event_id}"


def read_event(body: str | bytes) -> TableChanged:
    """Read an event as it was sent.

    Raises:
        EventUnreadable: it is none.
        EventForeign: it tells of something else.
    """
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EventUnreadable("the event is no JSON") from error
    if not isinstance(found, dict):
        raise EventUnreadable("the event is no JSON object")
    fields = cast("dict[str, Any]", found)
    cloud = "specversion" in fields
    origin_name, kind_name, no_origin = _CLOUD_EVENT if cloud else _GRID_EVENT
    origin, kind = fields.get(origin_name, no_origin), fields.get(kind_name)
    given = {"id": fields.get("id"), origin_name: origin, kind_name: kind}
    wrong = [name for name, value in given.items() if not _is_name(value)]
    if wrong:
        raise EventUnreadable(f"the event has no text of a sound length as: {', '.join(wrong)}")
    if kind != TABLE_CHANGED:
        raise EventForeign(f"an event of type {kind} was sent")
    table = fields.get("subject")
    if not _is_name(table):
        raise EventUnreadable("the event has no text of a sound length as: subject")
    return TableChanged(origin=str(origin), id=fields["id"], table=str(table))


def identify(fields: dict[str, Any]) -> str:
    """Name an event that may be unreadable, as well as its fields allow."""
    origin = fields.get("source") or fields.get("topic") or ""
    return event_name(str(origin)[:LONGEST_NAME], str(fields.get("id", ""))[:LONGEST_NAME])


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME

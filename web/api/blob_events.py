"""Between the trigger for new blobs and what is remembered of them; and files that are taken up again."""

from __future__ import annotations

import json
import logging

import msgspec

from shared.files.events import BLOB_CREATED, BlobEventUnreadable, PathRefused, read_blob_event
from shared.files.letters import FileLetter
from shared.loading.errors import BadOrder
from shared.operations.dead_letters import DeadLetter, whole
from shared.operations.events import identify
from shared.operations.ordering import Start
from shared.runtime.wiring import App
from web.api.events import take_up_letter

log = logging.getLogger("tidemark.triggers")


def take_in_blob(app: App, body: str) -> Start | None:
    """Remember the version that an event tells of, and ask for a load of its table.

    What concerns no table is counted in the log, and what cannot be read becomes a dead letter. Raises
    what is not the event's fault, so that it is delivered again: CatalogBroken, StateUnavailable.
    """
    try:
        return take_up_blob(app, body)
    except (BlobEventUnreadable, PathRefused) as error:
        letter = app.letters.keep("event", identify(json.loads(body)), error.failure, body)
        log.warning("event became a dead letter", extra={"letter": letter.id})
        return None


def take_up_blob(app: App, body: str) -> Start | None:
    """As `take_in_blob`, and raises what is wrong with the event."""
    told = read_blob_event(body, app.catalog)
    if told.version is None:
        log.info("blob event passed over", extra={"reason": told.passed})
        return None
    # Also of one that waits already: whoever told of it may have died before it asked for a load.
    if not app.arrivals.tell(told.table, [told.version]):
        log.info("blob event of a version that is done with", extra={"table": told.table})
        return None
    return app.desk.request([told.table], "event")


def take_up_any(app: App, letter: DeadLetter) -> Start | None:
    """Take an event up again that died, of either trigger."""
    body = whole(letter)
    return take_up_blob(app, body) if BLOB_CREATED in body else take_up_letter(app, letter)


def take_up_file(app: App, letter: DeadLetter) -> Start | None:
    """Let a version wait again that could not be read, and ask for a load of its table. Raises BadOrder."""
    try:
        found = msgspec.json.decode(whole(letter), type=FileLetter)
    except msgspec.DecodeError as error:
        raise BadOrder(f"{letter.id} names no version of a file") from error
    spec = app.table(found.table)
    app.arrivals.replay(spec.name, found.version)
    return app.desk.request([spec.name], "event")

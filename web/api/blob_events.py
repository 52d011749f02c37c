"""Between the trigger for new blobs and what is remembered of them; and files that are taken up again."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

import msgspec

from shared.files.events import (
    BLOB_CREATED,
    BlobEventUnreadable,
    BlobTold,
    PathRefused,
    read_blob_event,
)
from shared.files.letters import FileLetter
from shared.loading.errors import BadOrder
from shared.loading.versions import FileVersion
from shared.operations.dead_letters import DeadLetter, whole
from shared.operations.events import identify
from shared.operations.ordering import Start
from shared.runtime.wiring import App
from web.api.events import take_up_letter

log = logging.getLogger("tidemark.triggers")


def take_in_blobs(app: App, bodies: Sequence[str]) -> Start | None:
    """Remember the versions that events tell of, and ask for a load of their tables.

    What concerns no table is counted in the log, and what cannot be read becomes a dead letter. Raises
    what is not the events' fault, so that they are delivered again: CatalogBroken, StateUnavailable.
    """
    tables, told = list(app.catalog), list[BlobTold]()
    for body in bodies:
        try:
            told.append(read_blob_event(body, tables))
        except (BlobEventUnreadable, PathRefused) as error:
            letter = app.letters.keep("event", identify(json.loads(body)), error.failure, body)
            log.warning("event became a dead letter", extra={"letter": letter.id})
    return _ask(app, told)


def take_up_blob(app: App, letter: DeadLetter) -> Start | None:
    """Take an event up again that died. Raises what is wrong with it."""
    return _ask(app, [read_blob_event(whole(letter), app.catalog)])


def _ask(app: App, told: Sequence[BlobTold]) -> Start | None:
    """Remember versions first: who dies in between is sent the event again."""
    versions: dict[str, list[FileVersion]] = {}
    for each in told:
        if each.version is None:
            log.info("blob event passed over", extra={"reason": each.passed})
        else:
            versions.setdefault(each.table, []).append(each.version)
    # Also of those that wait already: whoever told of them may have died before it asked for a load.
    wanted = [table for table, found in versions.items() if app.arrivals.tell(table, found)]
    return app.desk.request(wanted, "event") if wanted else None


def take_up_any(app: App, letter: DeadLetter) -> Start | None:
    """Take an event up again that died, of either trigger."""
    take_up = take_up_blob if BLOB_CREATED in whole(letter) else take_up_letter
    return take_up(app, letter)


def take_up_file(app: App, letter: DeadLetter) -> Start | None:
    """Let a version wait again that could not be read, and ask for a load of its table. Raises BadOrder."""
    try:
        found = msgspec.json.decode(whole(letter), type=FileLetter)
    except msgspec.DecodeError as error:
        raise BadOrder(f"{letter.id} names no version of a file") from error
    spec = app.table(found.table)
    app.arrivals.replay(spec.name, found.version)
    return app.desk.request([spec.name], "event")

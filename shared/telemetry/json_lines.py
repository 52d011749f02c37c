"""Log lines: one JSON object a record, with what the work is for, without secrets and values of rows.

The text of an exception is told only if it is one of ours: a driver's may quote the row that it
stumbled over. Of others the type is told, and the way it came.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from shared.loading.errors import IngestError
from shared.telemetry.facts import facts_now
from shared.telemetry.redacting import clean, clean_value

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_DEEPEST = 30

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonLines(logging.Formatter):
    """A record as JSON: at (UTC), level, logger, message, what the work is for, the fields of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _text_of(record),
            **facts_now(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        told = clean_value(line)
        if record.exc_info or record.exc_text:
            told["exception"] = record.exc_text or self.formatException(record.exc_info or _NOTHING)
        return json.dumps(told)

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the name that logging calls
        """Tell types and places of an exception and of what caused it."""
        return tell_exception(ei[1])


_NOTHING: _Raised = (None, None, None)


class Discreet(logging.Filter):
    """Takes secrets out of every record that passes, whoever formats it after."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; none is held back."""
        record.msg, record.args = clean(_text_of(record)), None
        extra = {name: value for name, value in vars(record).items() if name not in _PLAIN}
        vars(record).update(clean_value(extra))
        if record.exc_info:
            record.exc_text = tell_exception(record.exc_info[1])
        return True


def tell_logs(environ: Mapping[str, str], handlers: Iterable[logging.Handler]) -> None:
    """Let handlers write without secrets, and as JSON on Azure or where `TIDEMARK_LOGS` is `json`.

    `text` leaves the form to whoever made the handlers.
    """
    form = environ.get("TIDEMARK_LOGS") or (
        "json" if environ.get("FUNCTIONS_WORKER_RUNTIME") else "text"
    )
    for handler in handlers:
        if not any(isinstance(each, Discreet) for each in handler.filters):
            handler.addFilter(Discreet())
        if form == "json":
            handler.setFormatter(JsonLines())


def tell_exception(error: BaseException | None) -> str:
    """Give an exception's type and way, with its text if it is ours or the system's, and so of its causes."""
    lines: list[str] = []
    while error is not None and len(lines) < _DEEPEST:
        lines.append(f"{_name(error)}{_message(error)}")
        frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _message(error: BaseException) -> str:
    return f": {clean(str(error))}" if isinstance(error, IngestError | OSError) else ""


def _text_of(record: logging.LogRecord) -> str:
    """Put a record's message together; what has members is cleaned member by member before."""
    given = record.args
    try:
        if isinstance(given, tuple):
            return str(record.msg) % tuple(map(_argument, given)) if given else str(record.msg)
        return str(record.msg) % clean_value(given) if given else str(record.msg)
    except (TypeError, ValueError, KeyError):
        # Arguments that do not fit the text: logging would print both to stderr, as they are.
        return str(record.msg)


def _argument(value: object) -> object:
    return clean_value(value) if isinstance(value, Mapping | list | tuple | set) else value

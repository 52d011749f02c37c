"""One line of JSON per event, for machines to read and people to grep."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.loading.redaction import redact_text

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as JSON: at (UTC), level, logger, message, then the fields given in `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _PLAIN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line = {
            key: redact_text(each) if isinstance(each, str) else each for key, each in line.items()
        }
        return json.dumps(line, default=str)


def log_to(path: Path | None) -> None:
    """Send all logging of this process, the app's included, to a file or else to stderr."""
    target = logging.StreamHandler() if path is None else logging.FileHandler(path)
    target.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[target], force=True)
    # The SDKs tell each request they make at info.
    logging.getLogger("azure").setLevel(logging.WARNING)

"""HTTP answers of the host itself, in the shapes its clients read."""

import json
from typing import Any

from aiohttp import web


def as_json(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        text=json.dumps(payload), status=status, headers=headers, content_type="application/json"
    )


def refusal(status: int, message: str) -> web.Response:
    """An error; the durable client reads `ExceptionMessage`, people read `Message`."""
    return as_json({"Message": message, "ExceptionMessage": message}, status)


def nothing(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """An answer without a body."""
    return web.Response(status=status, headers=headers)

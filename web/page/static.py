"""The files that pages need, served by the function itself: a style sheet, a sign, the script of the sign-in."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from web.api.problems import not_found
from web.page.exchange import PageRequest, Reply

_FOLDER = Path(__file__).parent / "assets"
_KINDS = {
    "page.css": "text/css",
    "sign-in.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


def serve(request: PageRequest, name: str) -> Reply:
    """Serve a file; one that the browser has already is not sent again. Raises Problem."""
    if name not in _KINDS:
        raise not_found(f"there is no file {name}")
    content, tag = _read(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Reply(status=HTTPStatus.NOT_MODIFIED, kind=_KINDS[name], headers=headers)
    return Reply(body=content, kind=_KINDS[name], headers=headers)


@cache
def _read(name: str) -> tuple[bytes, str]:
    content = (_FOLDER / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'

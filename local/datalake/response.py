"""Answers: status, headers and a body, which may be a stretch of a file; errors in either format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from xml.sax.saxutils import escape

from local.datalake.entry import Entry
from local.datalake.errors import Fault, Refused

# The two APIs name the same errors differently.
_BLOB_CODES = {
    Fault.PATH_NOT_FOUND: "BlobNotFound",
    Fault.FILESYSTEM_NOT_FOUND: "ContainerNotFound",
    Fault.FILESYSTEM_ALREADY_EXISTS: "ContainerAlreadyExists",
    Fault.PATH_ALREADY_EXISTS: "BlobAlreadyExists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bytes of an open file; whoever sends the answer closes the descriptor."""

    descriptor: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; Content-Length is set from the body unless a header gives it (HEAD)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | Stretch = b""


def validators(entry: Entry) -> dict[str, str]:
    """Headers that tell which state of a path an answer is about."""
    return {
        "ETag": f'"{entry.etag}"',
        "Last-Modified": formatdate(entry.last_modified, usegmt=True),
    }


def refusal(refused: Refused, *, is_blob: bool) -> Response:
    """Put an error into the format of the API that was called."""
    fault, message = refused.fault, str(refused)
    code = _BLOB_CODES.get(fault, fault.code) if is_blob else fault.code
    headers = {"x-ms-error-code": code}
    if fault is Fault.NOT_MODIFIED:
        return Response(status=fault.status, headers=headers)
    if is_blob:
        headers["Content-Type"] = "application/xml"
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode()
    else:
        headers["Content-Type"] = "application/json;charset=utf-8"
        body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Response(status=fault.status, headers=headers, body=body)

"""Put Blob: a whole file in one request, as the "Blob service REST API" has it."""

import hashlib
import os
from base64 import b64encode
from pathlib import Path

from local.datalake.body import Body
from local.datalake.errors import Fault, Refused
from local.datalake.location import Location
from local.datalake.namespace import Draft, Namespace
from local.datalake.request import Request
from local.datalake.response import Response, validators

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def put_blob(namespace: Namespace, location: Location, request: Request) -> Response:
    """Let a file appear with all its bytes, and its missing folders with it.

    Raises:
        Refused: NotImplemented for another kind of blob, Md5Mismatch, and as `create_file`.
    """
    kind = request.required("x-ms-blob-type")
    if kind != "BlockBlob":
        raise Refused(Fault.NOT_IMPLEMENTED, f"x-ms-blob-type {kind} is not offered.")
    draft = Draft(metadata=request.metadata, content=request.content("x-ms-blob-"))
    fresh = namespace.fresh_place()
    try:
        digest = _receive(request.body, fresh)
        if request.headers.get("content-md5") not in (None, digest):
            raise Refused(Fault.MD5_MISMATCH)
        entry = namespace.create_file(location, draft, request.guard, ready=fresh)
    finally:
        Path(fresh).unlink(missing_ok=True)
    headers = {"Content-MD5": digest, "x-ms-request-server-encrypted": "true"}
    return Response(status=201, headers={**validators(entry), **headers})


def _receive(body: Body, place: str) -> str:
    """Write a body into a new file out of sight; gives its MD5 in Base64."""
    digest = hashlib.md5(usedforsecurity=False)
    with os.fdopen(os.open(place, _CREATE, 0o644), "wb") as file:
        for chunk in body.chunks():
            digest.update(chunk)
            file.write(chunk)
    return b64encode(digest.digest()).decode()

"""The Path operations of the DFS REST API ("Azure Data Lake Storage Gen2 REST API - Path")."""

import json
from base64 import b64decode
from dataclasses import replace
from email.utils import formatdate

from local.datalake.access import (
    DIRECTORY_ACCESS,
    FILE_ACCESS,
    Access,
    acl_from_permissions,
    checked_acl,
)
from local.datalake.appending import Append, Flush, append, flush
from local.datalake.entry import Entry
from local.datalake.errors import Fault, Refused
from local.datalake.listing import PAGE, Listing, list_paths
from local.datalake.location import Location, parse_location, parse_segments
from local.datalake.namespace import Draft, Namespace
from local.datalake.properties import Properties
from local.datalake.renaming import Rename, rename
from local.datalake.request import Request
from local.datalake.response import Response, validators

# A Windows FILETIME counts 100 ns since 1601.
_FILETIME_OF_EPOCH = 116_444_736_000_000_000


def create_path(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Create, without a rename source."""
    kind = request.query.get("resource")
    if kind == "file":
        draft = _draft(request, FILE_ACCESS)
        entry = namespace.create_file(location, draft, request.guard)
    elif kind == "directory":
        draft = _draft(request, DIRECTORY_ACCESS)
        entry = namespace.create_directory(location, draft, request.guard)
    else:
        raise Refused(Fault.INVALID_QUERY_PARAMETER, "resource is file or directory.")
    return Response(status=201, headers=validators(entry))


def rename_path(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Create with `x-ms-rename-source`."""
    if request.properties or request.content("x-ms-"):
        raise Refused(Fault.NOT_IMPLEMENTED, "Set properties after the rename.")
    source = request.required("x-ms-rename-source").partition("?")[0]
    if not source.startswith("/"):
        raise Refused(Fault.INVALID_SOURCE_URI)
    order = Rename(
        source=parse_location(source.removeprefix("/")),
        source_guard=request.source_guard,
        target=location,
        target_guard=request.guard,
    )
    return Response(status=201, headers=validators(rename(namespace, order)))


def append_data(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Update, action append."""
    order = Append(
        location=location,
        position=request.number("position"),
        lease_id=request.lease_id,
        md5=_md5(request),
    )
    append(namespace, order, request.body)
    headers = {"x-ms-request-server-encrypted": "true"}
    if request.flag("flush"):
        end = order.position + request.body.length
        order = Flush(location=location, position=end, guard=request.guard)
        headers |= validators(flush(namespace, order))
    return Response(status=202, headers=headers)


def flush_data(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Update, action flush."""
    if request.body.length:
        raise Refused(Fault.INVALID_INPUT, "A flush has no body.")
    order = Flush(
        location=location,
        position=request.number("position"),
        guard=request.guard,
        retain=request.flag("retainUncommittedData"),
        content=request.content("x-ms-"),
    )
    return Response(status=200, headers=validators(flush(namespace, order)))


def set_properties(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Update, action setProperties."""
    metadata, content = request.properties, request.content("x-ms-")

    def revise(properties: Properties) -> Properties:
        return namespace.revised(replace(properties, metadata=metadata, content=content))

    entry = namespace.change(location, request.guard.admit_write, revise)
    return Response(status=200, headers=validators(entry))


def set_access_control(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Update, action setAccessControl."""

    def revise(properties: Properties) -> Properties:
        return namespace.revised(replace(properties, access=_access(request, properties.access)))

    entry = namespace.change(location, request.guard.admit_write, revise)
    return Response(status=200, headers=validators(entry))


def delete_path(namespace: Namespace, location: Location, request: Request) -> Response:
    """Path - Delete; always whole, so there is never a continuation."""
    namespace.delete(location, request.guard, recursive=request.flag("recursive"))
    return Response(status=200)


def list_page(namespace: Namespace, filesystem: str, request: Request) -> Response:
    """Path - List."""
    size = request.number("maxResults", PAGE)
    if size == 0:
        raise Refused(Fault.INVALID_QUERY_PARAMETER, "maxResults is at least 1.")
    directory = parse_segments(request.query.get("directory", ""))
    listing = Listing(
        directory=Location(filesystem=filesystem, segments=directory),
        recursive=request.flag("recursive"),
        page_size=min(size, PAGE),
        continuation=request.query.get("continuation", ""),
    )
    page = list_paths(namespace, listing)
    headers = {"Content-Type": "application/json;charset=utf-8"}
    if page.continuation:
        headers["x-ms-continuation"] = page.continuation
    body = json.dumps({"paths": [_listed(name, entry) for name, entry in page.paths]})
    return Response(status=200, headers=headers, body=body.encode())


def _listed(name: str, entry: Entry) -> dict[str, str]:
    access = entry.properties.access
    facts = {
        "name": name,
        "contentLength": str(entry.size),
        "creationTime": str(entry.created // 100 + _FILETIME_OF_EPOCH),
        "etag": entry.etag,
        "group": access.group,
        "lastModified": formatdate(entry.last_modified, usegmt=True),
        "owner": access.owner,
        "permissions": access.permissions,
    }
    return facts | {"isDirectory": "true"} if entry.is_directory else facts


def _draft(request: Request, default: Access) -> Draft:
    return Draft(
        metadata=request.properties,
        content=request.content("x-ms-"),
        access=_access(request, default),
    )


def _access(request: Request, current: Access) -> Access:
    permissions, acl = request.headers.get("x-ms-permissions"), request.headers.get("x-ms-acl")
    if permissions is not None and acl is not None:
        raise Refused(Fault.INVALID_INPUT, "Send x-ms-permissions or x-ms-acl, not both.")
    text = current.acl
    if acl is not None:
        text = checked_acl(acl)
    elif permissions is not None:
        text = acl_from_permissions(permissions, umask=request.headers.get("x-ms-umask", "0000"))
    return Access(
        acl=text,
        owner=request.headers.get("x-ms-owner", current.owner),
        group=request.headers.get("x-ms-group", current.group),
    )


def _md5(request: Request) -> bytes | None:
    text = request.headers.get("content-md5")
    if text is None:
        return None
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Refused(Fault.INVALID_HEADER_VALUE, "Content-MD5 is not Base64.") from None

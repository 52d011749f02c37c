"""Filesystems, as the DFS API calls them, or containers, as the Blob API does."""

from dataclasses import replace
from email.utils import formatdate
from xml.sax.saxutils import escape

from local.datalake.blobs import lease_headers
from local.datalake.entry import Entry
from local.datalake.errors import Fault, Refused
from local.datalake.listing import PAGE, page_of_names
from local.datalake.location import Location
from local.datalake.namespace import Namespace
from local.datalake.properties import Properties
from local.datalake.request import Request
from local.datalake.response import Response, validators


def create(namespace: Namespace, name: str, request: Request) -> Response:
    """Create Container, or Filesystem - Create."""
    entry = namespace.create_filesystem(name, {**request.metadata, **request.properties})
    return Response(status=201, headers={**validators(entry), "x-ms-namespace-enabled": "true"})


def delete(namespace: Namespace, name: str, request: Request) -> Response:
    """Delete Container, or Filesystem - Delete. The name is free again at once."""
    namespace.delete_filesystem(name, request.guard)
    return Response(status=202)


def describe(namespace: Namespace, name: str, request: Request) -> Response:
    """Get Container Properties, or Filesystem - Get Properties."""
    entry = namespace.get(_root(name))
    request.guard.admit_read(entry)
    properties = entry.properties
    headers = {
        **validators(entry),
        **lease_headers(properties.lease),
        "x-ms-namespace-enabled": "true",
        "x-ms-has-immutability-policy": "false",
        "x-ms-has-legal-hold": "false",
    }
    headers |= {f"x-ms-meta-{name}": value for name, value in properties.metadata.items()}
    return Response(status=200, headers=headers)


def set_metadata(namespace: Namespace, name: str, request: Request) -> Response:
    """Set Container Metadata: replaces all of it."""
    metadata = request.metadata

    def revise(properties: Properties) -> Properties:
        return namespace.revised(replace(properties, metadata=metadata))

    entry = namespace.change(_root(name), request.guard.admit_write, revise)
    return Response(status=200, headers=validators(entry))


def list_page(namespace: Namespace, request: Request) -> Response:
    """List Containers."""
    prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
    size = request.number("maxresults", PAGE)
    if size == 0:
        raise Refused(Fault.INVALID_QUERY_PARAMETER, "maxresults is at least 1.")
    matching = [name for name in namespace.filesystems() if name.startswith(prefix)]
    names, following = page_of_names(matching, size=min(size, PAGE), continuation=marker)
    with_metadata = "metadata" in request.query.get("include", "").split(",")
    containers = "".join(
        _container(name, entry, with_metadata=with_metadata)
        for name in names
        if (entry := namespace.find(_root(name))) is not None
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults>'
        f"<Prefix>{escape(prefix)}</Prefix><Marker>{escape(marker)}</Marker>"
        f"<MaxResults>{size}</MaxResults><Containers>{containers}</Containers>"
        f"<NextMarker>{following}</NextMarker></EnumerationResults>"
    )
    return Response(status=200, headers={"Content-Type": "application/xml"}, body=body.encode())


def _container(name: str, entry: Entry, *, with_metadata: bool) -> str:
    metadata = entry.properties.metadata if with_metadata else {}
    pairs = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in metadata.items())
    return (
        f"<Container><Name>{name}</Name><Properties>"
        f"<Last-Modified>{formatdate(entry.last_modified, usegmt=True)}</Last-Modified>"
        f'<Etag>"{entry.etag}"</Etag><LeaseStatus>unlocked</LeaseStatus>'
        "<LeaseState>available</LeaseState><HasImmutabilityPolicy>false</HasImmutabilityPolicy>"
        "<HasLegalHold>false</HasLegalHold></Properties>"
        f"<Metadata>{pairs}</Metadata></Container>"
    )


def _root(name: str) -> Location:
    return Location(filesystem=name, segments=())

"""Which operation a request asks for, out of verb, path and parameters."""

from collections.abc import Callable, Mapping

from local.datalake import blobs, filesystems, paths, putting
from local.datalake.errors import Fault, Refused
from local.datalake.location import Location, parse_location
from local.datalake.namespace import Namespace
from local.datalake.request import Request
from local.datalake.response import Response

_Operation = Callable[[Namespace, Location, Request], Response]

_UPDATES: Mapping[str, _Operation] = {
    "append": paths.append_data,
    "flush": paths.flush_data,
    "setProperties": paths.set_properties,
    "setAccessControl": paths.set_access_control,
}
_COMPONENTS: Mapping[str, _Operation] = {
    "lease": blobs.act_on_lease,
    "metadata": blobs.set_metadata,
    "properties": blobs.set_headers,
}
_PLAIN: Mapping[str, _Operation] = {
    "GET": blobs.read,
    "HEAD": blobs.describe,
    "DELETE": paths.delete_path,
}
# Answering these as if they were not there would change what the request means.
_REFUSED_HEADERS = (
    "x-ms-content-crc64",
    "x-ms-encryption-context",
    "x-ms-encryption-key",
    "x-ms-encryption-scope",
    "x-ms-expiry-option",
    "x-ms-expiry-time",
    "x-ms-if-tags",
    "x-ms-structured-body",
)
_REFUSED_PARAMETERS = ("snapshot", "versionid")


def is_blob_call(request: Request) -> bool:
    """Whether errors are to be in the Blob API's terms.

    Both APIs share one address here, and a plain GET or HEAD of a path exists in both: it is
    taken for the Blob API's, which the data-lake SDK uses for it.
    """
    asked = request.query.keys() & {"comp", "restype"}
    if asked or "x-ms-blob-type" in request.headers:
        return True
    own = request.query.keys() & {"resource", "action"}
    return request.method in ("GET", "HEAD") and not own


def route(namespace: Namespace, account: str, request: Request) -> Response:
    """Do what a request asks for.

    Raises:
        Refused: whatever the operation refuses; InvalidUri for another account, NotImplemented
            for an operation, header or parameter that is not offered.
    """
    _refuse_unoffered(request)
    rest = _below_account(account, request.raw_path)
    if not rest:
        if request.method == "GET" and request.query.get("comp") == "list":
            return filesystems.list_page(namespace, request)
        raise _unoffered(request)
    location = parse_location(rest)
    if request.query.get("resource") == "filesystem" or "restype" in request.query:
        if location.segments:
            raise Refused(Fault.INVALID_URI)
        return _route_filesystem(namespace, location.filesystem, request)
    return _path_operation(request)(namespace, location, request)


def _route_filesystem(namespace: Namespace, name: str, request: Request) -> Response:
    match request.method, request.query.get("restype"), request.query.get("comp"):
        case "GET", None, None:
            return paths.list_page(namespace, name, request)
        case "PUT", "container" | None, None:
            return filesystems.create(namespace, name, request)
        case "DELETE", "container" | None, None:
            return filesystems.delete(namespace, name, request)
        case "HEAD" | "GET", "container" | None, None:
            return filesystems.describe(namespace, name, request)
        case "PUT", "container", "metadata":
            return filesystems.set_metadata(namespace, name, request)
        case _:
            raise _unoffered(request)


def _path_operation(request: Request) -> _Operation:
    operation = None
    component = request.query.get("comp")
    match request.method:
        case "PUT" if component is not None:
            operation = _COMPONENTS.get(component)
        case "PUT" if "x-ms-rename-source" in request.headers:
            operation = paths.rename_path
        case "PUT" if "resource" in request.query:
            _refuse_header(request, "x-ms-proposed-lease-id")
            operation = paths.create_path
        case "PUT" if "x-ms-blob-type" in request.headers:
            operation = putting.put_blob
        case "PATCH":
            _refuse_header(request, "x-ms-lease-action")
            operation = _UPDATES.get(request.query.get("action", ""))
        case "GET" | "HEAD" | "DELETE" if component is None:
            operation = _PLAIN[request.method]
        case _:
            pass
    if operation is None:
        raise _unoffered(request)
    return operation


def _below_account(account: str, raw_path: str) -> str:
    root = f"/{account}"
    if raw_path != root and not raw_path.startswith(f"{root}/"):
        raise Refused(Fault.INVALID_URI, f"Only the account {account} is here.")
    return raw_path[len(root) + 1 :]


def _refuse_unoffered(request: Request) -> None:
    for header in _REFUSED_HEADERS:
        _refuse_header(request, header)
    for parameter in _REFUSED_PARAMETERS:
        if parameter in request.query:
            raise Refused(Fault.NOT_IMPLEMENTED, f"{parameter} is not offered.")


def _refuse_header(request: Request, header: str) -> None:
    if header in request.headers:
        raise Refused(Fault.NOT_IMPLEMENTED, f"{header} is not offered.")


def _unoffered(request: Request) -> Refused:
    asked = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    return Refused(Fault.NOT_IMPLEMENTED, f"{request.method} with {asked or 'no parameter'}.")

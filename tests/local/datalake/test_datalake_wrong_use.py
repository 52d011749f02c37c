"""Requests that no SDK would send, over plain HTTP."""

import http.client
import socket
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.filedatalake import DataLakeServiceClient, FileSystemClient
from datalake_client import Lake, PlainClient


@pytest.fixture
def name(filesystem: FileSystemClient) -> str:
    return filesystem.file_system_name


def test_a_request_without_signature_is_refused(plain: PlainClient, name: str) -> None:
    answer = plain.send("GET", f"/{name}?resource=filesystem&recursive=true", sign=False)
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    "authorization",
    ["", "SharedKey", "SharedKey devstoreaccount1", "SharedKey devstoreaccount1:", "Bearer x"],
)
def test_a_malformed_signature_is_refused(
    plain: PlainClient, name: str, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    answer = plain.send("HEAD", f"/{name}?restype=container", headers=headers, sign=False)
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("DELETE", "/{name}/x?recursive=true", {}),
        ("PUT", "/{name}/y?resource=file", {}),
        ("PUT", "/{name}/x?resource=directory", {}),
        ("PUT", "/{name}/x?resource=file", {"x-ms-permissions": "0777"}),
        ("PUT", "/{name}/x?resource=file", {"If-None-Match": "*"}),
    ],
)
def test_a_signature_is_good_for_one_request_only(
    plain: PlainClient, name: str, method: str, path: str, headers: dict[str, str]
) -> None:
    signed = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
    authorization = plain.authorization("PUT", f"/{name}/x?resource=file", signed)
    sent = {**signed, **headers, "Authorization": authorization}
    answer = plain.send(method, path.format(name=name), headers=sent, sign=False)
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


def test_an_old_date_is_refused(plain: PlainClient, name: str) -> None:
    for date in ("Sun, 22 Nov 2020 20:00:00 GMT", "yesterday"):
        answer = plain.send("HEAD", f"/{name}?restype=container", headers={"x-ms-date": date})
        assert (answer.status, answer.code) == (403, "AuthenticationFailed")


def test_another_key_is_refused(lake: Lake) -> None:
    with DataLakeServiceClient(lake.server.url, credential="b3RoZXI=", retry_total=0) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            client.create_file_system("unauthorised")
        assert caught.value.error_code == "AuthenticationFailed"
    assert not (lake.root / "unauthorised").exists()


ESCAPES = [
    "..",
    "../x",
    "a/../../x",
    "%2e%2e/x",
    "..%2Fx",
    "a/%2E%2E/%2e%2e/x",
    "%2Fetc%2Fpasswd",
    "/etc/passwd",
    ".",
    "a//x",
    "a%00x",
    "a%5Cx",
    "..%5Cx",
    "a%0Ax",
    "x" * 256,
    "y/" * 600,
]


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out_of_the_filesystem(
    plain: PlainClient, name: str, folder: Path, path: str
) -> None:
    before = sorted(folder.parent.rglob("*"))
    target = f"/{name}/{path}"
    answers = [
        plain.send("PUT", f"{target}?resource=file"),
        plain.send("PUT", f"{target}?resource=directory"),
        plain.send("GET", target),
        plain.send("DELETE", f"{target}?recursive=true"),
        plain.send("PATCH", f"{target}?action=append&position=0", body=b"x"),
        plain.send("PUT", f"/{name}/y", headers={"x-ms-rename-source": target}),
        plain.send("PUT", target, headers={"x-ms-rename-source": f"/{name}/y"}),
        plain.send("GET", f"/{name}?resource=filesystem&recursive=true&directory={path}"),
    ]
    assert {answer.status for answer in answers} == {400}
    assert {answer.code for answer in answers} == {"InvalidResourceName"}
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("filesystem_name", ["..", ".tidemark-datalake", "%2e%2e", "a%2F..%2Fb"])
def test_no_filesystem_name_leads_out_of_the_root(plain: PlainClient, filesystem_name: str) -> None:
    for method, path in (
        ("PUT", f"/{filesystem_name}?restype=container"),
        ("DELETE", f"/{filesystem_name}?restype=container"),
        ("GET", f"/{filesystem_name}/parts"),
        ("GET", f"/{filesystem_name}?resource=filesystem&recursive=true"),
    ):
        assert plain.send(method, path).status == 400


def test_bytes_that_are_not_utf8_are_refused(plain: PlainClient, name: str) -> None:
    assert plain.send("PUT", f"/{name}/%ff?resource=file").code == "InvalidUri"


def test_symbolic_links_are_not_followed(
    plain: PlainClient, filesystem: FileSystemClient, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "file").symlink_to(tmp_path / "secret")
    name = filesystem.file_system_name
    for answer in (
        plain.send("GET", f"/{name}/folder/secret"),
        plain.send("GET", f"/{name}/file"),
        plain.send("PUT", f"/{name}/folder/new?resource=file"),
        plain.send("DELETE", f"/{name}/folder?recursive=true"),
        plain.send("PUT", f"/{name}/x", headers={"x-ms-rename-source": f"/{name}/file"}),
        plain.send("GET", f"/{name}?resource=filesystem&recursive=true&directory=folder"),
    ):
        assert (answer.status, answer.code) == (400, "InvalidResourceName")
    assert list(filesystem.get_paths()) == []
    filesystem.delete_file_system()
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_another_account_is_not_here(plain: PlainClient, lake: Lake) -> None:
    connection = http.client.HTTPConnection(urlsplit(lake.server.url).netloc)
    headers = {"x-ms-date": formatdate(usegmt=True)}
    connection.request("GET", "/other/x", headers=headers)
    response = connection.getresponse()
    assert response.status == 403
    response.read()
    connection.close()
    assert plain.send("GET", "?comp=list").status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "code"),
    [
        ("PUT", "/{name}/x?resource=link", {}, "InvalidQueryParameterValue"),
        ("PATCH", "/{name}/x?action=append", {}, "MissingRequiredQueryParameter"),
        ("PATCH", "/{name}/x?action=append&position=-1", {}, "InvalidQueryParameterValue"),
        ("PATCH", "/{name}/x?action=flush&position=%C2%B2", {}, "InvalidQueryParameterValue"),
        (
            "PATCH",
            "/{name}/x?action=flush&position=0&close=1&retainUncommittedData=1",
            {},
            "InvalidQueryParameterValue",
        ),
        ("GET", "/{name}?resource=filesystem&maxResults=0", {}, "InvalidQueryParameterValue"),
        ("PUT", "/{name}/x?comp=lease", {}, "MissingRequiredHeader"),
        ("PUT", "/{name}/x?comp=lease", {"x-ms-lease-action": "borrow"}, "InvalidHeaderValue"),
        ("DELETE", "/{name}/x", {"If-Modified-Since": "soon"}, "InvalidHeaderValue"),
        ("DELETE", "/{name}/x", {"x-ms-lease-id": "mine"}, "InvalidHeaderValue"),
        ("PUT", "/{name}/x?resource=file", {"x-ms-properties": "a=%"}, "InvalidMetadata"),
        ("PUT", "/{name}/x?resource=file", {"x-ms-properties": "a=DQo="}, "InvalidMetadata"),
        ("PUT", "/{name}/x?comp=metadata", {"x-ms-meta-a-b": "1"}, "InvalidMetadata"),
    ],
)
def test_a_wrong_value_is_named(
    plain: PlainClient, name: str, *, method: str, path: str, headers: dict[str, str], code: str
) -> None:
    assert plain.send("PUT", f"/{name}/x?resource=file").status == 201
    answer = plain.send(method, path.format(name=name), headers=headers)
    assert (answer.status, answer.code) == (400, code)
    assert plain.send("HEAD", f"/{name}/x").status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("PUT", "/{name}/x", {}),
        ("PUT", "/{name}/x?comp=block&blockid=MQ==", {}),
        ("GET", "/{name}?restype=container&comp=list", {}),
        ("PATCH", "/{name}/x?action=setAccessControlRecursive&mode=set", {}),
        ("GET", "?comp=properties&restype=service", {}),
        ("PUT", "/{name}/x?resource=file", {"x-ms-encryption-key": "k"}),
        ("PUT", "/{name}/x?resource=file", {"x-ms-expiry-option": "NeverExpire"}),
        ("PATCH", "/{name}/x?action=append&position=0", {"x-ms-lease-action": "acquire"}),
    ],
)
def test_what_is_not_offered_is_refused_as_such(
    plain: PlainClient, name: str, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = plain.send(method, path.format(name=name), headers=headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_errors_come_in_the_format_of_the_api(plain: PlainClient, name: str) -> None:
    blob = plain.send("GET", f"/{name}/missing")
    assert (blob.status, blob.code) == (404, "BlobNotFound")
    assert blob.headers["Content-Type"] == "application/xml"
    assert b"<Code>BlobNotFound</Code>" in blob.body
    dfs = plain.send("DELETE", f"/{name}/missing?recursive=true")
    assert (dfs.status, dfs.code) == (404, "PathNotFound")
    assert dfs.headers["Content-Type"].startswith("application/json")
    assert b'"code": "PathNotFound"' in dfs.body
    head = plain.send("HEAD", f"/{name}/missing")
    assert (head.status, head.code, head.body) == (404, "BlobNotFound", b"")


def test_every_answer_says_when_and_to_what(plain: PlainClient, name: str) -> None:
    sent = {"x-ms-client-request-id": "mine", "x-ms-version": "2021-06-08"}
    for path in (f"/{name}/missing", f"/{name}?restype=container"):
        headers = plain.send("GET", path, headers=sent).headers
        assert headers["x-ms-client-request-id"] == "mine"
        assert headers["x-ms-version"] == "2021-06-08"
        assert headers["x-ms-request-id"]
        assert headers["Date"].endswith("GMT")


def test_a_refused_body_does_not_spoil_the_connection(plain: PlainClient, name: str) -> None:
    body = b"x" * 3_000_000
    answer = plain.send("PATCH", f"/{name}/missing?action=append&position=0", body=body)
    assert answer.code == "PathNotFound"
    assert plain.send("HEAD", f"/{name}?restype=container").status == 200


def exchange(lake: Lake, request: bytes) -> bytes:
    """Send bytes and return all that comes back before the server closes."""
    address = urlsplit(lake.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: 1\r\nContent-Length: 2", b"400"),
        (b"x-ms-meta-a: b\r\n  folded: yes", b"400"),
    ],
)
def test_a_body_of_unknown_length_closes_the_connection(
    lake: Lake, header: bytes, status: bytes
) -> None:
    request = b"PATCH /devstoreaccount1/x/y?action=append HTTP/1.1\r\nHost: x\r\n" + header
    assert exchange(lake, request + b"\r\n\r\n").startswith(b"HTTP/1.1 " + status)


def test_half_an_append_counts_for_nothing(
    lake: Lake, plain: PlainClient, filesystem: FileSystemClient
) -> None:
    file = filesystem.create_file("x")
    name = filesystem.file_system_name
    path = f"/{name}/x?action=append&position=0"
    headers = {"x-ms-date": formatdate(usegmt=True), "Content-Length": "10"}
    headers["Authorization"] = plain.authorization("PATCH", path, headers)
    lines = [f"PATCH /devstoreaccount1{path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    address = urlsplit(lake.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall("\r\n".join([*lines, "", "half"]).encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    refused = plain.send("PATCH", f"/{name}/x?action=flush&position=4")
    assert refused.code == "InvalidFlushPosition"
    file.append_data(b"whole", 0)
    file.flush_data(5)
    assert file.download_file().readall() == b"whole"

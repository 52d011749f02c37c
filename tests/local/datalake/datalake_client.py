"""Clients the tests use: the SDK's, and one that speaks plain HTTP."""

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

from azure.storage.filedatalake import DataLakeServiceClient

from local.datalake import RunningDatalake
from local.datalake.body import Body
from local.datalake.request import Request, parse_query
from local.datalake.signature import Account, string_to_sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """A server with the folder it serves."""

    server: RunningDatalake
    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        return self.headers.get("x-ms-error-code")


class PlainClient:
    """Sends requests as they are given, signed with the development key unless told otherwise."""

    def __init__(self, url: str) -> None:
        self._account = Account()
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        sign: bool = True,
    ) -> Answer:
        sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
        sent |= headers or {}
        if body or method in ("PUT", "PATCH"):
            sent.setdefault("Content-Length", str(len(body)))
        if sign:
            sent["Authorization"] = self.authorization(method, path, sent)
        self._connection.request(method, f"/devstoreaccount1{path}", body=body, headers=sent)
        response = self._connection.getresponse()
        return Answer(
            status=response.status, headers=dict(response.getheaders()), body=response.read()
        )

    def authorization(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        raw_path, _, query = path.partition("?")
        request = Request(
            method=method,
            raw_path=f"/{self._account.name}{raw_path}",
            query=parse_query(query),
            sent=[],
            headers={name.lower(): value for name, value in headers.items()},
            body=Body(io.BytesIO(), 0),
        )
        signature = self._account.sign(string_to_sign(request, account=self._account.name))
        return f"SharedKey {self._account.name}:{signature}"

    def close(self) -> None:
        self._connection.close()


def connect(server: RunningDatalake) -> DataLakeServiceClient:
    """Return an SDK client that reports the first failure instead of trying again."""
    return DataLakeServiceClient(server.url, credential=server.key, retry_total=0)

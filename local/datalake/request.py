"""A request as it came over the wire, with typed access to what operations ask of it."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from local.datalake.body import Body
from local.datalake.conditions import Conditions, Guard
from local.datalake.errors import Fault, Refused
from local.datalake.lease import lease_id
from local.datalake.location import decode
from local.datalake.properties import checked_metadata

_META = "x-ms-meta-"
_CONTENT_HEADERS = (
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Disposition",
    "Cache-Control",
    "Content-MD5",
)
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Args:
        method: the HTTP verb.
        raw_path: the path as sent, percent-encoded, with the account.
        query: decoded parameters.
        sent: headers as sent, in order.
        headers: the same by lower-case name.
        body: what follows, unread.
    """

    method: str
    raw_path: str
    query: Mapping[str, str]
    sent: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: Body

    @property
    def metadata(self) -> Mapping[str, str]:
        """Metadata of `x-ms-meta-*` headers; names keep their case."""
        found = {
            name[len(_META) :]: value for name, value in self.sent if name.lower().startswith(_META)
        }
        return checked_metadata(found)

    @property
    def properties(self) -> Mapping[str, str]:
        """Metadata of the DFS form `x-ms-properties: name=base64,name=base64`."""
        found = dict[str, str]()
        for pair in filter(None, self.headers.get("x-ms-properties", "").split(",")):
            name, _, encoded = pair.partition("=")
            try:
                found[name.strip()] = b64decode(encoded, validate=True).decode("iso-8859-1")
            except ValueError:
                raise Refused(Fault.INVALID_METADATA, f"{name!r} is not Base64.") from None
        return checked_metadata(found)

    def content(self, prefix: str) -> Mapping[str, str]:
        """Content headers to store, sent as `<prefix>content-type` and so on."""
        named = ((name, self.headers.get(prefix + name.lower())) for name in _CONTENT_HEADERS)
        return {name: value for name, value in named if value}

    @property
    def lease_id(self) -> str | None:
        return self._lease_id("x-ms-lease-id")

    @property
    def guard(self) -> Guard:
        """Conditions and lease of the addressed path."""
        return Guard(conditions=self._conditions(""), lease_id=self.lease_id)

    @property
    def source_guard(self) -> Guard:
        """Conditions and lease of a rename's source."""
        lease = self._lease_id("x-ms-source-lease-id")
        return Guard(conditions=self._conditions("x-ms-source-"), lease_id=lease)

    @property
    def range(self) -> tuple[int, int | None] | None:
        """First and last byte asked for; the last is None for "to the end"."""
        text = self.headers.get("x-ms-range") or self.headers.get("range")
        match = _RANGE.fullmatch(text) if text else None
        if not match:  # a range of another form is ignored, as RFC 9110 14.2 has it
            return None
        last = int(match[2]) if match[2] else None
        return int(match[1]), last

    def required(self, header: str) -> str:
        """Return a header.

        Raises:
            Refused: MissingRequiredHeader.
        """
        value = self.headers.get(header)
        if value is None:
            raise Refused(Fault.MISSING_HEADER, f"{header} is missing.")
        return value

    def number(self, parameter: str, default: int | None = None) -> int:
        """Return a query parameter that counts something.

        Raises:
            Refused: MissingRequiredQueryParameter without default, InvalidQueryParameterValue.
        """
        text = self.query.get(parameter)
        if text is None:
            if default is None:
                raise Refused(Fault.MISSING_QUERY_PARAMETER, f"{parameter} is missing.")
            return default
        if not text.isascii() or not text.isdigit():
            raise Refused(Fault.INVALID_QUERY_PARAMETER, f"{parameter}={text} is no number.")
        return int(text)

    def flag(self, parameter: str) -> bool:
        """Return a query parameter that is `true` or `false`, false if absent.

        Raises:
            Refused: InvalidQueryParameterValue.
        """
        text = self.query.get(parameter, "false").lower()
        if text not in ("true", "false"):
            raise Refused(Fault.INVALID_QUERY_PARAMETER, f"{parameter}={text} is no truth value.")
        return text == "true"

    def seconds(self, header: str) -> int | None:
        """Return a header that holds a whole number of seconds, if it was sent.

        Raises:
            Refused: InvalidHeaderValue.
        """
        text = self.headers.get(header)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError:
            raise Refused(Fault.INVALID_HEADER_VALUE, f"{header}: {text} is no number.") from None

    def _lease_id(self, header: str) -> str | None:
        text = self.headers.get(header)  # the SDK sends an empty one where it has none
        return lease_id(text) if text else None

    def _conditions(self, prefix: str) -> Conditions:
        return Conditions(
            if_match=self.headers.get(f"{prefix}if-match"),
            if_none_match=self.headers.get(f"{prefix}if-none-match"),
            if_modified_since=self._time(f"{prefix}if-modified-since"),
            if_unmodified_since=self._time(f"{prefix}if-unmodified-since"),
        )

    def _time(self, header: str) -> int | None:
        text = self.headers.get(header)
        if text is None:
            return None
        try:
            return int(parsedate_to_datetime(text).timestamp())
        except ValueError:
            raise Refused(Fault.INVALID_HEADER_VALUE, f"{header}: {text} is no date.") from None


def parse_query(text: str) -> Mapping[str, str]:
    """Decode a query string; a plus sign is a plus sign.

    Raises:
        Refused: InvalidUri for bytes that are not UTF-8, InvalidQueryParameterValue for a
            parameter sent twice.
    """
    found = dict[str, str]()
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        key = decode(name)
        if key in found:
            raise Refused(Fault.INVALID_QUERY_PARAMETER, f"{key} was sent twice.")
        found[key] = decode(value)
    return found

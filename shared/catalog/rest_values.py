"""The values of a REST source's keys: addresses, secrets, JSON paths, types and rates."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

from shared.catalog.document import Node
from shared.catalog.place import Place
from shared.catalog.rest_spec import JsonPath
from shared.catalog.section import Shape, describe

REFERENCE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
TYPES = (
    *("boolean", "integer", "number", "double", "text", "json", "date"),
    *("timestamp", "timestamptz", "instant", "unix", "unix_ms"),
)
TYPE_PATTERN = r"^(" + "|".join(TYPES) + r"|decimal\(\d{1,2},\d{1,2}\))$"
MOST_REQUESTS = 1_000
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_WIDEST = 38
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def parse_reference(text: str) -> str:
    """Give a reference back as it is. Raises ValueError, which does not repeat what may be a secret."""
    if re.fullmatch(REFERENCE, text) is None:
        raise ValueError(
            "must not be written here in plain text; put it into an environment variable (on Azure "
            "an app setting) and write ${ITS_NAME}"
        )
    return text


def parse_url(text: str) -> str:
    """Give an address back without a slash at its end.

    Raises:
        ValueError: it is not https (http on this machine alone), or holds a login, query or fragment.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("is no address; write https://api.example.com/v1") from error
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError(
            "holds a login, a query or a fragment; write the address alone, secrets under `auth`"
        )
    if not host or port == 0 or not (parts.scheme == "https" or is_local(parts.scheme, host)):
        raise ValueError("is not https; http is for this machine (127.0.0.1, localhost) alone")
    return text.rstrip("/")


def is_local(scheme: str, host: str) -> bool:
    """Say whether an address is http on this machine, which nobody else can listen to."""
    if scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_route(text: str) -> str:
    """Give a path back. Raises ValueError unless it begins with a slash and is a path alone."""
    if not text.startswith("/") or text.startswith("//") or set(text) & set("?#\\ "):
        raise ValueError("must begin with one slash and hold no query; write /customers")
    if any(part in (".", "..") for part in text.split("/")):
        raise ValueError("leads out of its folder; write the path itself")
    return text


def parse_path(text: str) -> JsonPath:
    """Read `$`, `a.b` or `$.a.b`. Raises ValueError: there are neither wildcards nor filters."""
    bare = text.removeprefix("$").removeprefix(".")
    if text == "$":
        return ()
    names = tuple(bare.split("."))
    if not all(names) or set(bare) & set("[]*?()@$"):
        raise ValueError(
            f"{text!r} is no path; write names with dots: data.items, or $ for the root"
        )
    return names


def parse_type(text: str) -> str:
    """Give the name of a type back. Raises ValueError if there is none of this name."""
    name = text.replace(" ", "")
    if name in TYPES:
        return name
    decimal = _DECIMAL.fullmatch(name)
    if decimal and 1 <= int(decimal[1]) <= _WIDEST and int(decimal[2]) <= int(decimal[1]):
        return name
    raise ValueError(f"{text!r} is no type; write one of {', '.join(TYPES)} or decimal(12,2)")


@dataclass(frozen=True, slots=True)
class Rate(Shape[float]):
    """A number above 0, which may have a fraction."""

    def read(self, node: Node, place: Place) -> float:
        """Give the number. Raises Unread."""
        hint = f"write a number from 0.01 to {MOST_REQUESTS}, such as 5 or 0.5"
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _NUMBERS:
            raise place.refusal(f"is {describe(node)}; {hint}")
        plain = re.fullmatch(r"\d{1,4}(\.\d{1,3})?", node.value)
        if plain is None or not 0.01 <= float(node.value) <= MOST_REQUESTS:  # noqa: PLR2004 - as the hint says
            raise place.refusal(f"is {node.value}; {hint}")
        return float(node.value)

    def schema(self) -> dict[str, Any]:
        """Describe it as JSON Schema."""
        return {"type": "number", "minimum": 0.01, "maximum": MOST_REQUESTS}

"""ODBC connection strings: read, completed with what a load needs, never repeated in a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.loading.errors import CredentialRejected

# One attribute of a connection string. A value in braces may hold anything, `}}` standing for `}`:
# see "Connection Strings" under SQLDriverConnect in Microsoft's ODBC reference.
_ATTRIBUTE = re.compile(r"\s*([^=;{}]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;{}]*)\s*(?:;|$)")

_SECRET = re.compile(r"pwd|pass|secret|token|key|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The attributes of a connection string in their order; names count without regard to case."""

    attributes: Mapping[str, str]

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> str | None:
        """Give an attribute's value as it is written, None if there is none."""
        wanted = name.lower()
        return next((v for n, v in self.attributes.items() if n.lower() == wanted), None)

    def plain(self, name: str) -> str | None:
        """Give an attribute's value without the braces that may be around it."""
        value = self.get(name)
        if value is None or not value.startswith("{"):
            return value.strip() if value else value
        return value[1:-1].replace("}}", "}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no message may repeat, in each form that they may be written in."""
        names = [name for name in self.attributes if _SECRET.search(name)]
        written = {value for name in names for value in (self.get(name), self.plain(name)) if value}
        return tuple(sorted(written, key=len, reverse=True))

    def settled(self, wanted: Mapping[str, str]) -> Address:
        """Set attributes whatever the user wrote: those that the exactness of values hangs on."""
        names = {name.lower() for name in wanted}
        kept = {n: v for n, v in self.attributes.items() if n.lower() not in names}
        return Address(attributes=kept | dict(wanted))

    def completed(self, wanted: Mapping[str, str]) -> Address:
        """Add attributes where the user wrote none."""
        missing = {name: value for name, value in wanted.items() if name not in self}
        return Address(attributes=dict(self.attributes) | missing)

    def text(self) -> str:
        """Write the connection string. It holds secrets."""
        return ";".join(f"{name}={value}" for name, value in self.attributes.items())

    def __repr__(self) -> str:
        return f"Address({', '.join(self.attributes)})"


def parse_address(text: str) -> Address:
    """Read an ODBC connection string. The refusal repeats nothing of it.

    It may name neither a driver nor a data source: a dialect may find one.

    Raises:
        CredentialRejected: it is not one.
    """
    attributes: dict[str, str] = {}
    position = 0
    while text[position:].strip("; \t\r\n"):
        found = _ATTRIBUTE.match(text, position)
        if found is None:
            raise CredentialRejected(
                "the connection string is not one of ODBC (Name=value;Name=value; "
                "a value with ; or } or a leading { stands in braces: {a;b}}c})"
            )
        # The first of two equal names counts, as for the driver manager.
        attributes.setdefault(found[1], found[2])
        position = found.end()
    return Address(attributes=attributes)

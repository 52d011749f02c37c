"""JSON exactly as it was sent: no number goes through a float, and no key is lost.

A number with a fraction or an exponent is read as a Decimal, one without as an int of any size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final, NoReturn, TypeGuard

# What stands for a value that is not there, which is not the same as null.
MISSING: Final = object()
_DIGEST = 16


class DocumentBroken(ValueError):
    """A body is not JSON, or not whole. The message repeats nothing of it."""


def read_document(body: bytes) -> Any:
    """Read a body. Raises DocumentBroken."""
    try:
        text = body.decode("utf-8-sig")
        return json.loads(
            text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object
        )
    except DocumentBroken:
        raise
    except UnicodeDecodeError:
        raise DocumentBroken("the body is not UTF-8") from None
    except RecursionError:
        raise DocumentBroken("the body is nested too deep") from None
    except ValueError:
        # The parser's message may quote what it stumbled over.
        raise DocumentBroken("the body is not JSON, or not whole") from None


def write_document(value: Any, *, ordered: bool = False) -> str:
    """Write a value as compact JSON, every number with the digits that it came with.

    `ordered` writes the fields of objects by name, so that equal objects have one text.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() | Decimal():
            return str(value)
        case _ if is_object(value):
            pairs = sorted(value.items()) if ordered else value.items()
            fields = (
                f"{json.dumps(name, ensure_ascii=False)}:{write_document(each, ordered=ordered)}"
                for name, each in pairs
            )
            return "{" + ",".join(fields) + "}"
        case _:
            items: Sequence[Any] = value
            return "[" + ",".join(write_document(each, ordered=ordered) for each in items) + "]"


def digest_record(record: Mapping[str, Any]) -> bytes:
    """Give what stands for a record's whole content."""
    text = write_document(record, ordered=True).encode(errors="surrogatepass")
    return blake2b(text, digest_size=_DIGEST).digest()


def find(document: Any, path: Sequence[str]) -> Any:
    """Follow names down from the root; MISSING where one of them is not there."""
    for name in path:
        if not is_object(document) or name not in document:
            return MISSING
        document = document[name]
    return document


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise DocumentBroken("an object names a field twice")
    return fields


def _refuse(_constant: str) -> NoReturn:
    raise DocumentBroken("the body holds NaN or Infinity, which is not JSON")

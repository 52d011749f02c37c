"""Signatures of webhooks, by which a receiver knows that an alert is ours and not an old one.

As Standard Webhooks has them: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`,
an HMAC-SHA256 over all three parts
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


def read_keys(text: str) -> tuple[bytes, ...]:
    """Read one secret, or two parted by a space while one takes over from the other.

    Raises:
        ValueError: one is not `whsec_` and 24 to 64 bytes as base64. The secret is not repeated.
    """
    return tuple(_read_key(each) for each in text.split())


def sign(alert_id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Give the headers of a webhook; `timestamp` is in seconds since 1970. Without a key no signature."""
    headers = {"webhook-id": alert_id, "webhook-timestamp": str(timestamp)}
    if not keys:
        return headers
    signed = f"{alert_id}.{timestamp}.".encode() + body
    digests = [hmac.new(key, signed, sha256).digest() for key in keys]
    signatures = [f"v1,{base64.b64encode(digest).decode()}" for digest in digests]
    return {**headers, "webhook-signature": " ".join(signatures)}


def _read_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"write {_PREFIX} and {_SHORTEST} to {_LONGEST} random bytes as base64")
    return key

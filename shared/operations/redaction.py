"""What somebody else sent, as it may be kept and shown: without secrets, and no longer than a bound."""

from __future__ import annotations

from dataclasses import dataclass

from shared.loading.redaction import redact_text

__all__ = ["LONGEST_BODY", "Redacted", "redact", "redact_text"]

# Characters that are kept of a body. An event of a changed table has some 300.
LONGEST_BODY = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A body as text. `cut` says that there was more of it than is kept."""

    text: str
    cut: bool


def redact(body: bytes | str) -> Redacted:
    """Take out what is a secret or has the name of one; then cut.

    What is no UTF-8 is shown by its escapes.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", "backslashreplace")
    # Not longer than needed: what is cut off need not be looked at, and a secret may be cut in two.
    looked_at = text[: 2 * LONGEST_BODY]
    shown = redact_text(looked_at)
    return Redacted(
        text=shown[:LONGEST_BODY], cut=len(shown) > LONGEST_BODY or len(looked_at) < len(text)
    )

"""Secrets as tests plant them, and the search for them in what a stack leaves behind."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, urlsplit

# Every planted secret has this word in it, so that one search finds them all.
MARK = "Planted"


def with_password(uri: str, password: str) -> str:
    """The URI with a password; a server that trusts everybody takes any."""
    parts = urlsplit(uri)
    server = f"{parts.hostname}:{parts.port}"
    return parts._replace(netloc=f"{parts.username}:{password}@{server}").geturl()


def writings(secret: str) -> dict[str, bytes]:
    """The ways in which a secret may stand in a file."""
    return {
        "plain": secret.encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "quoted": quote(secret, safe="").encode(),
        # What surrounds it shifts base64 by up to two bytes.
        **{f"base64 {shift}": _shifted(secret.encode(), shift) for shift in range(3)},
    }


def _shifted(secret: bytes, shift: int) -> bytes:
    """All characters of base64 that follow from the secret alone: fewer would be found in anything."""
    first, last = -(-shift * 8 // 6), (shift + len(secret)) * 8 // 6
    return b64encode(b"x" * shift + secret)[first:last]


def marked_in(content: bytes) -> list[str]:
    """The ways in which some planted secret stands in this."""
    return [how for how, written in writings(MARK).items() if written in content]


def marked_below(folder: Path) -> dict[str, list[str]]:
    """The files in which a planted secret stands, and how."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {str(path): marked_in(path.read_bytes()) for path in files}
    return {path: ways for path, ways in found.items() if ways}

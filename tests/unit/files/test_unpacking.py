"""Compressed streams: any number of members, any cut of blocks; what is cut off, damaged or a bomb is refused."""

import gzip
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files import unpacking
from shared.files.errors import FileTooLarge, FileUnreadable
from shared.files.unpacking import unpack


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return iter([content[at : at + size] for at in range(0, len(content), size)])


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=4), size=st.integers(1, 300))
@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_members_are_joined(pack: object, parts: list[bytes], size: int) -> None:
    packed = b"".join(pack(part) for part in parts)  # type: ignore[operator]

    assert b"".join(unpack(cut(packed, size), "auto")) == b"".join(parts)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("harm", ["cut", "rest"])
def test_what_is_cut_off_or_goes_on_with_something_else_is_refused(pack: object, harm: str) -> None:
    packed: bytes = pack(b"id\n" * 1000)  # type: ignore[operator]
    broken = packed[:-3] if harm == "cut" else packed + b"rest"

    with pytest.raises(FileUnreadable):
        list(unpack(cut(broken, 50), "auto"))


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    packed = gzip.compress(b"\0" * 50_000_000)

    with pytest.raises(FileTooLarge):
        list(unpack(cut(packed, 4096), "auto"))


def test_what_is_not_compressed_passes_as_it_is() -> None:
    assert list(unpack(cut(b"id\n1\n", 2), "auto")) == [b"id\n1", b"\n"]

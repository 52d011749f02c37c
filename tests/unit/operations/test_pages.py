"""Tokens of pages are read back as they were made, and nothing else is."""

import pytest

from shared.operations.pages import PageUnknown, decode_page, encode_page


@pytest.mark.parametrize("parts", [("a",), ("m-202601", "x y/z?"), ("", "Ünï 表")])
def test_a_token_gives_back_its_parts(parts: tuple[str, ...]) -> None:
    token = encode_page(*parts)
    assert decode_page(token, len(parts)) == parts
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "%%%",
        "Ünï",
        "\ud800",
        "A" * 5000,
        encode_page("a", "b"),
        encode_page("a") + "=",
        encode_page("a") + "\n",
        "W10",
        "WzFd",
        "eyJhIjogMX0",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(PageUnknown):
        decode_page(token, 1)

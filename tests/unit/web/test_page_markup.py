"""Whatever is written into a page is text, and a link leads nowhere but to this site or by HTTP elsewhere."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.page import markup as h
from web.page.charts import Bar, say_bars, sparkline
from web.page.exchange import own_page
from web.page.wording import size, span, table_path


class Reader(HTMLParser):
    """Reads a document: its text, and every element with its attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.elements = "", list[tuple[str, dict[str, str | None]]]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: h.Html) -> Reader:
    reader = Reader()
    reader.feed(html.text)
    reader.close()
    return reader


@given(st.text(max_size=60))
def test_any_text_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    found = read(h.p(text, title=text))
    shown = h.escape(text)
    assert [tag for tag, _ in found.elements] == ["p"]
    assert found.elements[0][1]["title"] == found.text
    if shown == text:
        assert found.text == text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/\\evil.example",
        "data:text/html,x",
        " /a",
        "java\nscript:x",
    ],
)
def test_an_address_that_could_do_something_else_is_no_link(address: str) -> None:
    assert read(h.a("x", href=address)).elements == [("a", {})]


@pytest.mark.parametrize("address", ["/api/", "https://adb.example/run/1", "?state=late", "#f1"])
def test_an_address_of_a_page_is_a_link(address: str) -> None:
    assert read(h.a("x", href=address)).elements == [("a", {"href": address})]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/api/page/runs?page=x", "/api/page/runs?page=x"),
        ("/api/?state=late", "/api/?state=late"),
        ("//evil.example", "/api/"),
        ("https://evil.example/api/", "/api/"),
        ("/api/page/\\evil", "/api/"),
        ("/elsewhere", "/api/"),
        ("/api/page/\r\nSet-Cookie: x", "/api/"),
        (None, "/api/"),
    ],
)
def test_nobody_is_led_away_after_signing_in(address: str | None, wanted: str) -> None:
    assert own_page(address) == wanted


def test_a_chart_says_in_words_what_it_draws() -> None:
    bars = [Bar(value=2), Bar(value=75, tone="bad"), Bar(value=4)]
    words = say_bars(bars, "Duration", span)
    assert words == "Duration of the last 3 runs: 2.0 s to 1 min 15 s, the newest 4.0 s, 1 failed"
    [(tag, attributes), *_] = read(sparkline(bars, words)).elements
    assert (tag, attributes["role"], attributes["aria-label"]) == ("svg", "img", words)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.25, "0.2 s"), (59, "59 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (-75, "−1 min 15 s")],  # noqa: RUF001
)
def test_lengths_of_time_have_two_units_at_most(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_sizes_and_addresses_are_written_for_people_and_for_browsers() -> None:
    assert (size(999), size(1_500), size(2_000_000)) == ("999 B", "1.5 kB", "2.0 MB")
    assert table_path("crm/dbo.a/b ?<") == "/api/page/tables/crm/dbo.a/b%20%3F%3C"

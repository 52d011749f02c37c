"""Writes HTML by functions: every text is escaped, and a link that could run a script is left out.

A page is made of values of type `Html`, which only this module makes. A `str` among the children of
an element is text, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
# Not allowed in a document of HTML, and half a surrogate pair not in UTF-8.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"input", "link", "meta", "br"})
_ADDRESSES = frozenset({"href", "action", "src"})
_SAFE_ADDRESS = re.compile(r"(?:/(?![/\\])|#|\?|https?://)[^\x00-\x20\\]*")


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a document, whole and escaped."""

    text: str


Node: TypeAlias = Html | str | int | Iterable["Node"] | None
Value: TypeAlias = str | int | float | bool | None

NOTHING = Html("")


def escape(text: str) -> str:
    """Write a text so that it is text in every place of a document, also within quotes."""
    return "".join(_ESCAPES.get(letter, letter) for letter in _UNFIT.sub("\ufffd", text))


def is_safe_address(address: str) -> bool:
    """Say whether an address leads to this site or by HTTP elsewhere, and to no script."""
    return _SAFE_ADDRESS.fullmatch(address) is not None


def join(*children: Node) -> Html:
    """Put pieces one after the other."""
    return Html("".join(_write(child) for child in children))


def _write(node: Node) -> str:
    if node is None:
        return ""
    if isinstance(node, Html):
        return node.text
    if isinstance(node, (str, int)):
        return escape(str(node))
    return "".join(_write(child) for child in node)


@dataclass(frozen=True, slots=True)
class Element:
    """Makes elements of one name. A keyword is an attribute: `class_`, `aria_label`; None leaves it out."""

    name: str

    def __call__(self, *children: Node, **attributes: Value) -> Html:
        """Make one."""
        written = "".join(_attribute(name, value) for name, value in attributes.items())
        if self.name in _VOID:
            return Html(f"<{self.name}{written}>")
        return Html(f"<{self.name}{written}>{join(*children).text}</{self.name}>")


def _attribute(name: str, value: Value) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = str(value)
    if name in _ADDRESSES and not is_safe_address(text):
        return ""
    return f' {name}="{escape(text)}"'


a, abbr, article, body, button = (Element(n) for n in ("a", "abbr", "article", "body", "button"))
caption, code, dd, details, div = (Element(n) for n in ("caption", "code", "dd", "details", "div"))
dl, dt, fieldset, footer, form = (Element(n) for n in ("dl", "dt", "fieldset", "footer", "form"))
h1, h2, h3, head, header = (Element(n) for n in ("h1", "h2", "h3", "head", "header"))
html, input_, label, legend, li = (Element(n) for n in ("html", "input", "label", "legend", "li"))
link, main, meta, nav, ol, option = (
    Element(n) for n in ("link", "main", "meta", "nav", "ol", "option")
)
p, pre, script, section, select = (Element(n) for n in ("p", "pre", "script", "section", "select"))
small, span, strong, summary, table = (
    Element(n) for n in ("small", "span", "strong", "summary", "table")
)
tbody, td, textarea, th, thead, time = (
    Element(n) for n in ("tbody", "td", "textarea", "th", "thead", "time")
)
title, tr, ul, progress = (Element(n) for n in ("title", "tr", "ul", "progress"))
svg, path, rect, line, text, g = (Element(n) for n in ("svg", "path", "rect", "line", "text", "g"))

"""The pages as the tests of documentation see them: headings, links, and fenced blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^( *)(```+)(\w*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (?P<word>run|not run|given): (?P<reason>[^\n]*?) -->\s*$")
_OF_PAGE = re.compile(r"^<!-- no block of this page is run: ([^\n]*?) -->$", re.MULTILINE)
_HEADING = re.compile(r"^(#+) (.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language, its text without indentation, its line, and what is noted of it.

    `noted` is what stands in the comment before it: `run` and how, `not run` and why, or `given` and
    the SQL that brings the state about which the page speaks of.
    """

    page: str
    line: int
    language: str
    text: str
    noted: tuple[str, str] | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its path from the root, and its text."""

    name: str
    text: str

    @property
    def prose(self) -> str:
        """The text without fenced blocks; lines stay where they are."""
        return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    def blocks(self, *languages: str) -> Iterator[Block]:
        """Give its fenced blocks in these languages, in order; all of them without any."""
        for found in _FENCE.finditer(self.text):
            indent, _, language, body = found.groups()
            if languages and language not in languages:
                continue
            note = _COMMENT.search(self.text[: found.start()].rstrip(" "))
            whole = _OF_PAGE.search(self.text)
            yield Block(
                page=self.name,
                line=self.text.count("\n", 0, found.start()) + 1,
                language=language,
                text=re.sub(f"^{indent}", "", body, flags=re.MULTILINE),
                noted=(note["word"], note["reason"])
                if note
                else ("not run", whole[1])
                if whole
                else None,
            )

    def headings(self, level: int | None = None) -> list[str]:
        """Give its headings, of one level or all."""
        return [
            found[2]
            for found in _HEADING.finditer(self.prose)
            if level is None or len(found[1]) == level
        ]

    def anchors(self) -> set[str]:
        """Give what links may lead to, as GitHub names it."""
        given: dict[str, int] = {}
        anchors: set[str] = set()
        for heading in self.headings():
            anchor = anchor_of(heading)
            again = given.get(anchor, 0)
            given[anchor] = again + 1
            anchors.add(f"{anchor}-{again}" if again else anchor)
        return anchors

    def section(self, heading: str) -> str:
        """Give what stands under a heading, up to the next one of any level."""
        _, _, after = self.prose.partition(f" {heading}\n")
        return _HEADING.split(after, maxsplit=1)[0]

    def links(self) -> list[str]:
        """Give the targets of its links and pictures."""
        return _LINK.findall(_CODE.sub("", self.prose))

    def codes(self) -> list[tuple[int, str]]:
        """Give what stands between backticks in its prose, with its line."""
        prose = self.prose
        return [
            (prose.count("\n", 0, found.start()) + 1, found[2]) for found in _CODE.finditer(prose)
        ]


def anchor_of(heading: str) -> str:
    """Name a heading as GitHub does."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def read_pages() -> tuple[Page, ...]:
    """Give every page of the documentation, README and changelog first."""
    paths = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
    return tuple(
        Page(name=path.relative_to(ROOT).as_posix(), text=path.read_text(encoding="utf-8"))
        for path in paths
    )


def page(name: str) -> Page:
    """Give a page by its path from the root."""
    return next(each for each in read_pages() if each.name == name)

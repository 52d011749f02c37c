"""`python docs/pictures/draw.py`: draws the pictures of the documentation from the text beside them.

A text with boxes gives a picture of boxes on a grid, one with actors a sequence. The SVG has its
own colours for dark and light, needs no font and no script, and is the same for the same text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent
STYLE = """
svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #8c959f; --fill: #f6f8fa; --mark: #0a5c8a }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --fill: #161b22; --mark: #6cb6ff }
}
.paper { fill: var(--paper) } .box { fill: var(--fill); stroke: var(--line) }
.way { fill: none; stroke: var(--mark); stroke-width: 1.5 } .tip { fill: var(--mark) }
.life { stroke: var(--line); stroke-dasharray: 3 4 } .note { fill: var(--paper); stroke: var(--mark) }
text { font: 13px system-ui, "Segoe UI", sans-serif; fill: var(--ink) }
.title { font-weight: 600 } .soft { fill: var(--soft); font-size: 12px }
.said { fill: var(--ink); font-size: 12px; stroke: var(--paper); stroke-width: 4px; paint-order: stroke }
"""
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path class="tip" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
)
BOX_WIDTH, LINE_HEIGHT, GRID_X, GRID_Y, MARGIN, HEAD = 206, 17, 290, 104, 24, 40
ACTOR_X, STEP_Y, CHARACTER = 196, 34, 6.3


class TextUnclear(Exception):
    """Write the line as the others are written; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box: its place on the grid, and its lines."""

    column: float
    row: float
    lines: tuple[str, ...]

    @property
    def x(self) -> float:
        return MARGIN + self.column * GRID_X

    @property
    def y(self) -> float:
        return HEAD + MARGIN + self.row * GRID_Y

    @property
    def height(self) -> float:
        return 16 + LINE_HEIGHT * len(self.lines)


@dataclass(slots=True, kw_only=True)
class Text:
    """What a text describes. Ways and notes are in `steps`, in order: from, to (None: a note), text."""

    title: str = ""
    columns: dict[int, str] = field(default_factory=dict[int, str])
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    actors: dict[str, str] = field(default_factory=dict[str, str])
    steps: list[tuple[str, str | None, str]] = field(
        default_factory=list[tuple[str, str | None, str]]
    )


def read(text: str) -> Text:
    """Read a text. Raises TextUnclear for a line that says nothing, or names what is not there."""
    found = Text()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            _take(found, line)
    known = found.boxes.keys() | found.actors.keys()
    for start, end, said in found.steps:
        if start not in known or end not in known | {None}:
            raise TextUnclear(f"{start} -> {end} : {said}")
    return found


def _take(found: Text, line: str) -> None:
    word, _, rest = line.partition(" ")
    first, _, more = rest.partition(" ")
    if word == "picture":
        found.title = rest
    elif word == "column":
        found.columns[int(first)] = more
    elif word == "box":
        row, name, text = more.split(" ", 2)
        lines = tuple(part.strip() for part in text.split("|"))
        found.boxes[name] = Box(column=float(first), row=float(row), lines=lines)
    elif word == "actor":
        found.actors[first] = more
    elif word == "note":
        found.steps.append((first, None, more.removeprefix(": ")))
    elif first == "->":
        end, _, said = more.partition(" : ")
        found.steps.append((word, end, said))
    else:
        raise TextUnclear(line)


def draw(text: str) -> str:
    """Give the SVG of a text."""
    found = read(text)
    body, width, height = _sequence(found) if found.actors else _grid(found)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
                f'role="img" aria-label="{escape(found.title)}">'
            ),
            f"<title>{escape(found.title)}</title><style>{STYLE}</style>{TIP}",
            f'<rect class="paper" width="{width:.0f}" height="{height:.0f}" rx="8"/>',
            *body,
            "</svg>\n",
        ]
    )


def _grid(found: Text) -> tuple[list[str], float, float]:
    body = [
        _text(MARGIN + number * GRID_X + BOX_WIDTH / 2, 30, name, "soft")
        for number, name in found.columns.items()
    ]
    for start, end, said in found.steps:
        if end is not None:
            body.extend(_way(found.boxes[start], found.boxes[end], said))
    for box in found.boxes.values():
        body.append(
            f'<rect class="box" x="{box.x:.0f}" y="{box.y:.0f}" width="{BOX_WIDTH}" '
            f'height="{box.height:.0f}" rx="6"/>'
        )
        for number, line in enumerate(box.lines):
            style = "soft" if number else "title"
            y = box.y + 21 + LINE_HEIGHT * number
            body.append(_text(box.x + BOX_WIDTH / 2, y, line, style))
    width = max(box.x for box in found.boxes.values()) + BOX_WIDTH + MARGIN
    height = max(box.y + box.height for box in found.boxes.values()) + MARGIN
    return body, width, height


def _way(start: Box, end: Box, said: str) -> Iterator[str]:
    """Draw an arrow from side to side, or between boxes of one column from edge to edge."""
    if start.column == end.column:
        x1 = x2 = start.x + BOX_WIDTH / 2
        down = end.y > start.y
        y1, y2 = (start.y + start.height, end.y) if down else (start.y, end.y + end.height)
        path = f"M{x1:.0f},{y1:.0f} L{x2:.0f},{y2 + (-2 if down else 2):.0f}"
    else:
        x1, x2 = start.x + BOX_WIDTH, end.x - 2
        y1, y2 = start.y + start.height / 2, end.y + end.height / 2
        half = (x1 + x2) / 2
        path = f"M{x1:.0f},{y1:.0f} C{half:.0f},{y1:.0f} {half:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
    yield f'<path class="way" d="{path}" marker-end="url(#tip)"/>'
    if said:
        # Beside a line that goes up or down; above one that goes straight on.
        yield _text((x1 + x2) / 2, (y1 + y2) / 2 + (-7 if y1 == y2 else 4), said, "said")


def _sequence(found: Text) -> tuple[list[str], float, float]:
    places = {name: MARGIN + ACTOR_X * (at + 0.5) for at, name in enumerate(found.actors)}
    height = HEAD + 48 + STEP_Y * len(found.steps) + MARGIN
    width = MARGIN * 2 + ACTOR_X * len(places)
    body: list[str] = []
    for name, x in places.items():
        body += [
            f'<line class="life" x1="{x:.0f}" y1="{HEAD}" x2="{x:.0f}" y2="{height - MARGIN:.0f}"/>',
            f'<rect class="box" x="{x - 70:.0f}" y="{MARGIN}" width="140" height="34" rx="6"/>',
            _text(x, MARGIN + 22, found.actors[name], "title"),
        ]
    for number, (start, end, said) in enumerate(found.steps):
        y = HEAD + 48 + STEP_Y * number
        body.extend(
            _note(places[start], y, said, width)
            if end is None
            else _message(places[start], places[end], y, said)
        )
    return body, width, height


def _message(start: float, end: float, y: float, said: str) -> Iterator[str]:
    tip = end - 2 if end > start else end + 2
    yield f'<path class="way" d="M{start:.0f},{y:.0f} L{tip:.0f},{y:.0f}" marker-end="url(#tip)"/>'
    yield _text((start + end) / 2, y - 6, said, "said")


def _note(x: float, y: float, said: str, width: float) -> Iterator[str]:
    """Draw a note over a life line, moved in where it would stand out of the picture."""
    wide = len(said) * CHARACTER + 20
    left = min(max(x - wide / 2, 4), width - wide - 4)
    yield (
        f'<rect class="note" x="{left:.0f}" y="{y - 16:.0f}" width="{wide:.0f}" height="22" rx="11"/>'
    )
    yield _text(left + wide / 2, y - 1, said, "soft")


def _text(x: float, y: float, said: str, style: str) -> str:
    return (
        f'<text class="{style}" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(said)}</text>'
    )


def main() -> None:
    """Draw every picture."""
    for path in sorted(FOLDER.glob("*.txt")):
        path.with_suffix(".svg").write_text(
            draw(path.read_text(encoding="utf-8")), encoding="utf-8"
        )


if __name__ == "__main__":
    main()

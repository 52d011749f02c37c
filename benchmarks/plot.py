"""A few lines over a plain grid, as SVG: enough to see how a cost grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _HEIGHT, _MARGIN = 640, 360, 56
_DASHES: Final = ("", "8 4", "2 4", "10 3 2 3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points from left to right, and what they are."""

    label: str
    points: tuple[tuple[float, float], ...]


def plot(lines: Sequence[Line], *, across: str, up: str) -> str:
    """Draw lines whose axes begin at 0; `across` and `up` say what is measured in which unit."""
    right = max(x for line in lines for x, _ in line.points)
    top = max(y for line in lines for _, y in line.points) * 1.1
    wide, high = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN

    def place(x: float, y: float) -> str:
        return f"{_MARGIN + wide * x / right:.1f},{_HEIGHT - _MARGIN - high * y / top:.1f}"

    drawn = [_axes(right, top, across, up)]
    for number, line in enumerate(lines):
        points = " ".join(place(x, y) for x, y in line.points)
        dashes = _DASHES[number % len(_DASHES)]
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )
        level = 20 + 16 * number
        drawn.append(
            f'<line x1="{_MARGIN + 8}" y1="{level - 4}" x2="{_MARGIN + 48}" y2="{level - 4}" '
            f'stroke="currentColor" stroke-width="2" stroke-dasharray="{dashes}"/>'
            f'<text x="{_MARGIN + 56}" y="{level}">{escape(line.label)}</text>'
        )
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="currentColor">\n{body}\n</svg>\n'
    )


def _axes(right: float, top: float, across: str, up: str) -> str:
    low, left = _HEIGHT - _MARGIN, _MARGIN
    return (
        f'<path d="M{left},{_MARGIN} V{low} H{_WIDTH - _MARGIN}" fill="none" stroke="currentColor"/>\n'
        f'<text x="{_WIDTH - _MARGIN}" y="{low + 18}" text-anchor="end">{right:g} {escape(across)}</text>\n'
        f'<text x="{left - 4}" y="{low + 18}">0</text>\n'
        f'<text x="4" y="{_MARGIN - 8}">{top:.0f} {escape(up)}</text>'
    )

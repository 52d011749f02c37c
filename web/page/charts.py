"""Small charts as SVG, without a script and without a style of their own. Each says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from web.page import markup as h
from web.page.markup import NOTHING, Html
from web.page.wording import plural

Tone = Literal["good", "quiet", "bad"]

_SPARK_HEIGHT, _SPARK_STEP, _SPARK_BARS = 24, 5, 20
_LEAST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value, and how it went: a `bad` bar has a gap at its foot, so that it is told apart without colour."""

    value: float
    tone: Tone = "good"
    href: str | None = None
    note: str = ""


def sparkline(bars: Sequence[Bar], words: str) -> Html:
    """Draw the last values of a table, the newest at the right."""
    shown = bars[-_SPARK_BARS:]
    if not shown:
        return NOTHING
    top = max(bar.value for bar in shown) or 1.0
    paths: dict[Tone, str] = {}
    offset = (_SPARK_BARS - len(shown)) * _SPARK_STEP
    for at, bar in enumerate(shown):
        x = offset + at * _SPARK_STEP + _SPARK_STEP / 2
        height = _LEAST + (_SPARK_HEIGHT - 4 - _LEAST) * bar.value / top
        drawn = f"M{x:g} {_SPARK_HEIGHT - 1}v-{height:.1f}"
        if bar.tone == "bad":
            drawn = f"M{x:g} {_SPARK_HEIGHT - 1}v-2m0 -2v-{max(height, 8) - 4:.1f}"
        paths[bar.tone] = paths.get(bar.tone, "") + drawn
    width = _SPARK_BARS * _SPARK_STEP
    return h.svg(
        [h.path(d=drawn, class_=f"bar {tone}") for tone, drawn in paths.items()],
        viewBox=f"0 0 {width} {_SPARK_HEIGHT}",
        width=width,
        height=_SPARK_HEIGHT,
        role="img",
        aria_label=words,
        class_="spark",
    )


def column_chart(bars: Sequence[Bar], words: str, write: Callable[[float], str]) -> Html:
    """Draw values side by side under a line for the greatest, the newest at the right."""
    if not bars:
        return NOTHING
    width, height, foot = 600, 120, 104
    top = max(bar.value for bar in bars) or 1.0
    step = min(24.0, (width - 8) / len(bars))
    drawn: list[Html] = []
    for at, bar in enumerate(bars):
        tall = _LEAST + (foot - 26) * bar.value / top
        left = width - (len(bars) - at) * step
        box = h.rect(
            x=f"{left:.1f}",
            y=f"{foot - tall:.1f}",
            width=f"{max(1.0, step - 2):.1f}",
            height=f"{tall:.1f}",
            rx=1,
            class_=f"column {bar.tone}",
        )
        mark = h.path(d=f"M{left:.1f} {foot + 6}h{max(1.0, step - 2):.1f}", class_="under")
        drawn.append(h.join(box, mark if bar.tone == "bad" else None))
    return h.svg(
        h.line(x1=0, x2=width, y1=24, y2=24, class_="rule"),
        h.text(write(top), x=0, y=16, class_="scale"),
        drawn,
        h.line(x1=0, x2=width, y1=foot, y2=foot, class_="axis"),
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=words,
        class_="columns",
    )


def share_bar(parts: Sequence[tuple[str, int]], words: str) -> Html:
    """Draw how a whole is made of parts, each of a class; what is left stays empty."""
    whole = sum(number for _, number in parts) or 1
    left, drawn = 0.0, list[Html]()
    for kind, number in parts:
        wide = 100 * number / whole
        drawn.append(h.rect(x=f"{left:.2f}", y=0, width=f"{wide:.2f}", height=8, class_=kind))
        left += wide
    return h.svg(
        drawn,
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        role="img",
        aria_label=words,
        class_="share",
    )


def say_bars(bars: Sequence[Bar], what: str, write: Callable[[float], str]) -> str:
    """Say in words what a chart shows."""
    if not bars:
        return f"No {what} yet"
    bad = sum(bar.tone == "bad" for bar in bars)
    least, most = min(bar.value for bar in bars), max(bar.value for bar in bars)
    failed = f", {bad} failed" if bad else ""
    return (
        f"{what} of the last {plural(len(bars), 'run')}: {write(least)} to {write(most)}, "
        f"the newest {write(bars[-1].value)}{failed}"
    )

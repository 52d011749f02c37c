"""What was measured, as a table for people, ratios first, and as bars."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from benchmarks.usage import Cost

_WIDTH, _NAMES, _ROW = 720, 200, 40
_RATIOS: Final = (
    ("tidemark", "dlt-connectorx", "against the best backend of dlt that writes local Parquet"),
    ("tidemark", "copy", "against COPY ... BINARY into nothing"),
    ("tidemark", "connectorx", "against connectorx"),
    ("tidemark", "adbc", "against ADBC alone"),
    ("tidemark-one-slice", "dlt-connectorx", "one slice against the same"),
    ("tidemark-odbc-one-slice", "pyodbc", "over ODBC, one slice, against pyodbc"),
    ("tidemark-odbc", "pyodbc", "over ODBC, two slices, against pyodbc"),
)


def table(medians: Mapping[str, Cost], turns: Mapping[str, int], rows: int) -> str:
    """Give ratios of what was measured, above 1 where the first is faster; then what they are made of."""
    lines = [f"{rows:,} rows of 14 columns; above 1.00 the first is faster, or takes less CPU", ""]
    lines.append(f"{'ratio':>7} {'of CPU':>7}")
    for ours, theirs, text in _RATIOS:
        if ours in medians and theirs in medians:
            first, second = medians[ours], medians[theirs]
            ratios = f"{second.clock / first.clock:7.2f} {second.cpu / max(first.cpu, 0.01):7.2f}"
            lines.append(f"{ratios}  {ours}, {text}")
    head = f"{'':24} {'clock s':>8} {'CPU s':>8} {'rows/s':>10} {'peak MB':>8} {'turns':>6}"
    lines += ["", head]
    for name, cost in medians.items():
        speed = f"{rows / cost.clock:10,.0f} {cost.memory:8.0f} {turns[name]:6}"
        lines.append(f"{name:24} {cost.clock:8.2f} {cost.cpu:8.2f} {speed}")
    return "\n".join(lines) + "\n"


def bars(medians: Mapping[str, Cost], rows: int) -> str:
    """Draw two bars for each: the clock, and below it the CPU of its own process."""
    most = max(max(cost.clock, cost.cpu) for cost in medians.values())
    drawn: list[str] = []
    for number, (name, cost) in enumerate(medians.items()):
        top = 30 + number * _ROW
        drawn.append(
            f'<text x="{_NAMES - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
        )
        for part, (value, shade) in enumerate(((cost.clock, "0.85"), (cost.cpu, "0.35"))):
            width = (_WIDTH - _NAMES - 90) * value / most
            drawn.append(
                f'<rect x="{_NAMES}" y="{top + 14 * part}" width="{width:.1f}" height="12" '
                f'fill="currentColor" fill-opacity="{shade}"/>'
                f'<text x="{_NAMES + width + 6:.1f}" y="{top + 10 + 14 * part}">{value:.1f} s</text>'
            )
    height = 50 + len(medians) * _ROW
    title = f"{rows:,} rows of 14 columns: seconds on the clock (dark), of its CPU (light)"
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12" fill="currentColor">\n'
        f'<text x="8" y="18">{escape(title)}</text>\n{body}\n</svg>\n'
    )

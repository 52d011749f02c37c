"""The commands `quality` and `expectations`: what came of the rules, for people and programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lakehouse.delta import Lake
from lakehouse.handover import read_handover
from lakehouse.reports.page import quality_page, share
from lakehouse.reports.suites import expect
from lakehouse.reports.trend import RuleTrend, read_trends


def about_quality(parser: argparse.ArgumentParser) -> None:
    """Tell what the command takes besides the lake."""
    parser.add_argument("--table", metavar="SOURCE/SCHEMA.TABLE", help="this table alone")
    parser.add_argument("--format", choices=("text", "json", "html"), default="text")


def run_quality(lake: Lake, given: argparse.Namespace) -> None:
    """Print the trends. Raises TableUnknown."""
    trends = read_trends(lake, given.table)
    write = {"text": _text, "json": _json, "html": quality_page}[given.format]
    sys.stdout.write(write(trends))


def about_expectations(parser: argparse.ArgumentParser) -> None:
    """Tell what the command takes besides lake and hand-over."""
    parser.add_argument("--into", type=Path, required=True, help="folder to write into")


def run_expectations(lake: Lake, given: argparse.Namespace) -> None:
    """Validate and write the documents. Raises ExtraMissing, RuleInvalid."""
    for found in expect(lake, read_handover(lake, given.handover), given.into):
        sys.stdout.write(
            f"{found.table}, {found.rule}: broken by {found.broken} of {found.rows} rows\n"
        )
    sys.stdout.write(f"data docs: {given.into / 'docs' / 'index.html'}\n")


def _json(trends: Sequence[RuleTrend]) -> str:
    said = [
        {
            "table": trend.table,
            "rule": trend.rule,
            "severity": trend.severity,
            "waiting": trend.waiting,
            "released": trend.released,
            "trend": [
                {
                    "handover": point.handover,
                    "checked": point.checked,
                    "failed": point.failed,
                    "share": point.share,
                }
                for point in trend.points
            ],
        }
        for trend in trends
    ]
    return json.dumps({"rules": said}, indent=2) + "\n"


def _text(trends: Sequence[RuleTrend]) -> str:
    return "".join(f"{line}\n" for line in _lines(trends)) or "No rule was judged so far.\n"


def _lines(trends: Sequence[RuleTrend]) -> Iterator[str]:
    for trend in trends:
        yield f"{trend.table}, {trend.rule} ({trend.severity})"
        for point in trend.points:
            yield (
                f"  hand-over {point.handover}: {point.failed} of {point.checked} rows broken, "
                f"{share(point)}"
            )
        yield f"  {trend.waiting} wait in quarantine, {trend.released} released"

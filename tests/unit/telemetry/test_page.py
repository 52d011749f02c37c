"""The page says what is told, and nothing else."""

import re
from pathlib import Path

from shared.telemetry.facts import FACTS
from shared.telemetry.measures import MEASURES
from shared.telemetry.span import SPANS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "observe.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The rows of the table that begins with a heading, as cells."""
    table = PAGE.split(heading, 1)[1].split("\n\n", 1)[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_measure_is_on_the_page_as_it_is_taken() -> None:
    assert rows("| Measure |") == [
        [
            f"`{each.name}`",
            f"`{each.unit}`",
            each.kind,
            ", ".join(f"`{name}`" for name in each.by),
            each.means,
        ]
        for each in MEASURES
    ]


def test_every_span_is_on_the_page() -> None:
    assert rows("| Span |") == [[f"`{name}`", means] for name, means in SPANS.items()]


def test_every_field_of_a_log_line_is_on_the_page() -> None:
    assert [row[0].strip("`") for row in rows("| Field |")] == list(FACTS)


def test_the_lakehouse_tells_the_spans_that_are_said_of_it() -> None:
    text = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "lakehouse" / "src").rglob("*.py")
    )
    assert (
        set(re.findall(r'told\(\s*"(\w+)"', text)) == {"silver_table", "gold_table"} <= set(SPANS)
    )

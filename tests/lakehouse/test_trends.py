"""What came of each rule is told hand-over by hand-over, with the rows that wait and were released."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover

from lakehouse.delta import Lake
from lakehouse.errors import TableUnknown
from lakehouse.main import parser
from lakehouse.releasing import release
from lakehouse.reports.page import quality_page
from lakehouse.reports.trend import Point, RuleTrend, read_trends
from lakehouse.silver.refresh import refresh

KNOWN = {"name": "known_plan", "rule": "plan IN ('Free', 'Premium')", "severity": "quarantine"}
ADULT = {"name": "adult", "rule": "age >= 18", "severity": "warn"}


@pytest.fixture
def users(lake: Lake, tmp_path: Path) -> BronzeTable:
    """Two hand-overs, of whose three bad rows one was released; one row has no key."""
    columns = {"id": pa.int32(), "plan": pa.string(), "age": pa.int32()}
    made = BronzeTable(root=tmp_path, columns=columns, quality=(KNOWN, ADULT))
    made.land(1, [{"id": 1, "plan": "Free", "age": 3}, {"id": 2, "plan": "Gold", "age": 30}])
    refresh(lake, handover(lake, 1, made.handed(1)))
    made.land(
        2,
        [
            {"id": 3, "plan": "Gold", "age": 1},
            {"id": 4, "plan": None, "age": 30},
            {"id": 5, "plan": "Free", "age": 30},
            {"id": None, "plan": "Free", "age": 30},
        ],
    )
    given = handover(lake, 2, made.handed(2))
    refresh(lake, given)
    release(lake, given, made.name, {"id": "3"})
    return made


def test_each_rule_has_its_hand_overs_and_the_rows_that_wait(
    lake: Lake, users: BronzeTable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_trends(lake) == [
        RuleTrend(table=users.name, rule="_no_key", severity="key", points=(), waiting=1),
        RuleTrend(
            table=users.name,
            rule="adult",
            severity="warn",
            points=(
                Point(handover=1, checked=2, failed=1),
                Point(handover=2, checked=4, failed=1),
            ),
        ),
        RuleTrend(
            table=users.name,
            rule="known_plan",
            severity="quarantine",
            points=(
                Point(handover=1, checked=2, failed=1),
                Point(handover=2, checked=4, failed=2),
            ),
            waiting=2,
            released=1,
        ),
    ]

    def said(*more: str) -> str:
        given = parser().parse_args(["quality", "--lake", lake.root, "--table", users.name, *more])
        given.run(lake, given)
        return capsys.readouterr().out

    assert "hand-over 2: 2 of 4 rows broken, 50.00%" in said()
    assert "2 wait in quarantine, 1 released" in said()
    known = json.loads(said("--format", "json"))["rules"][-1]
    assert known["rule"] == "known_plan"
    assert known["trend"][-1] == {"handover": 2, "checked": 4, "failed": 2, "share": 0.5}
    assert "known_plan" in said("--format", "html")


def test_a_table_that_is_not_in_silver_is_not_taken_for_a_good_one(lake: Lake) -> None:
    with pytest.raises(TableUnknown):
        read_trends(lake, "shop/public.other")
    assert read_trends(lake) == []


class Outline(HTMLParser):
    """Notes what stands open, and what a reader who sees nothing is told of the charts."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.labels, self.seen = list[str](), list[str](), set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "line"):
            self.open.append(tag)
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


def test_the_page_is_whole_says_its_charts_in_words_and_needs_no_script() -> None:
    points = (Point(handover=1, checked=10, failed=0), Point(handover=2, checked=10, failed=4))
    rule = RuleTrend(table="shop/<b>", rule='a"<b>', severity="warn", points=points)
    page, outline = quality_page([rule]), Outline()
    outline.feed(page)
    assert outline.open == []
    assert "script" not in outline.seen
    assert "b" not in outline.seen
    assert outline.labels == [
        'Share of rows that broke a"<b>, hand-overs 1 to 2: last 40.00%, greatest 40.00%'
    ]
    assert "No rule was judged so far" in quality_page([])

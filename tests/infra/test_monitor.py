"""The queries ask for nothing but what the app tells; rules and workbook are made of these queries alone."""

import json
import re
from functools import cache
from typing import Any

import pytest
from bicep_source import INFRA, ROOT, parse

from shared.telemetry.facts import FACTS
from shared.telemetry.measures import MEASURES
from shared.telemetry.span import ATTRIBUTES, SPANS

MONITOR = INFRA / "monitor"
QUERIES = sorted((MONITOR / "queries").glob("*.kql"))
# Columns of Azure Monitor's tables that are used here, and what the exporter puts into which table:
# https://learn.microsoft.com/azure/azure-monitor/reference/tables-index
COLUMNS = {
    "AppMetrics": {"TimeGenerated", "Name", "Sum", "ItemCount", "Min", "Max", "Properties"},
    "AppRequests": {
        *("TimeGenerated", "Name", "Success", "DurationMs", "OperationId"),
        *("Id", "ParentId", "Properties"),
    },
    "AppDependencies": {
        *("TimeGenerated", "Name", "Success", "DurationMs", "OperationId"),
        *("Id", "ParentId", "Properties"),
    },
    "AppTraces": {"TimeGenerated", "Message"},
}
# A span that serves or consumes is a request there, any other a dependency.
REQUESTS = {"order", "event"}
LINE = {*FACTS, "at", "level", "logger", "message", "error", "error_message"}
NAMED = re.compile(r'\bName (?:==|in) (?:\(([^)]*)\)|("[^"]*"))')
TEXTS = re.compile(r'"[^"]*"')


def text_of(query: Any) -> str:
    return re.sub(r"//.*", "", query.read_text())


def names(text: str) -> set[str]:
    """The measures or spans that a query asks for."""
    return {
        name
        for found in NAMED.finditer(text)
        for name in re.findall(r'"([^"]*)"', found[1] or found[2])
    }


@cache
def monitor() -> dict[str, Any]:
    return parse(MONITOR / "monitor.bicep")


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_asks_for_what_is_told(query: Any) -> None:
    text = text_of(query)
    asked, members = names(text), set(re.findall(r'Properties\["([^"]+)"\]', text))
    measures = {each.name: each for each in MEASURES}
    if "AppMetrics" in text:
        assert asked
        assert asked <= set(measures)
        assert members <= set.intersection(*(set(measures[name].by) for name in asked))
    else:
        assert asked <= set(SPANS)
        assert members <= {"tidemark.error", *(f"tidemark.{name}" for name in ATTRIBUTES)}
    if "AppRequests" in text and "AppDependencies" not in text:
        assert asked <= REQUESTS
    assert set(re.findall(r"\bline\.(\w+)", text)) <= LINE


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_uses_columns_that_its_tables_have_or_that_it_makes(query: Any) -> None:
    text = text_of(query)
    tables = [name for name in COLUMNS if re.search(rf"\b{name}\b", text)]
    assert tables
    columns = set.intersection(*(COLUMNS[name] for name in tables))
    made = set(re.findall(r"\b([A-Z]\w*) =(?!=)", text))
    used = set(re.findall(r"(?<![\w.])([A-Z]\w*)\b", TEXTS.sub("", text)))
    assert used <= columns | made | set(tables)


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_says_what_it_is_for(query: Any) -> None:
    assert query.read_text().startswith("// ")


def test_every_rule_alerts_by_a_query_that_is_there_and_tells_the_action_group() -> None:
    text = (MONITOR / "monitor.bicep").read_text()
    loaded = re.findall(r"loadTextContent\('([^']+)'\)", text)
    assert [name for name in loaded if not (MONITOR / name).is_file()] == []
    parsed = monitor()
    assert set(parsed["parameters"]) == {"location", "tags", "workspaceId", "actionGroupId"}
    rule = parsed["resources"]["alert"]
    assert rule["type"] == "Microsoft.Insights/scheduledQueryRules"
    assert "actionGroups: [actionGroupId]" in text
    rules = parsed["variables"]["rules"]["value"]
    assert len({each["name"] for each in rules}) == len(rules) == text.count("severity: ") - 1
    assert all(0 <= int(each["severity"]) <= 4 for each in rules)


def test_every_rule_is_on_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "observe.md").read_text(encoding="utf-8")
    table = page.split("| Rule |", 1)[1].split("\n\n", 1)[0]
    named = [each["name"] for each in monitor()["variables"]["rules"]["value"]]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == named


def test_the_workbook_shows_queries_as_they_are_in_their_files() -> None:
    book = json.loads((MONITOR / "workbook.json").read_text())
    assert book["version"] == "Notebook/1.0"
    files = {path.stem: path.read_text() for path in QUERIES}
    shown = {item["name"]: item["content"]["query"] for item in book["items"] if item["type"] == 3}
    assert shown == {name: files[name] for name in shown}
    assert len(shown) >= 10


def test_every_measure_but_parts_of_others_is_asked_for_somewhere() -> None:
    asked = set().union(*(names(text_of(query)) for query in QUERIES))
    told = {each.name for each in MEASURES}
    assert told - asked == {
        "tidemark.events",
        "tidemark.refresh.duration",
        "tidemark.step.failures",
    }

"""The runbook has an entry for every typed error and every status of an alert, and no other."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import get_args, get_type_hints

import pytest
from docs_pages import page

from shared.alerting.alert import Alert

RUNBOOK = page("docs/runbook.md")
# What is caught by its own package and never told to a person, and by whom.
INTERNAL = {
    "DocumentBroken": "becomes AnswerUnreadable",
    "Error": "stands in for a driver that is not installed, and is never raised",
    "Misfit": "becomes SchemaDrifted or ValueUnsupported",
    "Passing": "carries the error that is raised once its tries are used up",
    "PathMissing": "is how the lake answers whoever asks for a path",
    "PathTaken": "is how the lake answers whoever writes to a path",
    "Problem": "is a refusal of the API, with the error that it stands for",
    "RowModified": "is how Table Storage answers whoever came second",
    "RuleUnclear": "becomes RuleRefused",
    "StepFailed": "carries the failure of a step to its flow",
    "Unread": "is a value of a table file whose problem is listed already",
}
PARTS = ("Safe", "Look", "Do", "Over")


@cache
def errors() -> dict[str, type[Exception]]:
    """Give every public error of the product by its name, found by importing all modules."""
    for package in ("shared", "web", "cli", "activities", "orchestrators", "lakehouse"):
        root = import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            import_module(module.name)
    return {each.__name__: each for each in _below(Exception) if _is_ours(each)}


def _below(kind: type[Exception]) -> Iterator[type[Exception]]:
    for each in type.__subclasses__(kind):
        yield each
        yield from _below(each)


def _is_ours(kind: type[Exception]) -> bool:
    package = kind.__module__.partition(".")[0]
    ours = package in {"shared", "web", "cli", "activities", "orchestrators", "lakehouse"}
    return ours and not kind.__name__.startswith("_") and kind.__name__ not in INTERNAL


def statuses() -> set[str]:
    return set(get_args(get_type_hints(Alert)["status"]))


def entries() -> list[str]:
    return RUNBOOK.headings(3)


def test_every_typed_error_has_an_entry() -> None:
    assert sorted(set(errors()) - set(entries())) == [], "write what is safe and what to do"


def test_every_status_of_an_alert_has_an_entry() -> None:
    assert sorted(statuses() - set(entries())) == []


def test_every_entry_is_of_an_error_or_a_status_that_there_is() -> None:
    named = {name for name in entries() if name[0].isupper()}
    assert sorted(named - set(errors())) == []


def test_every_link_to_an_entry_leads_to_one_alone() -> None:
    anchors = [name.lower() for name in entries()]
    assert sorted(anchors) == sorted(set(anchors))
    assert set(anchors) <= RUNBOOK.anchors()


@pytest.mark.parametrize("name", entries())
def test_an_entry_says_what_is_safe_where_to_look_what_to_do_and_when_it_is_over(name: str) -> None:
    text = RUNBOOK.section(name)
    assert re.findall(r"^- \*\*(\w+):\*\* \S", text, re.MULTILINE) == list(PARTS)
    meaning = text.partition("- **Safe:**")[0].strip()
    assert meaning, "begin with what it means"


@pytest.mark.parametrize("name", [each for each in entries() if each[0].isupper()])
def test_an_entry_names_what_the_remedy_of_its_class_names(name: str) -> None:
    remedy = inspect.cleandoc(errors()[name].__doc__ or "")
    missing = [
        term for term in re.findall(r"`([^`]+)`", remedy) if term not in RUNBOOK.section(name)
    ]
    assert missing == []


def test_what_is_internal_is_there() -> None:
    found = {each.__name__ for each in _below(Exception)}
    errors()
    assert sorted(set(INTERNAL) - found) == []

"""A Data Factory pipeline: the tables it loops over by default, and its activities at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cli.migration.node import Node

_KNOWN = ("loop_input", "table_list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity. `within` names the types of those that it stands in, the outermost first."""

    name: str
    type: str
    node: Node
    within: tuple[str, ...]

    def field(self, *path: str) -> Node | None:
        """Follow names down from the activity; None where one is missing."""
        node = self.node
        for name in path:
            if not node.is_object or name not in node.fields():
                return None
            node = node.fields()[name]
        return node

    def text(self, *path: str) -> str:
        """Give a text, or the text of an expression; empty where there is neither."""
        node = self.field(*path)
        if node is not None and node.is_object:
            node = node.fields().get("value")
        return node.value if node is not None and isinstance(node.value, str) else ""

    def texts(self) -> Iterator[str]:
        """Give every text of the activity itself, not of those within it."""
        for field in self.node.fields().values():
            waiting = [field]
            while waiting:
                node = waiting.pop()
                if isinstance(node.value, str):
                    yield node.value
                elif node.is_list:
                    waiting += node.items()
                elif node.is_object:
                    inner = node.fields().items()
                    waiting += [each for name, each in inner if not _holds_activities(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline as its JSON says."""

    properties: Node
    activities: tuple[Activity, ...]

    def default_input(self) -> Node:
        """Give the default of the parameter that lists the tables.

        Raises:
            InputUnreadable: there is no such parameter, or it has no default.
        """
        parameters = self.properties.fields().get("parameters")
        if parameters is None:
            self.properties.refuse("has no parameters; give the tables with --loop-input")
        found = parameters.fields()
        arrays = [name for name, each in found.items() if _type(each).lower() == "array"]
        name = next((name for name in _KNOWN if name in found), None)
        if name is None and len(arrays) == 1:
            [name] = arrays
        if name is None:
            parameters.refuse("has no loop_input; give the tables with --loop-input")
        default = found[name].fields().get("defaultValue")
        if default is None:
            found[name].refuse("has no defaultValue; give the tables with --loop-input")
        return default


def read_pipeline(root: Node) -> Pipeline:
    """Read a pipeline. Raises InputUnreadable if the JSON is not one."""
    properties = root.fields().get("properties")
    if properties is None or not properties.is_object or "activities" not in properties.fields():
        root.refuse("is no pipeline: it has no properties.activities; name a file of pipeline/")
    return Pipeline(properties=properties, activities=tuple(_activities(properties)))


def _activities(properties: Node) -> Iterator[Activity]:
    first = properties.fields()["activities"].items()
    waiting: list[tuple[Node, tuple[str, ...]]] = [(node, ()) for node in reversed(first)]
    while waiting:
        node, within = waiting.pop()
        fields = node.fields()
        if "name" not in fields or "type" not in fields:
            node.refuse("is no activity: it has no name or no type")
        kind = fields["type"].text()
        yield Activity(name=fields["name"].text(), type=kind, node=node, within=within)
        waiting += [(inner, (*within, kind)) for inner in reversed(list(_inner(node)))]


def _inner(node: Node) -> Iterator[Node]:
    """Give the activities right below one: of a loop, of the branches of a condition or a switch."""
    details = node.fields().get("typeProperties")
    waiting = [details] if details is not None and details.is_object else []
    while waiting:
        for name, field in waiting.pop().fields().items():
            if _holds_activities(name):
                yield from field.items()
            elif name == "cases":
                waiting += [case for case in field.items() if case.is_object]


def _holds_activities(name: str) -> bool:
    return name.lower().endswith("activities")


def _type(node: Node) -> str:
    kind = node.fields().get("type") if node.is_object else None
    return kind.value if kind is not None and isinstance(kind.value, str) else ""

"""One YAML text as a tree of nodes that remember their lines; broken or hostile text is refused."""

from dataclasses import dataclass

import yaml
from yaml import CSafeLoader
from yaml.reader import ReaderError

from shared.catalog.place import Place

Node = yaml.Node

# Generous against real catalogues (2,000 tables are about 100,000 nodes), tight against
# documents made to exhaust the reader: aliases count as often as they are used.
LONGEST_TEXT = 4_000_000
MOST_NODES = 1_000_000
DEEPEST = 32

_TOO_DEEP = f"is nested more than {DEEPEST} deep; write less deep"
_TAB_HINT = "a tab; indent with spaces"
_REFERENCE_HINT = '; inside {...} write references in quotes: "${NAME}"'


def read_document(text: str, place: Place) -> Node:
    """Give the root node of a file's only document.

    Raises:
        Unread: the text is empty, is not YAML, or is built to grow beyond the limits.
    """
    if len(text) > LONGEST_TEXT:
        raise place.refusal(f"is longer than {LONGEST_TEXT} characters; split it by source system")
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise place.refusal("is not Unicode text; save the file as UTF-8") from error
    try:
        _measure(raw, place)
        root = yaml.compose(raw, CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise place.on(line + 1).refusal(_explain(error, text, line)) from error
    except ReaderError as error:
        at = place.on(raw.count(b"\n", 0, error.position) + 1)
        raise at.refusal("is not YAML: control characters are not allowed; delete them") from error
    if root is None:
        raise place.refusal("is empty; write `source:` and `tables:`, or delete the file")
    return root


@dataclass(slots=True)
class _Branch:
    """A node whose children are being counted: how many there are, and how deep they go."""

    anchor: str | None
    nodes: int = 1
    depth: int = 1

    def grow(self, child: "_Branch") -> None:
        self.nodes += child.nodes
        self.depth = max(self.depth, child.depth + 1)


def _measure(raw: bytes, place: Place) -> None:
    """Refuse a document that is too large or too deep once its aliases are followed."""
    anchored: dict[str, _Branch] = {}
    path = [_Branch(anchor=None)]
    nodes = 0
    for event in yaml.parse(raw, CSafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            path.append(_Branch(anchor=event.anchor))
            nodes += 1
        elif isinstance(event, yaml.ScalarEvent):
            _close(_Branch(anchor=event.anchor), anchored, path[-1])
            nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            _close(path.pop(), anchored, path[-1])
        elif isinstance(event, yaml.AliasEvent):
            if any(branch.anchor == event.anchor for branch in path):
                fault = f"the alias *{event.anchor} stands inside what it refers to"
                raise place.on(line).refusal(f"{fault}; write the value out")
            # An alias without an anchor is left to the composer, which refuses it.
            if known := anchored.get(event.anchor):
                path[-1].grow(known)
                nodes += known.nodes
        if len(path) + path[-1].depth > DEEPEST:
            raise place.on(line).refusal(_TOO_DEEP)
        if nodes > MOST_NODES:
            fault = f"holds more than {MOST_NODES} values with its aliases"
            raise place.on(line).refusal(f"{fault}; write fewer")


def _close(done: _Branch, anchored: dict[str, _Branch], parent: _Branch) -> None:
    """Count a finished node in its parent, and keep it for aliases if it is anchored."""
    if done.anchor:
        anchored[done.anchor] = done
    parent.grow(done)


def _explain(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    # Newer parsers have a limit of their own, which very deep text meets before ours.
    if error.problem == "exceeded maximum nesting depth":
        return _TOO_DEEP
    # The parser's own snippet of the file is left out: it may hold a secret.
    lines = text.splitlines()
    found = lines[line] if line < len(lines) else ""
    indent = found[: len(found) - len(found.lstrip())]
    if "\t" in indent:
        return f"is indented with {_TAB_HINT}"
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return f"is not YAML: {what}{_REFERENCE_HINT if '${' in found else ''}"

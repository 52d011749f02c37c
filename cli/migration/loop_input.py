"""The tables that a Data Factory pipeline loops over, read from its parameter in any of its forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cli.migration.node import Node

# The names that projects of this design give to the same four things, in lower case without `_`.
_SCHEMA = ("schema", "tableschemaname", "schemaname", "tableschema")
_TABLE = ("table", "tablename")
_COLUMN = ("cdccol", "cdc", "watermarkcolumn", "cdccolumn")
_SINCE = ("fromdate",)
_QUOTES = re.compile(r'\[(?P<square>[^\[\]]+)\]|"(?P<double>[^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One table as Data Factory loads it. `since` is its `from_date`; empty if none is set.

    `place` says where it stands, for messages.
    """

    schema: str
    table: str
    column: str
    since: str
    place: str

    @property
    def name(self) -> str:
        """The table as `schema.table`."""
        return f"{self.schema}.{self.table}"


def read_loop_input(root: Node) -> tuple[Entry, ...]:
    """Read the tables, in their order.

    The array may stand alone or be wrapped, as in `{"loop_input": {"value": [...]}}`: as long as
    only one field of an object holds an array or an object, that one is followed.

    Raises:
        InputUnreadable: there is no such array, or an entry lacks something or repeats a table.
    """
    array = _unwrap(root)
    entries: dict[str, Entry] = {}
    for item in array.items():
        entry = _read_entry(item)
        first = entries.setdefault(entry.name.lower(), entry)
        if first is not entry:
            item.refuse(f"lists {entry.name} again, after {first.place}; keep one of the two")
    if not entries:
        array.refuse("lists no table; name the array that the pipeline loops over")
    return tuple(entries.values())


def _unwrap(node: Node) -> Node:
    while not node.is_list:
        inner = [each for each in node.fields().values() if each.is_list or each.is_object]
        if len(inner) != 1:
            fault = "no array" if not inner else f"{len(inner)} arrays and objects"
            node.refuse(f"holds {fault}; give the array of tables alone")
        [node] = inner
    return node


def _read_entry(item: Node) -> Entry:
    fields = {name.lower().replace("_", ""): field for name, field in item.fields().items()}
    schema = _bare(_required(item, fields, _SCHEMA, "schema"))
    table = _bare(_required(item, fields, _TABLE, "table"))
    column = _bare(_required(item, fields, _COLUMN, "cdc_col"))
    since = next((fields[name] for name in _SINCE if name in fields), None)
    if "." in schema:
        item.refuse("has a dot in its schema, which `schema.table` cannot tell apart")
    return Entry(
        schema=schema,
        table=table,
        column=column,
        since="" if since is None or since.value is None else since.text(),
        place=item.path,
    )


def _required(item: Node, fields: dict[str, Node], names: tuple[str, ...], called: str) -> str:
    found = next((fields[name] for name in names if name in fields), None)
    if found is None:
        item.refuse(f"has no {called}; write it")
    text = found.text()
    if not text:
        found.refuse(f"is empty; write the {called}")
    if not text.isprintable():
        found.refuse("holds a character that cannot be printed; correct the name")
    if "@{" in text or text.startswith("@"):
        found.refuse("is an expression of Data Factory; write the name that it stands for")
    return text


def _bare(name: str) -> str:
    """Take off the quotes that a name needs where SQL is put together from texts."""
    match = _QUOTES.fullmatch(name)
    return name if match is None else match["square"] or match["double"]

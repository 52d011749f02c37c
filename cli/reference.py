"""`python -m cli.reference`: writes the reference page of the command line from its help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from cli.main import tidemark

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
_COMMON = {"url", "key", "as_json", "_click_default_help", "version"}
_NOTE = (
    "<!-- Generated from the commands' own help: run `python -m cli.reference` after a change. -->"
)


def write_reference() -> str:
    """Give the page as Markdown."""
    root = click.Context(tidemark, info_name="tidemark")
    lines = [
        "# Command line",
        "",
        _NOTE,
        *_describe(root, set[str]()),
        "",
        *_list_commands(root),
    ]
    for context in _commands(root):
        lines += ["", f"## {context.command_path}", *_describe(context, _COMMON)]
    return "\n".join(lines) + "\n"


def _commands(parent: click.Context) -> Iterator[click.Context]:
    """Give every command below this one that can be called by itself."""
    group = parent.command
    if not isinstance(group, click.Group):
        yield parent
        return
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None:
            yield from _commands(click.Context(command, info_name=name, parent=parent))


def _list_commands(root: click.Context) -> Iterator[str]:
    yield "| Command | Does |"
    yield "|---|---|"
    for context in _commands(root):
        anchor = context.command_path.replace(" ", "-")
        text = context.command.get_short_help_str(limit=1_000)
        yield f"| [`{context.command_path}`](#{anchor}) | {text} |"


def _describe(context: click.Context, hidden: set[str]) -> Iterator[str]:
    usage = " ".join(context.command.collect_usage_pieces(context))
    yield from ("", "```text", f"{context.command_path} {usage}", "```", "")
    yield inspect.cleandoc(context.command.help or "")
    found = [
        param.get_help_record(context)
        for param in context.command.get_params(context)
        if param.name not in hidden
    ]
    if records := [record for record in found if record]:
        yield from ("", "| Argument, option | Meaning |", "|---|---|")
        yield from (f"| `{_cell(names)}` | {_cell(text, plain=True)} |" for names, text in records)


def _cell(text: str, *, plain: bool = False) -> str:
    """Write a text for a table's cell; `plain` also takes the stars out of Markdown's hands."""
    cell = " ".join(text.split()).replace("|", r"\|")
    return cell.replace("*", r"\*") if plain else cell


if __name__ == "__main__":
    PAGE.write_text(write_reference(), encoding="utf-8")

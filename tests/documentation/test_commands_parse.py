"""Every command of the pages is one that there is, with options that there are, also where it is not run."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from docs_pages import ROOT, Page, read_pages

from cli.main import tidemark
from lakehouse.main import parser

_TARGETS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
_ENDS = re.compile(r"^(&&|\|\|?|;|&|>|2>|<)")
# What the reader puts something into.
_PLACEHOLDER = re.compile(r"<[a-z][^<>\n]*>")
_STARTS = ("tidemark ", "tidemark-lakehouse ", "make ")


def commands(each: Page) -> Iterator[tuple[int, list[str]]]:
    """Give every command line of ours on a page, with its line, as the shell parts it."""
    for block in each.blocks("sh"):
        joined = block.text.replace("\\\n", "  ")
        for number, line in enumerate(joined.splitlines()):
            for part in re.split(r"\$\(|&&|\|\||;", _PLACEHOLDER.sub("X", line)):
                if part.strip().startswith(_STARTS):
                    yield block.line + number + 1, _words(part)
    for number, line in enumerate(each.prose.replace("\\\n", " \n").splitlines(), start=1):
        # A block that is set in by four blanks, as Markdown has it too.
        if line.startswith("    ") and line.strip().startswith(_STARTS):
            yield number, _words(_PLACEHOLDER.sub("X", line))
    for line, code in each.codes():
        if code.startswith(_STARTS) and "…" not in code and "|" not in code:
            yield line, _words(_PLACEHOLDER.sub("X", code))


def _words(text: str) -> list[str]:
    """Part a line into words, up to where the shell goes on with something else."""
    words: list[str] = []
    for word in shlex.split(text.strip().rstrip(")"), comments=True):
        if _ENDS.match(word):
            break
        words.append(word)
    return words


def fault(words: list[str]) -> str | None:
    """Say what is wrong with a command, None if nothing is."""
    program, *arguments = words
    if program == "make":
        return next((f"no target {each}" for each in arguments[:1] if each not in _TARGETS), None)
    if program == "tidemark-lakehouse":
        return _fault_of_lakehouse(arguments)
    return _fault_of(tidemark, "tidemark", arguments)


def _fault_of_lakehouse(arguments: list[str]) -> str | None:
    known = parser()._subparsers._group_actions[0].choices or {}
    if not arguments or arguments[0] not in known:
        return f"no command {arguments[:1]}"
    options = known[arguments[0]]._option_string_actions
    given = [each.partition("=")[0] for each in arguments if each.startswith("--")]
    return next((f"no option {each}" for each in given if each not in options), None)


def _fault_of(command: click.Command, name: str, arguments: list[str]) -> str | None:
    """Parse as click does, without running it; a command that is only named is looked up."""
    context = click.Context(command, info_name=name)
    if isinstance(command, click.Group):
        if not arguments or arguments[0].startswith("-"):
            return None
        found = command.get_command(context, arguments[0])
        return (
            _fault_of(found, arguments[0], arguments[1:])
            if found is not None
            else f"no command {arguments[0]}"
        )
    try:
        given, _, _ = command.make_parser(context).parse_args(args=list(arguments))
        for param in command.get_params(context):
            value = given.get(param.name or "")
            # A word in capitals stands for what the reader has.
            if isinstance(param.type, click.Choice) and isinstance(value, str):
                param.type.convert(value, param, context)
    except click.UsageError as error:
        return error.format_message()
    return None


@pytest.mark.parametrize("each", read_pages(), ids=lambda each: each.name)
def test_every_command_of_a_page_parses(each: Page) -> None:
    found = [(line, words, fault(words)) for line, words in commands(each)]
    assert [(line, *told) for line, *told in found if told[-1]] == []


@pytest.mark.parametrize(
    "command",
    [
        "tidemark laod shop/public.orders",
        "tidemark load --mdoe initial",
        "tidemark load --mode everything",
        "tidemark watermark go",
        "tidemark-lakehouse gold --modle x",
        "make demos",
    ],
)
def test_a_command_that_is_misspelt_is_found(command: str) -> None:
    assert fault(command.split()) is not None

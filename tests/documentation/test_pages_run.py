"""The commands of README, tutorial and how-to pages do what the pages say, page by page, in order."""

import pytest
from docs_pages import Block, page, read_pages
from docs_shell import Shell

from tests.long_forms import LONG

TUTORIAL = "docs/tutorial.md"
# In this order they leave each other what they need; each can be run by itself as well.
ORDER = [
    "docs/how-to/migrate-from-data-factory.md",
    TUTORIAL,
    "README.md",
    "docs/how-to/load-from-postgresql.md",
    "docs/how-to/connect-a-database.md",
    "docs/how-to/backfill.md",
    "docs/how-to/new-column.md",
    "docs/how-to/reconcile.md",
    "docs/how-to/correct-a-watermark.md",
    "docs/how-to/protect-columns.md",
    "docs/how-to/react-to-events.md",
    "docs/how-to/load-files.md",
    "docs/how-to/alerts.md",
    "docs/how-to/handle-drift.md",
    "docs/how-to/recover-from-restore.md",
]
# In the long form alone: tests of their own drive the same commands through the whole stack.
LONGER = {
    "docs/tutorial.md",
    "docs/how-to/migrate-from-data-factory.md",
    "docs/how-to/load-from-postgresql.md",
    "docs/how-to/backfill.md",
    "docs/how-to/new-column.md",
    "docs/how-to/reconcile.md",
    "docs/how-to/correct-a-watermark.md",
    "docs/how-to/handle-drift.md",
    "docs/how-to/recover-from-restore.md",
}
HOW = {"background", "long", "psql"}
# README bears no notes; what is not run of it, and why.
README = {"import-adf": "the page on migration runs it"}


def why_not(block: Block) -> str | None:
    """Say why a block is not run, None if it is."""
    word, reason = block.noted or ("", "")
    if word == "not run":
        return reason
    if block.page == "README.md":
        return next((why for what, why in README.items() if what in block.text), None)
    return None if LONG or (word, reason) != ("run", "long") else "only with TIDEMARK_LONG=1"


def blocks(name: str) -> list[Block]:
    """Give the blocks of a page that are typed or executed somewhere."""
    found = page(name).blocks("sh", "sql")
    return [block for block in found if block.language == "sh" or block.noted == ("run", "psql")]


def prepare(shell: Shell, name: str) -> None:
    """Make the reader's own table as the tutorial does, unless it is there."""
    shell.begin()
    there = "SELECT to_regclass('public.orders') IS NOT NULL"
    if name in ORDER[:2] or shell.execute(f'psql -qAt "$DOCS_DB" -c "{there}"', name) == "t\n":
        return
    for block in blocks(TUTORIAL):
        if "CREATE TABLE public.orders" in block.text or "my-tables/shop.yml" in block.text:
            shell.run(block)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in LONGER)) for name in ORDER]
)
def test_the_commands_of_a_page_run(shell: Shell, name: str) -> None:
    prepare(shell, name)
    for block in blocks(name):
        if why_not(block):
            continue
        if block.language == "sql":
            shell.sql(block.text)
        else:
            shell.run(block)


def test_every_page_to_learn_from_is_run() -> None:
    learnt_from = [
        each.name
        for each in read_pages()
        if each.name in {"README.md", TUTORIAL} or each.name.startswith("docs/how-to/")
    ]
    missing = [
        str(block)
        for name in learnt_from
        for block in blocks(name)
        if name not in ORDER and (block.noted or ("",))[0] != "not run"
    ]
    assert missing == [], "put the page into ORDER, or say why a block is not run"


def test_every_block_that_is_not_run_says_why() -> None:
    notes = [
        (str(block), *block.noted)
        for each in read_pages()
        for block in each.blocks()
        if block.noted
    ]
    assert [note for note in notes if note[1] == "run" and note[2] not in HOW] == []
    assert [note for note in notes if len(note[2].split()) < 3 and note[1] == "not run"] == []

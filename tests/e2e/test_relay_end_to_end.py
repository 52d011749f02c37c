"""What the page on events tells to execute, executed: PostgreSQL tells, the relay publishes, rows land."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from e2e_api import Api
from e2e_comparing import differing
from e2e_source import SETTING, STAMPED, Source, create_items
from e2e_stack import REPOSITORY, Stack

PAGE = Path(REPOSITORY) / "docs" / "how-to" / "react-to-events.md"
[POSTGRESQL, AZURE_SQL] = re.findall(
    r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
)


def tidemark(stack: Stack, source: Source, *arguments: str) -> subprocess.CompletedProcess[str]:
    topic = f"{stack.url}/topics/on_data_changed/api/events"
    options = f"-csearch_path%3D{source.name}"
    return subprocess.run(
        [
            *(sys.executable, "-c", "from cli.main import main; main()", *arguments),
            *("--topic-endpoint", topic, "--key-from", "TOPIC_KEY"),
        ],
        cwd=REPOSITORY,
        env={"TOPIC_KEY": "any", SETTING: f"{source.uri}?options={options}"},
        capture_output=True,
        text=True,
        check=False,
    )


def relay(stack: Stack, source: Source) -> subprocess.CompletedProcess[str]:
    return tidemark(stack, source, "relay", source.name, "--database-from", SETTING, "--once")


def tell(source: Source, table: str) -> None:
    """Execute the page's statements, for the schema and the table of the test."""
    written = POSTGRESQL.replace("public.orders", f"{source.name}.{table}")
    source.execute(written.replace("public", source.name))


def test_what_postgresql_writes_into_its_outbox_is_loaded(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    tell(source, "item")
    with source.transaction() as undone:
        undone.execute("INSERT INTO item (name) VALUES ('rolled back')")
    for number in range(3):
        source.execute(f"INSERT INTO item (name) VALUES ('told of {number}')")
    ended = relay(stack, source)
    assert (ended.returncode, ended.stderr) == (0, "3 changes relayed.\n")
    assert source.value("SELECT count(*) FROM tidemark_outbox") == 0
    api.await_served(table)
    assert len(api.runs(table)) == 1
    assert differing(source, stack.lake, "item") == []


@pytest.mark.long
def test_a_row_stays_in_the_outbox_until_it_is_published(source: Source, stack: Stack) -> None:
    create_items(source)
    tell(source, "item")
    source.execute("DELETE FROM item WHERE id = 1")
    elsewhere = Stack(state=stack.state, tables=stack.tables, environ={})
    elsewhere.url = "http://127.0.0.1:9"
    ended = relay(elsewhere, source)
    assert (ended.returncode, "topic" in ended.stderr) == (3, True)
    assert source.value("SELECT count(*) FROM tidemark_outbox") == 1


@pytest.mark.long
def test_a_published_event_brings_its_table_up_to_date(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    ended = tidemark(stack, source, "publish", "--table", table, "--count", "3", "--json")
    assert (ended.returncode, ended.stdout) == (0, '{"published": 3}\n'), ended.stderr
    api.await_served(table)
    assert differing(source, stack.lake, "item") == []


@pytest.mark.parametrize("batch", AZURE_SQL.split("\nGO\n"))
def test_the_statements_for_azure_sql_have_the_form_of_their_language(batch: str) -> None:
    assert sqlglot.parse(batch, dialect="tsql")

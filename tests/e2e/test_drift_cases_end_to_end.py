"""The cases of the page about drift, through the whole system: what a load does, and what brings bronze level."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Source
from e2e_stack import Stack

from tests.conftest import LONG
from tests.contracts.drift_page import Case, cases

# The whole module stands on loads of all its tables, done once.
pytestmark = pytest.mark.timeout(1800)
CASES = cases()
# What planning does under every policy is tried against the server alone; here are some of each.
ASIDE = ("A column is added", "A column is dropped", "Another type", "NULL is allowed")
FROZEN = ("A column is added", "Narrower")
# The short form tries one of each way in which a change ends.
BRIEFLY = ("A column is added", "Another type")
MADE = """
    CREATE TABLE {t} (
        id int PRIMARY KEY, name varchar(10) NOT NULL, note text, amount int DEFAULT 1,
        price numeric(12,2), secret text, updated_at timestamp NOT NULL DEFAULT clock_timestamp()
    );
    INSERT INTO {t} (id, name, note, price, secret, updated_at)
    SELECT n, 'row ' || n, 'note', 1.5, 'secret', localtimestamp - interval '1 hour'
    FROM generate_series(1, 5) AS n;
"""
# Few enough that an order ends in time on a busy machine.
AT_ONCE = 8
ADDED = "INSERT INTO {t} ({id}name) VALUES ({value}'{name}');"


@dataclass
class Tables:
    """A table for each case and policy, and how each went: its loads after the change, by table."""

    source: Source
    api: Api
    stack: Stack
    went: dict[str, list[Any]] = field(default_factory=dict)
    runs_in_bronze: dict[str, int] = field(default_factory=dict)

    def declare(self, table: str, policy: str, **keys: Any) -> None:
        columns = keys.pop("columns", {"exclude": ["secret"]})
        self.source.declare(table, watermark=STAMPED, on_drift=policy, columns=columns, **keys)

    def load(self, tables: list[str], **more: Any) -> dict[str, Any]:
        """Load tables, so many in an order; give their runs by table."""
        runs: dict[str, Any] = {}
        for start in range(0, len(tables), AT_ONCE):
            some = tables[start : start + AT_ONCE]
            order = self.api.load(*map(self.source.full, some), **more)
            runs |= {table: self.api.run_of(order, self.source.full(table)) for table in some}
        return runs

    def aside(self, table: str) -> list[Path]:
        name = f"{self.source.name}/{self.source.name}.{table}"
        return sorted((self.stack.lake / "quarantine" / name).glob("run_id=*"))


def all_tables() -> list[tuple[Case, str, str]]:
    """Give each case under each policy that it is tried with, and its table."""
    tried = {"quarantine": ASIDE, "freeze": FROZEN}
    if not LONG:
        tried = {"add": BRIEFLY, "quarantine": ASIDE[:1], "freeze": ()}
    return [
        (case, policy, f"c{number:02d}_{policy}")
        for number, case in enumerate(CASES)
        for policy in ("add", "freeze", "quarantine")
        if case.name in tried.get(policy, (case.name,))
    ]


TRIED = [pytest.param(*each, id=f"{each[1]}-{each[0].name}") for each in all_tables()]


def add_row(tables: Tables, number: int) -> None:
    """Give every table another row, with a key where it still has that."""
    script = ""
    for case, _, table in all_tables():
        gone = case.name == "The key is gone"
        keyed = {"id": "", "value": ""} if gone else {"id": "id, ", "value": f"{number}, "}
        script += ADDED.format(t=table, name=f"after {number}", **keyed)
    tables.source.execute(script)


def outcome(run: Any) -> str:
    """Say how a run went, in the words of the page."""
    if run["error"]:
        return run["error"]["type"]
    return {"loaded": "lands"}.get(run["outcome"], run["outcome"])


@pytest.fixture(scope="module")
def tables(stack: Stack, database: str) -> Iterator[Tables]:
    """Every case under every policy: loaded, altered, loaded twice, and brought level as the page says."""
    source = Source(name="drifting", uri=database, tables=stack.tables)
    source.execute("CREATE SCHEMA drifting")
    with Api(stack.url) as api:
        made = Tables(source=source, api=api, stack=stack)
        every = [table for *_, table in all_tables()]
        for _, policy, table in all_tables():
            made.declare(table, policy)
        source.execute("".join(MADE.format(t=table) for table in every))
        assert {outcome(run) for run in made.load(every).values()} == {"lands"}
        for case, _, table in all_tables():
            source.execute(case.postgresql.replace("TABLE t ", f"TABLE {table} "))
        add_row(made, 100)
        made.went = {table: [run] for table, run in made.load(every).items()}
        for table, run in made.load([t for t in every if t.endswith("quarantine")]).items():
            made.went[table].append(run)
        made.runs_in_bronze = {
            table: len(published(stack.lake, source.target(table))) for table in every
        }
        yield made
    source.forget()


@pytest.fixture(scope="module")
def mended(tables: Tables) -> Tables:
    """The same after every table has been brought level, and another row was loaded by its own policy."""
    todo = all_tables()
    for case, policy, table in todo:
        if case.remedy == "exclude: [note]":
            tables.declare(table, policy, columns={"exclude": ["secret", "note"]})
        elif case.remedy.startswith("another key"):
            tables.declare(table, policy, key=["name"])
        elif case.remedy in ("nothing", "tidemark backfill --all"):
            tables.declare(table, "add")
    tables.load([t for case, _, t in todo if not case.remedy.startswith(("mode", "another"))])
    tables.load([t for case, _, t in todo if case.remedy == "mode: initial"], mode="initial")
    # A snapshot also after an initial load that changed a type, so that all files that count have one.
    whole = [t for case, _, t in todo if case.remedy.startswith(("mode", "another"))]
    tables.load(whole, mode="snapshot")
    filled = [t for case, _, t in todo if case.remedy == "tidemark backfill --all"]
    orders = [
        tables.api.post("/api/backfills", {"table": tables.source.full(table)})["order_id"]
        for table in filled
    ]
    ends = [tables.api.wait_for_order(order, "backfills")["state"] for order in orders]
    assert set(ends) == {"succeeded"}
    for case, policy, table in todo:
        if case.remedy in ("nothing", "tidemark backfill --all"):
            tables.declare(table, policy)
    add_row(tables, 101)
    for table, run in tables.load([t for *_, t in todo]).items():
        tables.went[table].append(run)
    return tables


@pytest.mark.parametrize(("case", "policy", "table"), TRIED)
def test_a_load_after_a_change_ends_as_the_page_says(
    tables: Tables, case: Case, policy: str, table: str
) -> None:
    run = tables.went[table][0]
    assert outcome(run) == case.incremental[policy], run
    if case.incremental[policy] != "lands":
        assert run["watermark_after"] == run["watermark_before"]
        assert tables.runs_in_bronze[table] == 1


@pytest.mark.parametrize(
    ("case", "policy", "table"), [p for p in TRIED if p.values[1] == "quarantine"]
)
def test_what_is_set_aside_is_there_once_with_its_reasons(
    tables: Tables, case: Case, policy: str, table: str
) -> None:
    assert case.incremental[policy] == "quarantined"
    first, second = tables.went[table][:2]
    [folder] = tables.aside(table)
    manifest = json.loads((folder / "_manifest.json").read_text())
    assert first["folder"] == str(folder.relative_to(tables.stack.lake))
    rows = pq.read_table(folder / manifest["files"][0]["name"], partitioning=None).to_pylist()
    assert first["rows"] == manifest["rows"] == len(rows) >= 1
    assert "after 100" in {row["name"] for row in rows}
    assert {tuple(row["_reasons"]) for row in rows} == {tuple(manifest["reasons"])}
    assert {row["_table"] for row in rows} == {tables.source.full(table)}
    assert {row["_run_id"] for row in rows} == {first["run_id"]}
    assert set(manifest["reasons"]) <= set(first["findings"])
    assert (second["outcome"], second["rows"], second["folder"]) == ("quarantined", 0, None)
    assert any(first["run_id"] in finding for finding in second["findings"])


@pytest.mark.parametrize(("case", "policy", "table"), TRIED)
def test_nothing_is_lost_once_the_user_has_done_what_the_page_says(
    mended: Tables, case: Case, policy: str, table: str
) -> None:
    assert outcome(mended.went[table][-1]) == "lands", (case.remedy, policy)
    assert differing(mended.source, mended.stack.lake, table) == []

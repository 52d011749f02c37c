"""First loads, loads that find nothing, and increments: what lands, and what is said of it."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_lake import OWN_COLUMNS, images, listing, published
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack
from e2e_waiting import await_value

RUN_FIELDS = {
    *("run_id", "order_id", "table", "mode", "state", "outcome", "rows", "files", "bytes"),
    *("watermark_before", "watermark_after", "bound", "started_at", "ended_at", "attempt", "error"),
}
COLUMNS = ["id", "name", "price", "updated_at"]
SLICED = {"rows": 200, "parallel": 2}


@pytest.fixture(scope="module")
def sliced(stack: Stack, database: str) -> Iterator[tuple[Source, Any]]:
    """A source with a table that was loaded in five slices, and the run of that; nobody changes either."""
    source = Source(name="sliced", uri=database, tables=stack.tables)
    source.execute("CREATE SCHEMA sliced")
    create_items(source, rows=1000)
    table = source.declare("item", watermark=STAMPED, slices=SLICED, receipt="hashes")
    with Api(stack.url) as api:
        yield source, api.load_one(table)
    source.forget()


def test_a_first_load_is_cut_into_slices_and_equals_the_source(
    sliced: tuple[Source, Any], stack: Stack
) -> None:
    source, run = sliced
    assert (run["mode"], run["state"], run["outcome"]) == ("initial", "succeeded", "loaded")
    assert run["rows"] == 1000
    assert run["files"] == 5
    assert differing(source, stack.lake, "item") == []
    assert len(images(stack.lake, source.target("item"))) == 1000


def test_a_run_says_everything_the_design_lists(api: Api, source: Source, stack: Stack) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    first = api.load_one(table)
    source.execute("INSERT INTO item (name) VALUES ('new')")
    second = api.load_one(table)
    for run in (first, second):
        assert run.keys() >= RUN_FIELDS
        assert run["bound"].keys() >= {"value", "how"}
        assert (run["bound"]["how"], run["attempt"], run["error"]) == ("settled", 1, None)
        assert run["started_at"] <= run["ended_at"]
        assert run["bytes"] == sum(
            file["bytes"]
            for each in published(stack.lake, source.target("item"))
            if each.manifest["run_id"] == run["run_id"]
            for file in each.manifest["files"]
        )
    assert first["watermark_before"] is None
    assert first["watermark_after"] == first["bound"]["value"] == second["watermark_before"]
    assert second["watermark_after"] == second["bound"]["value"]
    assert (second["mode"], second["outcome"], second["rows"]) == ("incremental", "loaded", 1)


def test_manifest_and_run_show_what_is_proven(sliced: tuple[Source, Any], stack: Stack) -> None:
    source, run = sliced
    assert run["proof"] == {"level": "hashes", "rows": 1000, "columns": 4}
    [landed] = published(stack.lake, source.target("item"))
    proofs = [receipt["proof"] for receipt in landed.manifest["receipt"]]
    assert sum(proof["rows"] for proof in proofs) == 1000
    ids = [proof["columns"][COLUMNS.index("id")] for proof in proofs]
    assert sum(int(each["sum"]) for each in ids) == sum(range(1, 1001))
    assert all(proof["hashes"] for proof in proofs)


def test_the_manifest_tells_what_the_files_hold(sliced: tuple[Source, Any], stack: Stack) -> None:
    source, run = sliced
    [landed] = published(stack.lake, source.target("item"))
    assert landed.folder.name == f"run_id={run['run_id']}"
    manifest = landed.manifest
    said = {name: manifest[name] for name in ("run_id", "order_id", "table", "load_type", "bound")}
    assert said == {
        "run_id": run["run_id"],
        "order_id": run["order_id"],
        "table": run["table"],
        "load_type": "initial",
        "bound": run["bound"],
    }
    assert [column["name"] for column in manifest["columns"]] == COLUMNS
    for file in manifest["files"]:
        assert re.fullmatch(r"part-\d{5}-\d+\.parquet", file["name"])
        path = landed.folder / file["name"]
        cursors = [str(value) for value in pq.read_table(path)["updated_at"].to_pylist()]
        assert (file["rows"], file["bytes"]) == (len(cursors), path.stat().st_size)
        assert (file["cursor_min"], file["cursor_max"]) == (min(cursors), max(cursors))
    names = {path.name for path in landed.folder.iterdir()}
    assert names == {file["name"] for file in manifest["files"]} | {"_manifest.json"}
    assert sum(part["read"] for part in manifest["receipt"]) == 1000
    assert [part["slice"] for part in manifest["receipt"]] == [0, 1, 2, 3, 4]


def test_every_row_carries_typed_columns_of_its_run(
    sliced: tuple[Source, Any], stack: Stack
) -> None:
    source, run = sliced
    [landed] = published(stack.lake, source.target("item"))
    schema = pq.read_schema(landed.folder / landed.manifest["files"][0]["name"])
    assert schema.names == [*COLUMNS, *OWN_COLUMNS]
    own = {name: schema.field(name).type for name in schema.names if name.startswith("_")}
    assert own == {
        "_op": pa.string(),
        "_run_no": pa.int64(),
        "_read_at": pa.timestamp("us", "UTC"),
        "_run_id": pa.string(),
        "_loaded_at": pa.timestamp("us", "UTC"),
    }
    assert {(row["_op"], row["_run_no"], row["_run_id"]) for row in landed.rows} == {
        ("upsert", landed.run_no, run["run_id"])
    }


def test_an_incremental_load_that_finds_nothing_lands_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    before = listing(stack.lake)
    run = api.load_one(table)
    assert (run["mode"], run["outcome"]) == ("incremental", "nothing_new")
    assert (run["rows"], run["files"], run["bytes"]) == (0, 0, 0)
    assert run["watermark_after"] == run["watermark_before"]
    assert listing(stack.lake) == before


@pytest.mark.long
def test_a_row_above_the_bound_lands_at_once_and_never_again(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("INSERT INTO item (name) VALUES ('fresh')")
    written = str(source.value("SELECT max(updated_at) FROM item"))
    fresh = api.load_one(table)
    assert (fresh["rows"], fresh["watermark_after"] < written) == (1, True)
    # The highest value stays open, so only a later row lets the watermark pass the fresh one.
    source.execute("INSERT INTO item (name) VALUES ('later')")
    assert api.load_one(table)["rows"] == 1

    def passed() -> bool:
        run = api.load_one(table)
        assert run["outcome"] == "nothing_new"
        return run["watermark_after"] >= written

    await_value(passed, "the watermark to pass the fresh row")
    assert api.load_one(table)["outcome"] == "nothing_new"
    names = [row["name"] for row in images(stack.lake, source.target("item"))]
    assert (names.count("fresh"), names.count("later"), len(names)) == (1, 1, 12)


def test_an_update_lands_as_a_new_image_that_wins(api: Api, source: Source, stack: Stack) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("UPDATE item SET name = 'new', updated_at = clock_timestamp() WHERE id = 3")
    api.load_one(table)
    assert differing(source, stack.lake, "item") == []
    history = [row["name"] for row in images(stack.lake, source.target("item")) if row["id"] == 3]
    assert history == ["old 3", "new"]


def test_a_snapshot_replaces_all_earlier_ones_also_when_it_is_empty(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source)
    table = source.declare("item", watermark={"kind": "none"})
    assert api.load_one(table)["mode"] == "snapshot"
    source.execute("DELETE FROM item WHERE id > 4")
    api.load_one(table)
    assert differing(source, stack.lake, "item") == []
    source.execute("DELETE FROM item")
    run = api.load_one(table)
    assert (run["outcome"], run["rows"], run["files"]) == ("loaded", 0, 0)
    assert differing(source, stack.lake, "item") == []
    last = published(stack.lake, source.target("item"))[-1]
    assert [path.name for path in last.folder.iterdir()] == ["_manifest.json"]


@pytest.mark.long
def test_the_first_order_ever_loads_every_table(api: Api, source: Source, stack: Stack) -> None:
    """Tables of one order find their filesystem missing all at once."""
    tables: list[str] = []
    for number in range(8):
        create_items(source, f"t{number}")
        target = f"gold/{source.name}/t{number}"
        tables.append(source.declare(f"t{number}", watermark=STAMPED, target=target))
    order = api.load(*tables)
    assert [part["error"] for part in order["tables"]] == [None] * len(tables)
    assert order["state"] == "succeeded"


def test_what_a_run_left_in_staging_is_gone_once_it_has_succeeded(
    sliced: tuple[Source, Any], stack: Stack
) -> None:
    _, run = sliced
    staged = stack.lake / "bronze" / "_staging" / run["run_id"]
    await_value(lambda: not staged.exists(), "the staging folder to be removed")

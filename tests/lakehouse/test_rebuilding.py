"""Silver that is made anew from bronze is what hand-over after hand-over has made of it."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover, live, rows_of
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.errors import FileMissing, TableUnknown, TypesDiffer
from lakehouse.main import main
from lakehouse.releasing import release
from lakehouse.silver.rebuilding import rebuild
from lakehouse.silver.refresh import refresh

GOOD = {"name": "good", "rule": "name <> 'bad'", "severity": "quarantine"}
COLUMNS = {"id": pa.int32(), "name": pa.string()}
ASIDE = "quarantine/shop/public.orders__silver"
LAST = "bronze/_handover/00000003.json"


class Died(Exception):
    """The process was killed."""


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(spark=spark, root=str(tmp_path_factory.mktemp("rebuilding")))


@pytest.fixture(scope="module")
def orders(lake: Lake) -> BronzeTable:
    """Three hand-overs: a snapshot that lacks a key, a late run, a row that was let through."""
    table = BronzeTable(root=Path(lake.root), columns=COLUMNS, quality=(GOOD,))
    named = [{"id": number, "name": name} for number, name in enumerate("abc", start=1)]
    table.land(1, named, mode="initial")
    table.land(2, [{"id": 1, "name": "bad"}, {"id": 4, "name": "bad"}])
    table.land(3, named[1:2], mode="snapshot")
    table.land(4, [{"id": 5, "name": "e"}, {"id": 2, "_op": "delete"}])
    for number, runs in enumerate(([1], [3, 4], [2]), start=1):
        last = handover(lake, number, table.handed(*runs))
        refresh(lake, last)
    assert release(lake, last, table.name, {"id": "4"}) == 1
    return table


@pytest.fixture(scope="module")
def before(lake: Lake, orders: BronzeTable) -> Sequence[object]:
    """What the hand-overs have made."""
    return silver(lake, orders)


def silver(lake: Lake, table: BronzeTable) -> Sequence[object]:
    paths = (table.silver, f"{table.silver}__history", ASIDE)
    return [rows_of(lake, path) for path in paths]


@pytest.mark.long
def test_a_rebuild_gives_what_hand_overs_have_given_whatever_is_there_and_wherever_one_died(
    lake: Lake,
    orders: BronzeTable,
    before: Sequence[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in (orders.silver, f"{orders.silver}__history"):
        lake.overwrite(path, lake.read(path).where("id <> 5").withColumn("id", F.col("id") + 10))
    commit = Lake._commit

    def dies(lake: Lake, statement: str) -> None:
        if "__history" in statement:
            raise Died
        commit(lake, statement)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "_commit", dies)
        with pytest.raises(Died):
            rebuild(lake, LAST)
    assert silver(lake, orders) != before
    done = rebuild(lake, LAST, [orders.name])
    assert [run.run_no for run in done.tables[0].runs] == [1, 2, 3, 4]
    assert silver(lake, orders) == before
    runs = rows_of(lake, "silver/_runs", "run_no", "handover")
    assert runs == [(number, 3) for number in (1, 2, 3, 4)]


def test_nothing_is_taken_away_where_bronze_is_not_whole(
    lake: Lake, orders: BronzeTable, before: Sequence[object]
) -> None:
    manifest = Path(lake.root) / orders.runs[2]["folder"] / "_manifest.json"
    hidden = manifest.rename(manifest.with_suffix(".hidden"))
    with pytest.raises(FileMissing):
        rebuild(lake, LAST)
    hidden.rename(manifest)
    with pytest.raises(TableUnknown):
        rebuild(lake, LAST, ["shop/public.other"])
    assert silver(lake, orders) == before


def test_a_table_goes_on_with_another_type_from_a_run_on(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark=spark, root=str(tmp_path))
    table = BronzeTable(root=tmp_path, columns=COLUMNS, quality=(GOOD,))
    table.land(1, [{"id": 1, "name": "bad"}])
    first = handover(lake, 1, table.handed(1))
    refresh(lake, first)
    assert release(lake, first, table.name, {}) == 1
    other = {"id": pa.string(), "name": pa.string()}
    table.land(2, [{"id": "x", "name": "a"}], mode="initial", columns=other)
    second = handover(lake, 2, table.handed(2))
    path = "bronze/_handover/00000002.json"
    for made in (lambda: refresh(lake, second), lambda: rebuild(lake, path)):
        with pytest.raises(TypesDiffer):
            made()
    assert live(lake, table.silver) == [(1, "bad")]
    rebuild(lake, path, [table.name], first_run=2)
    assert live(lake, table.silver) == [("x", "a")]


MODEL = """
model: shop
tables:
  - table: dim_order
    kind: scd1
    silver: shop/public.orders
    key: [id]
    surrogate: order_sk
    columns: [{name: id, type: bigint}, {name: name, type: string}]
"""


def test_silver_and_gold_are_made_anew_by_one_command(
    server: str,
    lake: Lake,
    before: Sequence[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "model.yml").write_text(MODEL)
    monkeypatch.setenv("SPARK_REMOTE", server)
    command = ["--lake", lake.root, "--handover", LAST, "--model", str(tmp_path)]
    main(["gold", *command])
    # By hand-overs alone gold would not look at what it has gone through.
    wrong = lake.read("gold/shop/dim_order").withColumn("name", F.lit("wrong"))
    lake.overwrite("gold/shop/dim_order", wrong)
    main(["rebuild", *command])
    assert rows_of(lake, "gold/shop/dim_order", "id", "name") == [(5, "e"), (None, None)]

"""A declaration that is not understood is refused by file and place, before anything is built."""

from pathlib import Path

import pytest

from lakehouse.gold.model import Kind
from lakehouse.gold.reading import read_model
from lakehouse.gold.section import ModelInvalid

ROOT = Path(__file__).parents[3]

GOOD = """
model: shop
tables:
  - table: dim_item
    kind: scd2
    silver: shop/dbo.Item
    key: [item_id]
    surrogate: item_sk
    columns:
      - {name: item_id, type: int}
      - {name: item_name, type: string}
  - table: fact_sale
    kind: fact
    silver: shop/dbo.Sale
    key: [sale_id]
    relationships:
      - {column: item_sk, dimension: dim_item, match: {item_id: item_id}, at: sold_at}
    columns:
      - {name: sale_id, type: bigint, nullable: false}
      - {name: price, type: "decimal(10,2)"}
    measures:
      - {name: Sales, expression: count()}
      - {name: Turnover, expression: sum(price)}
      - {name: Mean price, expression: "[Turnover] / [Sales]"}
  - table: sales
    kind: aggregate
    key: [item_id]
    reads: [fact_sale, dim_item]
    groups: [item_id]
    columns:
      - {name: item_id, type: int}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sales.sql").write_text("SELECT item_id FROM dim_item")
    return tmp_path


def refused(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    (folder / "model.yml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ModelInvalid) as caught:
        read_model(folder)
    return str(caught.value)


def test_a_good_declaration_is_read_whole(folder: Path) -> None:
    (folder / "model.yml").write_text(GOOD)
    model = read_model(folder)
    assert [table.kind for table in model.tables] == [Kind.SCD2, Kind.FACT, Kind.AGGREGATE]
    assert [column.name for column in model.table("dim_item").layout] == [
        *("item_sk", "item_id", "item_name", "valid_from", "valid_to", "is_current", "is_deleted")
    ]
    assert model.table("sales").query.startswith("SELECT")
    assert model.silver == ("shop/dbo.Item", "shop/dbo.Sale")


@pytest.mark.parametrize("name", ["spotify", "flights"])
def test_the_models_of_the_project_are_good(name: str) -> None:
    assert read_model(ROOT / "lakehouse" / "models" / name).name == name


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("kind: scd2", "kind: scd3", "tables[0].kind: must be one of"),
        ("surrogate: item_sk", "surogate: item_sk", "tables[0].surrogate: must be a text"),
        ("model: shop", "model: shop\ncolour: red", "colour: is no key here"),
        ("type: int}", "type: integer}", "tables[0].columns[0].type: must be one of"),
        ("decimal(10,2)", "decimal(39,2)", "tables[1].columns[1].type: has a scale"),
        ("name: item_name", "name: item name", "tables[0].columns[1].name: may not"),
        ("name: item_name", "name: Item_ID", "columns: Item_ID is there twice"),
        ("key: [item_id]", "key: [item]", "tables[0] (dim_item).key: there is no column item"),
        ("key: [sale_id]", "key: [item_sk]", "key: a surrogate key cannot tell facts apart"),
        ("dimension: dim_item", "dimension: dim_user", "there is no dimension dim_user above"),
        ("match: {item_id: item_id}", "match: {id: item_id}", "exactly the key: item_id"),
        ("at: sold_at", "via: user_sk", "`via` must be the column of a relationship above"),
        ("sum(price)", "sum(prices)", "measures[1]: there is no column prices"),
        ("sum(price)", "median(price)", "measures[1].expression: must be count()"),
        ("[Turnover] / [Sales]", "[Sales] / [Cost]", "there is no measure Cost above"),
        ("reads: [fact_sale,", "reads: [fact_sales,", "there is no table fact_sales above"),
        ("groups: [item_id]", "groups: [price]", "groups: price is not in the key"),
        ("groups: [item_id]", "lookups: [fact_sale]", "lookups: there is no dimension fact_sale"),
        ("kind: aggregate", "kind: aggregate\n    sql: ../x.sql", "beside model.yml"),
        ("kind: aggregate", "kind: aggregate\n    sql: other.sql", "there is no file other.sql"),
        ("item_name, type: string", "item_name, nullable: false, type: string", "nullable"),
        ("table: dim_item", 'table: "dim item"', "tables[0].table: must begin with a letter"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_place(
    folder: Path, old: str, new: str, place: str
) -> None:
    message = refused(folder, old, new)
    assert str(folder / "model.yml") in message
    assert place in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"model\.yml: there is no such file"):
        read_model(tmp_path)

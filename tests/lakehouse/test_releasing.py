"""What a hand-over releases comes through once, before its runs, and reaches gold with it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover, live, rows_of
from mortal_lakes import DyingLake, ProcessDied

from lakehouse.delta import Lake
from lakehouse.errors import HandoverInvalid
from lakehouse.gold.build import build_gold
from lakehouse.gold.reading import read_model
from lakehouse.handover import parse_handover
from lakehouse.releasing import release
from lakehouse.silver.refresh import refresh

KNOWN = {"name": "known_plan", "rule": "plan IN ('Free', 'Premium')", "severity": "quarantine"}
COLUMNS = {"id": pa.int32(), "plan": pa.string()}
ASIDE = "quarantine/shop/public.orders__silver"
MODEL = """
model: shop
title: Shop
description: What is ordered.
tables:
  - table: dim_order
    kind: scd1
    description: Orders.
    silver: shop/public.orders
    key: [id]
    surrogate: order_sk
    columns:
      - {name: id, type: int, description: Number}
      - {name: plan, type: string, description: Plan}
"""


@pytest.fixture
def users(tmp_path: Path) -> BronzeTable:
    return BronzeTable(root=tmp_path, columns=COLUMNS, quality=(KNOWN,))


def user(number: int, plan: str) -> dict[str, object]:
    return {"id": number, "plan": plan}


def test_a_release_lets_through_what_waited_before_its_hand_over_and_nothing_of_it(
    lake: Lake, users: BronzeTable
) -> None:
    users.land(1, [user(1, "Gold"), user(2, "Gold"), user(3, "Free")])
    users.land(2, [user(3, "Lead"), user(4, "Lead")])
    refresh(lake, handover(lake, 1, users.handed(1)))
    one = handover(lake, 2, users.handed(2), releases=[(users.name, {"id": "1"})])
    for _ in range(2):  # a repair repeats it
        refresh(lake, one)
        assert live(lake, users.silver) == [(1, "Gold"), (3, "Free")]
    everything = handover(lake, 3, users.handed(), releases=[(users.name, {})])
    refresh(lake, everything)
    assert live(lake, users.silver) == [(1, "Gold"), (2, "Gold"), (3, "Lead"), (4, "Lead")]
    assert rows_of(lake, ASIDE, "id", "_released_in") == [(1, 2), (2, 3), (3, 3), (4, 3)]
    before = {path: lake.read(path).count() for path in (users.silver, ASIDE)}
    refresh(lake, everything)
    assert {path: lake.read(path).count() for path in before} == before


def test_a_release_that_finds_nothing_stops_no_hand_over(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Free")])
    nothing: list[tuple[str, dict[str, str]]] = [
        (users.name, {}),
        (users.name, {"former_key": "1"}),
        ("shop/public.other", {}),
    ]
    refresh(lake, handover(lake, 1, users.handed(1), releases=nothing))
    refresh(lake, handover(lake, 2, users.handed(), releases=nothing))
    assert live(lake, users.silver) == [(1, "Free")]


@pytest.mark.long
def test_whoever_dies_while_letting_through_is_made_up_for(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Free"), user(2, "Free")])
    users.land(2, [user(1, "Gold")])
    users.land(3, [user(2, "Premium")], mode="snapshot")
    refresh(lake, handover(lake, 1, users.handed(1, 2, 3)))
    given = handover(lake, 2, users.handed(), releases=[(users.name, {})])
    for until in range(4):
        with pytest.raises(ProcessDied):
            refresh(DyingLake(spark=lake.spark, root=lake.root, until=until), given)
    refresh(lake, given)
    assert rows_of(lake, users.silver, "id", "plan", "_op") == [
        (1, None, "delete"),
        (2, "Premium", "snapshot"),
    ]
    history = rows_of(lake, f"{users.silver}__history", "id", "plan", "_op", "_run_no")
    assert history == [
        (1, "Free", "upsert", 1),
        (1, "Gold", "upsert", 2),
        (1, None, "delete", 3),
        (2, "Free", "upsert", 1),
        (2, "Premium", "snapshot", 3),
    ]
    assert rows_of(lake, ASIDE, "id", "_released_in") == [(1, 2)]


def test_what_is_released_reaches_gold_with_its_hand_over(
    lake: Lake, users: BronzeTable, tmp_path: Path
) -> None:
    (tmp_path / "model.yml").write_text(MODEL)
    model = read_model(tmp_path)

    def plans(number: int, *given: Any, **more: Any) -> list[tuple[Any, ...]]:
        handed = handover(lake, number, *given, **more)
        refresh(lake, handed)
        build_gold(lake, model, handed)
        return rows_of(lake, "gold/shop/dim_order", "id", "plan", where="order_sk <> -1")

    users.land(1, [user(1, "Gold"), user(2, "Lead"), user(3, "Free")])
    assert plans(1, users.handed(1)) == [(3, "Free")]
    # Hand-overs that bring the table nothing lie between.
    assert plans(2, users.handed()) == [(3, "Free")]
    assert plans(3, users.handed(), releases=[(users.name, {"id": "1"})]) == [
        (1, "Gold"),
        (3, "Free"),
    ]
    # By hand, with no other hand-over known than the first.
    release(lake, handover(lake, 1, users.handed(1)), users.name, {"id": "2"})
    assert plans(4, users.handed()) == [(1, "Gold"), (2, "Lead"), (3, "Free")]


def test_a_release_whose_key_is_no_text_is_refused() -> None:
    text = (
        '{"format": 1, "number": 1, "tables": [], "releases": [{"table": "a", "key": {"id": 1}}]}'
    )
    with pytest.raises(HandoverInvalid, match=r"releases\[0\].key"):
        parse_handover(text, "h.json")

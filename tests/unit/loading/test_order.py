"""Ids of orders and runs: they sort by time, are safe everywhere, and can be taken apart again."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.loading.errors import BadOrder
from shared.loading.order import (
    Order,
    TableOrder,
    instance_of,
    is_order_id,
    new_order_id,
    order_instance,
    order_of_run,
    run_id,
    table_key,
    table_of_key,
    table_of_run,
)

ORDER = "20260131T123456789Z-0abcde"


def order(**fields: Any) -> Order:
    return Order(order_id=ORDER, tables=("crm/dbo.Users",), created_at="", **fields)


def test_an_order_id_says_its_time_in_utc_to_the_millisecond() -> None:
    berlin = timezone(timedelta(hours=1))
    now = datetime(2026, 1, 31, 13, 34, 56, 789_999, berlin)
    assert new_order_id(now, "0abcde") == ORDER


def test_order_ids_sort_by_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_order_id(start + timedelta(milliseconds=n * 997), "000000") for n in range(500)]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    "text",
    ["", "20260131T123456Z-0abcde", ORDER.upper(), ORDER + "0", ORDER + "\n", f"{ORDER}.x.y"],
)
def test_what_only_looks_like_an_order_id_is_none(text: str) -> None:
    assert is_order_id(ORDER)
    assert not is_order_id(text)


@pytest.mark.parametrize("table", ["crm/dbo.Users", "crm/a.b.c", "crm/dbo.Ü ber/#?", "x/_.hid"])
@pytest.mark.parametrize("part", [None, 1, 99_999])
def test_a_run_id_names_its_order_and_its_table(table: str, part: int | None) -> None:
    run = run_id(ORDER, table, part)
    assert (order_of_run(run), table_of_run(run)) == (ORDER, table)
    assert not set(run) & set("/\\#? %")


@pytest.mark.parametrize("text", ["", "nothing", ORDER, "20260131.crm.dbo.Users"])
def test_what_is_no_run_id_is_refused(text: str) -> None:
    with pytest.raises(BadOrder, match="not a run id"):
        order_of_run(text)


def test_tables_whose_names_run_together_have_different_keys() -> None:
    names = ["a/b.c", "a/b_c", "a/b~2Ec", "a/b/c", "a/bc"]
    keys = [table_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert [table_of_key(key) for key in keys] == names


def test_a_table_of_an_order_is_one_run_whatever_the_attempt() -> None:
    first = TableOrder(order_id=ORDER, table="crm/dbo.Users", mode="initial", reason="request")
    again = TableOrder(
        order_id=ORDER, table="crm/dbo.Users", mode="initial", reason="request", attempt=2
    )
    assert first.run_id == again.run_id == f"{ORDER}.crm.dbo.Users"


def test_every_attempt_is_an_orchestration_of_its_own() -> None:
    names = {order_instance(order(attempt=n)) for n in (1, 2, 3)}
    assert names == {ORDER, f"{ORDER}.2", f"{ORDER}.3"}


def test_a_child_has_an_id_that_durable_accepts_however_long_its_table() -> None:
    name = instance_of(order(attempt=12), "crm/" + "Ü" * 400)
    assert len(name) <= 100
    assert name != instance_of(order(attempt=13), "crm/" + "Ü" * 400)

"""An order of many tables, replayed: waves, groups, and failures that sink nobody else."""

from typing import Any

import pytest
from rehearsal import Broken, failure, rehearse
from scripts import batch, batch_script, failed, succeeded

from shared.durable.steps import load_batch
from shared.loading.order import OrderWork
from shared.operations.records import OrderRecord


def tables(count: int) -> tuple[str, ...]:
    return tuple(f"crm/dbo.T{number:04d}" for number in range(count))


def well(table: str) -> Any:
    return succeeded(table=table)


def test_an_order_is_opened_loaded_and_closed() -> None:
    order = batch(*tables(3))
    run = rehearse(load_batch, OrderWork(order=order), batch_script(order, (order.tables,), well))
    assert run.steps == ["open_order", *["load_table"] * 3, "close_order"]
    assert run.output["state"] == "succeeded"


def test_an_order_that_went_well_is_alerted_if_a_bound_is_held_back_for_long() -> None:
    order = batch(*tables(2))

    def end(_: Any) -> OrderRecord:
        return OrderRecord(order=order, state="succeeded", held_back=1)

    script = batch_script(order, (order.tables,), well, end)
    run = rehearse(load_batch, OrderWork(order=order), script)
    assert run.steps[-2:] == ["close_order", "raise_alert"]
    assert (run.output["state"], run.output["alert"]) == ("succeeded", "sent")


def test_a_wave_begins_when_the_one_before_it_has_ended() -> None:
    order = batch(*tables(5))
    waves = (order.tables[:2], order.tables[2:4], order.tables[4:])
    ended: list[str] = []

    def load(table: str) -> Any:
        for earlier in waves[: next(n for n, wave in enumerate(waves) if table in wave)]:
            assert set(earlier) <= set(ended)
        ended.append(table)
        return well(table)

    rehearse(load_batch, OrderWork(order=order), batch_script(order, waves, load))
    assert sorted(ended) == sorted(order.tables)


@pytest.mark.parametrize("how", ["record", "host"])
def test_a_failing_table_does_not_stop_the_others(how: str) -> None:
    order = batch(*tables(6))
    waves = (order.tables[:4], order.tables[4:])
    begun: list[str] = []

    def load(table: str) -> Any:
        begun.append(table)
        if table != order.tables[1]:
            return well(table)
        if how == "host":
            raise Broken("terminated")
        return failed(table, failure())

    rehearse(load_batch, OrderWork(order=order), batch_script(order, waves, load))
    assert sorted(begun) == sorted(order.tables)


def test_a_failed_order_is_alerted() -> None:
    order = batch(*tables(1))
    script = batch_script(
        order, (order.tables,), well, lambda _: OrderRecord(order=order, state="failed", failed=1)
    )
    run = rehearse(load_batch, OrderWork(order=order), script)
    assert run.steps[-2:] == ["close_order", "raise_alert"]
    assert run.output["alert"] == "sent"


def test_a_lost_alert_fails_nothing_else_and_is_told() -> None:
    order = batch(*tables(1))
    usual = batch_script(
        order, (order.tables,), well, lambda _: OrderRecord(order=order, state="failed", failed=1)
    )

    def deaf(name: str, payload: Any) -> Any:
        return failure("AlertUndelivered") if name == "raise_alert" else usual(name, payload)

    run = rehearse(load_batch, OrderWork(order=order), deaf)
    assert (run.output["state"], run.output["alert"]) == ("failed", "failed")


def test_an_order_that_cannot_be_opened_is_closed_with_the_cause() -> None:
    order = batch(*tables(2))
    usual = batch_script(order, (order.tables,), well)

    def broken(name: str, payload: Any) -> Any:
        return failure("CatalogBroken") if name == "open_order" else usual(name, payload)

    run = rehearse(load_batch, OrderWork(order=order), broken)
    assert run.steps == ["open_order", "close_order"]
    [end] = run.given("close_order")
    assert end["broke"]["type"] == "CatalogBroken"


@pytest.mark.parametrize("count", [1, 50, 51, 120])
def test_every_table_is_loaded_once_in_groups_of_at_most_fifty(count: int) -> None:
    order = batch(*tables(count))
    loaded: list[str] = []

    def load(table: str) -> Any:
        loaded.append(table)
        return well(table)

    run = rehearse(load_batch, OrderWork(order=order), batch_script(order, (order.tables,), load))
    assert sorted(loaded) == sorted(order.tables)
    for each in run.every():
        assert len([work for work in each.done if work.instance]) <= 50
    instances = [work.instance for each in run.every() for work in each.done if work.instance]
    assert len(set(instances)) == len(instances)
    assert max(len(instance) for instance in instances) <= 100


def test_a_slow_table_keeps_no_other_waiting() -> None:
    order = batch(*tables(50))
    run = rehearse(load_batch, OrderWork(order=order), batch_script(order, (order.tables,), well))
    assert run.peaks["load_table"] == 50


def test_a_long_chain_of_tables_keeps_to_fifty_children_too() -> None:
    order = batch(*tables(60))
    waves = tuple((table,) for table in order.tables)
    run = rehearse(load_batch, OrderWork(order=order), batch_script(order, waves, well))
    assert run.generations == 2
    assert run.output["state"] == "succeeded"
    assert sorted(given["table"] for given in run.given("load_table")) == sorted(order.tables)


def test_a_group_that_the_host_ended_leaves_the_verdict_to_the_ledger() -> None:
    order = batch(*tables(60))
    usual = batch_script(order, (order.tables,), well)

    def dying(name: str, payload: Any) -> Any:
        if name == "load_group" and len(payload["tables"]) == 50:
            raise Broken("terminated")
        return usual(name, payload)

    run = rehearse(load_batch, OrderWork(order=order), dying)
    assert run.steps[-1] == "close_order"


def test_an_order_by_which_an_incident_is_over_is_told_of_though_it_went_well() -> None:
    order = batch(*tables(2))

    def end(_: Any) -> OrderRecord:
        return OrderRecord(order=order, state="succeeded", mended=1)

    script = batch_script(order, (order.tables,), well, end)
    run = rehearse(load_batch, OrderWork(order=order), script)
    assert run.steps[-2:] == ["close_order", "raise_alert"]

"""One trace leads from an event to the gold table, whoever dies on the way; and none of it holds a secret or a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from e2e_api import Api
from e2e_job import handed, handovers, published
from e2e_lineage import REFRESHES, await_told, ended_runs, known
from e2e_secrets import MARK
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import EVERY_SECOND, Stack
from e2e_traces import LINEAGE, Collector, TracedSpan, collecting
from e2e_waiting import await_value

from local.databricks.refresh_job import write_refresh_job
from local.stack_process import SERVE
from shared.telemetry.measures import MEASURES
from shared.telemetry.span import SPANS

SOURCE = "traced"
ROW = "ada.lovelace@example.org"
MODEL = f"""
model: traced
title: Traced
description: The items as they are.
tables:
  - table: dim_item
    kind: scd1
    description: Items as they are now.
    silver: {SOURCE}/{SOURCE}.item
    key: [id]
    surrogate: item_sk
    columns:
      - {{name: id, type: bigint, description: Number of the item}}
      - {{name: name, type: string, description: Name of the item}}
"""
# From the event on; each load of one table has all of them.
LOAD = ("order", "load_table", "open_order", "take_turn", "plan_load", "extract_slice")
COMMIT = ("judge_quality", "claim_commit", "publish", "advance_watermark", "end_turn")
REFRESH = ("hand_over", "start_refresh", "observe_refresh", "close_refresh", "job_run")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(place: Path, environ: dict[str, str], collector: Collector) -> Iterator[Stack]:
    """A stack that ticks, tells a collector, and has the lakehouse's own job; its database's address holds a secret."""
    state, tables, model = place / "traced", place / "traced-tables", place / "traced-model"
    model.mkdir()
    (model / "model.yml").write_text(MODEL)
    jobs = write_refresh_job(place / "traced-jobs.json", lake=state / "lake", models=[model])
    own = Stack(
        state=state,
        tables=tables,
        environ={
            **environ,
            "TIDEMARK_TELEMETRY": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "TIDEMARK_OPENLINEAGE": f"{collector.url}{LINEAGE}",
        },
        tick=EVERY_SECOND,
        launcher=(*SERVE, "--jobs", str(jobs)),
    )
    own.start()
    yield own
    own.stop()
    assert_discreet(own, collector)


@pytest.fixture(scope="module")
def items(traced: Stack, database: str) -> Source:
    source = Source(name=SOURCE, uri=database, tables=traced.tables)
    source.execute(f"CREATE SCHEMA {SOURCE}")
    create_items(source)
    source.execute(f"UPDATE item SET name = '{ROW}' WHERE id = 1")
    source.declare("item", watermark=STAMPED)
    return source


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a load told: its run, and the lineage of the run and of its order."""

    run: Any
    table: list[Any]
    order: list[Any]


@pytest.fixture(scope="module")
def told(traced: Stack, items: Source, collector: Collector) -> Told:
    table, before = items.full("item"), known(collector)
    with Api(traced.url) as api:
        run = api.load_one(table, mode="initial")
    return Told(
        run=run,
        table=await_told(collector, table, before, "START", "RUNNING", "COMPLETE"),
        order=await_told(collector, "load_batch", before, "START", "COMPLETE"),
    )


def event(number: int, table: str, trace_id: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"traced-{number}",
        "source": "/tests",
        "type": "Tidemark.TableChanged",
        "subject": table,
        "traceparent": f"00-{trace_id}-{'c' * 16}-01",
    }


def sent(collector: Collector, trace_id: str, *names: str) -> list[TracedSpan]:
    """Wait until a trace has spans of all these names, and give it."""

    def look() -> list[TracedSpan] | None:
        spans = collector.trace(trace_id)
        return spans if set(names) <= {span.name for span in spans} else None

    return await_value(
        look,
        f"spans {names}",
        lambda: [(span.name, span.attributes) for span in collector.trace(trace_id)],
    )


def await_handed_over(stack: Stack, source: Source, collector: Collector) -> None:
    """Wait until nothing waits for the lakehouse and every refresh was told of, so that what is told next is of the next load."""

    def look() -> bool:
        found = handed(stack.lake)
        there = {name: published(stack.lake, source.target(name)) for name in ("item", "gated")}
        over = all(sorted(found.get(source.full(name), [])) == runs for name, runs in there.items())
        # A refresh has succeeded a moment before its lineage is sent.
        return over and len(ended_runs(collector, REFRESHES)) == len(handovers(stack.lake))

    await_value(look, "everything to be handed over", lambda: handed(stack.lake))


def test_one_trace_leads_from_an_event_to_the_gold_table(
    traced: Stack, items: Source, collector: Collector
) -> None:
    trace_id = "1" * 32
    with Api(traced.url) as api:
        await_handed_over(traced, items, collector)
        items.execute(f"INSERT INTO item (name) VALUES ('{ROW}')")
        api.deliver(event(1, items.full("item"), trace_id))
        spans = sent(
            collector, trace_id, "event", *LOAD, *COMMIT, *REFRESH, "silver_table", "gold_table"
        )
    assert collector.orphans(trace_id, "c" * 16) == []
    assert {span.name for span in spans} <= set(SPANS)
    assert not any(span.failed for span in spans)
    by_name = {span.name: span for span in spans}
    order, run, over = by_name["order"], by_name["load_table"], by_name["hand_over"]
    assert (order.above, run.above, over.above) == ("c" * 16, order.span_id, run.span_id)
    assert by_name["extract_slice"].above == run.span_id
    assert by_name["job_run"].above == by_name["gold_table"].above == over.span_id
    assert by_name["event"].links == (order.span_id,)
    assert all(span.began <= span.ended for span in spans)
    assert int(run.attributes["tidemark.rows"]) >= 1
    assert by_name["gold_table"].attributes["tidemark.table"] == "gold/traced/dim_item"


def test_what_was_measured_names_the_table_and_what_came_of_it(
    told: Told, items: Source, collector: Collector
) -> None:
    table = items.full("item")

    def measured() -> Any:
        points = [
            {each["key"]: each["value"]["stringValue"] for each in point["attributes"]}
            for measure in list(collector.measures)
            if measure["name"] == "tidemark.rows"
            for point in measure["sum"]["dataPoints"]
        ]
        return next((said for said in points if said["tidemark.table"] == table), None)

    said = await_value(measured, "measures of the table")
    assert said["tidemark.outcome"] == "loaded"
    taken = {measure.name: measure.unit for measure in MEASURES}
    assert {each["name"]: each["unit"] for each in collector.measures}.items() <= taken.items()


@pytest.mark.long
def test_a_load_that_everything_is_killed_under_leaves_a_whole_tree(
    traced: Stack, items: Source, collector: Collector
) -> None:
    gate = Gate(items)
    gate.create("gated", "item")
    table = items.declare("gated", watermark=STAMPED)
    gate.close()
    header = {"traceparent": f"00-{'2' * 32}-{'d' * 16}-01"}
    try:
        with Api(traced.url) as api:
            answer = api.http.post("/api/loads", json={"tables": [table]}, headers=header)
            assert answer.status_code == 202
            gate.await_waiting()
        traced.kill()
    finally:
        gate.open()
    traced.start()
    with Api(traced.url) as api:
        assert api.wait_for_order(answer.json()["order_id"])["state"] == "succeeded"
        spans = sent(collector, "2" * 32, *LOAD, *COMMIT, "close_order")
    assert collector.orphans("2" * 32, "d" * 16) == []
    for name in ("order", "load_table"):
        assert len({span.span_id for span in spans if span.name == name}) == 1


def test_a_failed_load_is_told_by_the_type_of_its_error(
    traced: Stack, items: Source, collector: Collector
) -> None:
    table = items.declare("absent", watermark=STAMPED)
    header = {"traceparent": f"00-{'3' * 32}-{'e' * 16}-01"}
    with Api(traced.url) as api:
        answer = api.http.post("/api/loads", json={"tables": [table]}, headers=header)
        api.wait_for_order(answer.json()["order_id"])
        spans = sent(collector, "3" * 32, "order", "load_table", "plan_load")
    assert collector.orphans("3" * 32, "e" * 16) == []
    failed = {span.name: span.attributes["error.type"] for span in spans if span.failed}
    # Of the order's alert, which is tried again, where the tick is sending it at that moment.
    assert failed.pop("raise_alert", "AlertUndelivered") == "AlertUndelivered"
    [_, end] = await_told(collector, table, (), "START", "FAIL")
    assert end["run"]["facets"]["errorMessage"]["message"] == "TableMissing"
    assert failed == {
        "plan_load": "TableMissing",
        "load_table": "TableMissing",
        "order": "RunsFailed",
    }


@pytest.mark.long
def test_a_collector_that_takes_nothing_fails_no_load_and_gets_what_it_missed(
    traced: Stack, items: Source, collector: Collector
) -> None:
    header = {"traceparent": f"00-{'4' * 32}-{'f' * 16}-01"}
    table, before = items.full("item"), known(collector)
    items.execute(f"INSERT INTO item (name) VALUES ('{ROW}')")
    collector.refuses = True
    with Api(traced.url) as api:
        try:
            answer = api.http.post("/api/loads", json={"tables": [table]}, headers=header)
            order = api.wait_for_order(answer.json()["order_id"])
        finally:
            collector.refuses = False
        assert order["state"] == "succeeded"
        sent(collector, "4" * 32, "order", "load_table", "close_order")
    # Else it comes in the middle of what another test waits for.
    await_told(collector, table, before, "START", "RUNNING", "COMPLETE")
    assert collector.orphans("4" * 32, "f" * 16) == []


def test_lineage_says_what_a_load_read_and_wrote_and_belongs_to_its_order(
    told: Told,
) -> None:
    run, (began, judged, ended) = told.run, told.table
    assert len({each["run"]["runId"] for each in (began, judged, ended)}) == 1
    [read], [wrote] = judged["inputs"], ended["outputs"]
    assert read["namespace"].startswith("postgres://127.0.0.1:")
    assert read["name"] == f"postgres.{SOURCE}.item"
    assert read["inputFacets"]["dataQualityMetrics"]["rowCount"] == run["rows"]
    assert wrote["name"] == f"{SOURCE}/{SOURCE}.item"
    assert wrote["outputFacets"]["outputStatistics"]["rowCount"] == run["rows"]
    columns = [each["name"] for each in wrote["facets"]["schema"]["fields"]]
    assert columns[:4] == ["id", "name", "price", "updated_at"]
    parent = ended["run"]["facets"]["parent"]["run"]["runId"]
    assert {each["run"]["runId"] for each in told.order} == {parent}


@pytest.mark.long
def test_lineage_leads_on_to_the_gold_table(
    traced: Stack, items: Source, collector: Collector
) -> None:
    table, gold = items.full("item"), "gold/traced/dim_item"
    with Api(traced.url) as api:
        api.load_one(table)
        await_handed_over(traced, items, collector)
        before = known(collector)
        items.execute(f"INSERT INTO item (name) VALUES ('{ROW}')")
        api.load_one(table)
        _, ended = await_told(collector, gold, before, "START", "COMPLETE")
        _, refreshed = await_told(collector, REFRESHES, before, "START", "COMPLETE")
    [read], [wrote] = ended["inputs"], ended["outputs"]
    silver = [(each["namespace"], each["name"]) for each in refreshed["outputs"]]
    assert (read["namespace"], read["name"]) in silver
    assert (wrote["name"], wrote["outputFacets"]["outputStatistics"]["rowCount"]) == (
        "traced/dim_item",
        1,
    )
    columns = [each["name"] for each in wrote["facets"]["schema"]["fields"]]
    assert {"item_sk", "id", "name"} <= set(columns)
    parent = ended["run"]["facets"]["parent"]["run"]["runId"]
    assert parent == refreshed["run"]["runId"]


@pytest.mark.long
def test_lineage_that_was_not_taken_is_kept_and_sent_by_a_later_tick(
    traced: Stack, items: Source, collector: Collector
) -> None:
    table, before = items.full("item"), known(collector)
    kept = traced.lake / "bronze" / "_lineage"
    collector.refuses = True
    with Api(traced.url) as api:
        try:
            run = api.load_one(table, mode="initial")
            assert list(kept.glob("*.json"))
        finally:
            collector.refuses = False
    assert run["state"] == "succeeded"
    await_told(collector, table, before, "START", "RUNNING", "COMPLETE")
    await_value(lambda: not list(kept.glob("*.json")), "what was kept to be taken away")


def test_neither_secret_nor_row_is_told_anywhere(
    told: Told, traced: Stack, collector: Collector
) -> None:
    assert_discreet(traced, collector)


def assert_discreet(traced: Stack, collector: Collector) -> None:
    """Neither the log nor anything that was sent holds what was planted."""
    log = (traced.state / "host.log").read_text()
    assert all((log, collector.texts))
    for text in (log, *collector.texts):
        assert MARK not in text
        assert ROW not in text

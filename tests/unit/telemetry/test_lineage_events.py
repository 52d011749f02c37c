"""Lineage as OpenLineage has it: what the client's classes accept, in the form that its specification asks for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.adapters.openlineage.events import encode, run_uuid
from shared.telemetry.lineage import Asserted, Dataset, LineageEvent, LineageRun

AT = "2026-01-01T00:00:00+00:00"
ORDER = LineageRun(job="load_batch", key="o", kind="ORDER")
LOAD = LineageRun(job="shop/public.orders", key="r", kind="LOAD")
SOURCE = Dataset(
    namespace="postgres://db:5432",
    name="shop.public.orders",
    columns=(("id", "bigint"), ("plan", "text")),
    rows=7,
    nulls={"plan": 2},
    asserted=(Asserted(rule="known_plan", severity="block", broken=1, rows=7),),
)
BRONZE = Dataset(
    namespace="abfss://bronze@lake.dfs.core.windows.net",
    name="shop/public.orders",
    columns=(("id", "int64"),),
    rows=7,
    bytes=900,
    files=1,
)
WHOLE = LineageEvent(
    moment="FAIL",
    at=AT,
    run=LOAD,
    parent=ORDER,
    inputs=(SOURCE,),
    outputs=(BRONZE,),
    error="ContractBroken",
)

# What the specification (2-0-2, and its facets) asks of what we send, in our words.
_TEXT, _URI = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^https://"}


def _of(required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": members}


def _facet(required: str = "", **members: Any) -> dict[str, Any]:
    return _of(f"_producer _schemaURL {required}", _producer=_URI, _schemaURL=_URI, **members)


_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_COUNT = {"type": "integer", "minimum": 0}
_FIELD = _of("name", name=_TEXT, type=_TEXT, ordinal_position={"type": "integer", "minimum": 1})
_SCHEMA = _facet("fields", fields={"type": "array", "items": _FIELD})
_METRICS = _facet(
    "columnMetrics",
    rowCount=_COUNT,
    columnMetrics={"additionalProperties": _of("", nullCount=_COUNT)},
)
_ASSERTIONS = _facet(
    "assertions",
    assertions={"type": "array", "items": _of("assertion success", success={"type": "boolean"})},
)
_DATASET = _of(
    "namespace name",
    namespace=_TEXT,
    name=_TEXT,
    facets=_of("", schema=_SCHEMA),
    inputFacets=_of("", dataQualityMetrics=_METRICS, dataQualityAssertions=_ASSERTIONS),
    outputFacets=_of("", outputStatistics=_facet(rowCount=_COUNT, size=_COUNT, fileCount=_COUNT)),
)
_JOB = _of("namespace name", namespace=_TEXT, name=_TEXT)
_RUN_FACETS = _of(
    "",
    parent=_facet("run job", run=_of("runId", runId=_UUID), job=_JOB),
    errorMessage=_facet("message programmingLanguage", message=_TEXT, programmingLanguage=_TEXT),
)
EVENT = _of(
    "eventTime producer schemaURL run job",
    eventType={"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
    eventTime={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*(Z|\+00:00)$"},
    producer=_URI,
    schemaURL={"type": "string", "pattern": "/OpenLineage.json#/\\$defs/RunEvent$"},
    run=_of("runId", runId=_UUID, facets=_RUN_FACETS),
    job=_JOB,
    inputs={"type": "array", "items": _DATASET},
    outputs={"type": "array", "items": _DATASET},
)


def _events() -> Iterator[LineageEvent]:
    yield WHOLE
    yield LineageEvent(moment="START", at=AT, run=ORDER)
    yield LineageEvent(moment="COMPLETE", at=AT, run=LOAD, parent=ORDER, outputs=(BRONZE,))
    yield LineageEvent(moment="RUNNING", at=AT, run=LOAD, inputs=(SOURCE,))
    yield LineageEvent(moment="ABORT", at=AT, run=ORDER)


@pytest.mark.parametrize("event", list(_events()), ids=lambda event: event.moment)
def test_every_event_has_the_form_that_the_specification_asks_for(event: LineageEvent) -> None:
    errors = Draft202012Validator(EVENT).iter_errors(encode(event, "tidemark"))
    assert [error.message for error in errors] == []


def test_a_failed_run_says_the_type_of_its_error_and_what_was_found_of_its_rows() -> None:
    told = encode(WHOLE, "tidemark")
    assert told["run"]["facets"]["errorMessage"]["message"] == "ContractBroken"
    [read] = told["inputs"]
    assert read["inputFacets"]["dataQualityMetrics"]["columnMetrics"] == {
        "plan": {"nullCount": 2, "quantiles": {}}
    }
    [rule] = read["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (rule["assertion"], rule["success"], rule["severity"]) == ("known_plan", False, "error")
    assert (rule["expected"], rule["actual"]) == ("0", "1")


def test_a_run_belongs_to_its_order_by_an_id_that_everybody_makes_alike() -> None:
    told = encode(WHOLE, "tidemark")
    assert told["run"]["runId"] == run_uuid(LOAD, "tidemark")
    assert told["run"]["facets"]["parent"]["run"]["runId"] == run_uuid(ORDER, "tidemark")
    assert run_uuid(LOAD, "tidemark") != run_uuid(LOAD, "other")


def test_what_is_not_known_is_left_out() -> None:
    told = encode(LineageEvent(moment="START", at=AT, run=ORDER), "tidemark")
    assert (told["inputs"], told["outputs"]) == ([], [])
    assert re.search("null", str(told)) is None

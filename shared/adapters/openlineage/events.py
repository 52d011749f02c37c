"""Our lineage in the classes of OpenLineage's own client, which check what they are given."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from openlineage.client import event_v2 as ol
from openlineage.client import facet_v2 as facets
from openlineage.client.serde import Serde

from shared.telemetry.lineage import Dataset, LineageEvent, LineageRun

# Who tells it, as a URI; the project has no address of its own.
PRODUCER = "https://tidemark.invalid/lineage/v1"
ol.set_producer(PRODUCER)
# OpenLineage knows `error` and `warn`.
_SEVERITIES = {"warn": "warn", "quarantine": "error", "block": "error"}


def encode(event: LineageEvent, namespace: str) -> dict[str, Any]:
    """Give an event as the JSON that OpenLineage defines; jobs are in the namespace."""
    made = ol.RunEvent(
        eventType=ol.RunState[event.moment],
        eventTime=event.at,
        run=ol.Run(runId=run_uuid(event.run, namespace), facets=_run_facets(event, namespace)),
        job=ol.Job(namespace=namespace, name=event.run.job, facets=_job_facets(event.run)),
        producer=PRODUCER,
        inputs=[_input(each) for each in event.inputs],
        outputs=[_output(each) for each in event.outputs],
    )
    return Serde.to_dict(made)


def run_uuid(run: LineageRun, namespace: str) -> str:
    """Give the id of a run: the same for everybody who names it."""
    return str(uuid5(NAMESPACE_URL, f"{namespace}/{run.kind}/{run.job}/{run.key}"))


def _run_facets(event: LineageEvent, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if event.parent is not None:
        found["parent"] = facets.parent_run.ParentRunFacet(
            run=facets.parent_run.Run(runId=run_uuid(event.parent, namespace)),
            job=facets.parent_run.Job(namespace=namespace, name=event.parent.job),
        )
    if event.error is not None:
        found["errorMessage"] = facets.error_message_run.ErrorMessageRunFacet(
            message=event.error, programmingLanguage="PYTHON"
        )
    return found


def _job_facets(run: LineageRun) -> dict[str, Any]:
    kind = facets.job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="TIDEMARK", jobType=run.kind
    )
    return {"jobType": kind}


def _input(dataset: Dataset) -> ol.InputDataset:
    own: dict[str, Any] = {}
    if dataset.rows is not None:
        metrics = facets.data_quality_metrics_input_dataset
        own["dataQualityMetrics"] = metrics.DataQualityMetricsInputDatasetFacet(
            columnMetrics={
                column: metrics.ColumnMetrics(nullCount=nulls)
                for column, nulls in dataset.nulls.items()
            },
            rowCount=dataset.rows,
        )
    if dataset.asserted:
        assertions = facets.data_quality_assertions_dataset
        own["dataQualityAssertions"] = assertions.DataQualityAssertionsDatasetFacet(
            assertions=[
                assertions.Assertion(
                    assertion=each.rule,
                    success=each.broken == 0,
                    severity=_SEVERITIES[each.severity],
                    expected="0",
                    actual=str(each.broken),
                )
                for each in dataset.asserted
            ]
        )
    return ol.InputDataset(
        namespace=dataset.namespace,
        name=dataset.name,
        facets=_dataset_facets(dataset),
        inputFacets=own,
    )


def _output(dataset: Dataset) -> ol.OutputDataset:
    own: dict[str, Any] = {}
    if dataset.rows is not None:
        statistics = facets.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
        own["outputStatistics"] = statistics(
            rowCount=dataset.rows, size=dataset.bytes, fileCount=dataset.files
        )
    return ol.OutputDataset(
        namespace=dataset.namespace,
        name=dataset.name,
        facets=_dataset_facets(dataset),
        outputFacets=own,
    )


def _dataset_facets(dataset: Dataset) -> dict[str, Any]:
    if not dataset.columns:
        return {}
    schema = facets.schema_dataset
    return {
        "schema": schema.SchemaDatasetFacet(
            fields=[
                schema.SchemaDatasetFacetFields(name=name, type=kind, ordinal_position=at)
                for at, (name, kind) in enumerate(dataset.columns, start=1)
            ]
        )
    }

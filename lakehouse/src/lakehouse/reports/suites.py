"""Great Expectations, as an extra: suites made of the rules, validated, with results and data docs.

Each rule is one expectation: a query of the rows that break it, which is to give none. Documents say
how many there are, never which, so that no value of a row gets into them.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.errors import ExtraMissing, RuleInvalid
from lakehouse.handover import Handover, Rule, Table
from lakehouse.kinds import quoted
from lakehouse.reports.state import present_state
from lakehouse.silver.quality import NO_KEY, is_broken

_SEVERITIES = {"warn": "warning", "quarantine": "critical", "block": "critical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What came of one expectation: how many of a table's rows broke the rule."""

    table: str
    rule: str
    rows: int
    broken: int


def expect(lake: Lake, handover: Handover, into: Path) -> list[Validated]:
    """Write suites, validation results and data docs of all tables with rules below a folder.

    Of earlier times the results and documents stay; suites are as the hand-over has the rules now.

    Raises:
        ExtraMissing: Great Expectations is not installed.
        RuleInvalid: a rule is no condition over the table's columns, or cannot be computed of a row.
    """
    states = {
        table: present_state(lake, table)
        for table in handover.tables
        if table.quality and lake.exists(table.silver)
    }
    for table, rows in states.items():
        for rule in table.quality:
            is_broken(rows, table, rule)
    gx = _library()
    context = _context(gx, into)
    source = context.data_sources.add_spark("silver", persist=False)
    found: list[Validated] = []
    for table, rows in states.items():
        found += _validate(gx, context, source, table, rows)
    context.build_data_docs()
    return found


def _library() -> Any:
    # Before the import: nothing is to be told to anybody outside.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    try:
        return importlib.import_module("great_expectations")
    except ImportError as error:
        raise ExtraMissing(f"Great Expectations cannot be imported: {error}") from error


def _context(gx: Any, into: Path) -> Any:
    """Open a project whose suites, results and documents lie beside each other in the folder."""
    into.mkdir(parents=True, exist_ok=True)
    types = importlib.import_module("great_expectations.data_context.types.base")
    stores = {
        "expectations_store": _store("ExpectationsStore", into / "suites"),
        "validation_results_store": _store("ValidationResultsStore", into / "results"),
        "checkpoint_store": _in_memory("CheckpointStore"),
        "validation_definition_store": _in_memory("ValidationDefinitionStore"),
    }
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": _files(into / "docs"),
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = types.DataContextConfig(
        expectations_store_name="expectations_store",
        validation_results_store_name="validation_results_store",
        checkpoint_store_name="checkpoint_store",
        stores=stores,
        data_docs_sites={"docs": site},
        analytics_enabled=False,
        progress_bars={"globally": False},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _files(folder: Path) -> dict[str, str]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.absolute())}


def _store(name: str, folder: Path) -> dict[str, Any]:
    return {"class_name": name, "store_backend": _files(folder)}


def _in_memory(name: str) -> dict[str, Any]:
    return {"class_name": name, "store_backend": {"class_name": "InMemoryStoreBackend"}}


def _validate(gx: Any, context: Any, source: Any, table: Table, rows: DataFrame) -> list[Validated]:
    name = suite_name(table)
    suite = context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=[]))
    for rule in _rules(table):
        suite.add_expectation(_expectation(gx, rule))
    suite.save()
    batches = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("current")
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=batches, suite=suite)
    )
    checkpoint = context.checkpoints.add(
        # Not COMPLETE, which would write rows into the results.
        gx.Checkpoint(name=name, validation_definitions=[definition], result_format="BASIC")
    )
    ran = checkpoint.run(batch_parameters={"dataframe": rows})
    count = rows.count()
    return [
        _validated(table, result, count)
        for validated in ran.run_results.values()
        for result in validated.results
    ]


def _validated(table: Table, result: Any, rows: int) -> Validated:
    rule = result.expectation_config.meta["rule"]
    if "observed_value" not in result.result:
        # Not what was raised: that may hold values of rows.
        raise RuleInvalid(f"{table.table}, rule {rule}: it cannot be computed of some row")
    return Validated(
        table=table.table, rule=rule, rows=rows, broken=int(result.result["observed_value"])
    )


def suite_name(table: Table) -> str:
    """Name a table's suite: a `/` would be a folder, and `@` stands in no encoded name."""
    return table.silver.partition("/")[2].replace("/", "@")


def _rules(table: Table) -> Sequence[Rule]:
    """Give the table's rules, and that of its key."""
    if not table.key:
        return table.quality
    there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in table.key)
    return (*table.quality, Rule(name=NO_KEY, rule=there, severity="quarantine"))


def _expectation(gx: Any, rule: Rule) -> Any:
    # Braces are the library's own way to name the rows.
    condition = rule.rule.replace("{", "{{").replace("}", "}}")
    return gx.expectations.UnexpectedRowsExpectation(
        unexpected_rows_query=f"SELECT * FROM {{batch}} WHERE NOT coalesce(({condition}), FALSE)",
        description=f"{rule.name} ({rule.severity}): {rule.rule}",
        severity=_SEVERITIES[rule.severity],
        meta={"rule": rule.name, "severity": rule.severity},
    )

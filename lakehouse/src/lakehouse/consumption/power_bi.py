"""A Power BI project (PBIP) over the views of Synapse: semantic model as TMDL, and a `.pbids`."""

import json
from collections.abc import Iterator, Mapping
from uuid import NAMESPACE_URL, uuid5

from lakehouse.consumption.places import Places
from lakehouse.consumption.power_bi_tables import described, tmdl_table
from lakehouse.consumption.quoting import file_name, m_text, tmdl_name
from lakehouse.gold.model import Model


def power_bi_project(model: Model, places: Places) -> Mapping[str, str]:
    """Give the files of the project by their path, and the `.pbids` beside them."""
    title = file_name(model.name)
    definition = f"{title}.SemanticModel/definition"
    files = {
        f"{title}.pbip": _json(_pbip(title)),
        f"{title}.pbids": _json(_pbids(places)),
        f"{title}.Report/definition.pbir": _json(_pbir(title)),
        f"{title}.Report/report.json": _json(_report()),
        f"{title}.Report/.platform": _json(_platform(model, "Report")),
        f"{title}.SemanticModel/definition.pbism": _json({"version": "4.0", "settings": {}}),
        f"{title}.SemanticModel/.platform": _json(_platform(model, "SemanticModel")),
        f"{definition}/database.tmdl": "database\n\tcompatibilityLevel: 1567\n",
        f"{definition}/model.tmdl": "\n".join(_model(model)) + "\n",
        f"{definition}/expressions.tmdl": _expressions(places),
        f"{definition}/relationships.tmdl": "\n".join(_relationships(model)),
    }
    for table in model.tables:
        files[f"{definition}/tables/{file_name(table.name)}.tmdl"] = tmdl_table(model, table)
    return files


def _model(model: Model) -> Iterator[str]:
    yield from described(model.description, "")
    yield "model Model"
    yield "\tculture: en-GB"
    yield "\tdefaultPowerBIDataSourceVersion: powerBI_V3"
    yield "\tsourceQueryCulture: en-GB"
    yield ""
    for table in model.tables:
        yield f"ref table {tmdl_name(table.name)}"


def _expressions(places: Places) -> str:
    meta = 'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    return (
        f"expression Server = {m_text(places.server)} {meta}\n\n"
        f"expression Database = {m_text(places.database)} {meta}\n"
    )


def _relationships(model: Model) -> Iterator[str]:
    for table in model.tables:
        for each in table.relationships:
            dimension = model.table(each.dimension)
            yield f"relationship {_id(model.name, table.name, each.column)}"
            if not each.active:
                yield "\tisActive: false"
            yield f"\tfromColumn: {tmdl_name(table.name)}.{tmdl_name(each.column)}"
            yield f"\ttoColumn: {tmdl_name(dimension.name)}.{tmdl_name(dimension.surrogate)}"
            yield ""


def _pbip(title: str) -> dict[str, object]:
    return {
        "version": "1.0",
        "artifacts": [{"report": {"path": f"{title}.Report"}}],
        "settings": {"enableAutoRecovery": True},
    }


def _pbir(title: str) -> dict[str, object]:
    path = f"../{title}.SemanticModel"
    return {"version": "4.0", "datasetReference": {"byPath": {"path": path}}}


def _report() -> dict[str, object]:
    """Give a report with one empty page: a project without a report does not open."""
    page = {
        "name": "page1",
        "displayName": "Page 1",
        "displayOption": 1,
        "width": 1280,
        "height": 720,
        "visualContainers": [],
        "config": "{}",
        "filters": "[]",
    }
    return {"config": '{"version":"5.43"}', "layoutOptimization": 0, "sections": [page]}


def _platform(model: Model, kind: str) -> dict[str, object]:
    return {
        "metadata": {"type": kind, "displayName": model.title},
        "config": {"version": "2.0", "logicalId": _id(model.name, kind)},
    }


def _pbids(places: Places) -> dict[str, object]:
    address = {"server": places.server, "database": places.database}
    connection = {
        "details": {"protocol": "tds", "address": address},
        "options": {},
        "mode": "DirectQuery",
    }
    return {"version": "0.1", "connections": [connection]}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _id(*parts: str) -> str:
    """Give an id that is the same whenever the files are written anew."""
    return str(uuid5(NAMESPACE_URL, "tidemark:" + json.dumps(parts)))

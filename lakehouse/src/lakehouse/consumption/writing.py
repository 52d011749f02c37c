"""All that consumers need of one model, as files."""

from collections.abc import Mapping
from pathlib import Path

from lakehouse.consumption.catalogue import Freshness, catalogue_page
from lakehouse.consumption.ddl import ddl_script
from lakehouse.consumption.places import Places
from lakehouse.consumption.power_bi import power_bi_project
from lakehouse.consumption.synapse import synapse_script
from lakehouse.consumption.tableau import tableau_sources
from lakehouse.consumption.unity_catalog import unity_script
from lakehouse.gold.model import Model


def consumption_files(
    model: Model, places: Places, freshness: Mapping[str, Freshness]
) -> Mapping[str, str]:
    """Give every file by its path below the output folder. The same model gives the same bytes."""
    files = {
        "catalogue.html": catalogue_page(model, freshness),
        "databricks/tables.sql": ddl_script(model, places),
        "databricks/unity_catalog.sql": unity_script(model, places),
        "synapse/views.sql": synapse_script(model, places),
    }
    for path, text in power_bi_project(model, places).items():
        files[f"power_bi/{path}"] = text
    for path, text in tableau_sources(model, places).items():
        files[f"tableau/{path}"] = text
    return files


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files below a folder. What else is there stays."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")

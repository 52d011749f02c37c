"""What the artefacts promise their readers."""

import re
from pathlib import Path

import pytest
from consumption_models import PLACES, real_model

from lakehouse.consumption.catalogue import FreshnessInvalid, catalogue_page, read_freshness
from lakehouse.consumption.ddl import ddl_script
from lakehouse.consumption.power_bi import power_bi_project
from lakehouse.consumption.synapse import synapse_script
from lakehouse.consumption.unity_catalog import unity_script

MODELS = ["spotify", "flights"]


@pytest.mark.parametrize("name", MODELS)
def test_synapse_types_every_column_of_every_table(name: str) -> None:
    model = real_model(name)
    script = synapse_script(model, PLACES)
    for table in model.tables:
        view = script.split(f"VIEW [{name}].[{table.name}] AS")[1].split("\nGO\n")[0]
        typed = re.findall(r"^    \[(.+)\] (\S+)", view, re.MULTILINE)
        assert [column for column, _ in typed] == [column.name for column in table.layout]
        assert f"BULK N'{name}/{table.name}/'" in view
    assert "varchar" in script
    assert script.count("varchar") == script.count("COLLATE Latin1_General_100_BIN2_UTF8")


@pytest.mark.parametrize("name", MODELS)
def test_every_table_is_made_for_delta_reader_version_1(name: str) -> None:
    script = ddl_script(real_model(name), PLACES)
    tables = script.count("CREATE TABLE")
    assert tables == len(real_model(name).tables)
    for line in (
        "'delta.minReaderVersion' = '1'",
        "'delta.enableDeletionVectors' = 'false'",
        "'delta.columnMapping.mode' = 'none'",
        "'delta.checkpointPolicy' = 'classic'",
    ):
        assert script.count(line) == tables


def test_readers_get_the_schema_and_no_more() -> None:
    grants = [
        line for line in unity_script(real_model("spotify"), PLACES).splitlines() if "GRANT" in line
    ]
    assert grants == [
        "GRANT USE CATALOG ON CATALOG `prod` TO `music_analysts`;",
        "GRANT USE SCHEMA, SELECT ON SCHEMA `prod`.`spotify` TO `music_analysts`;",
    ]


@pytest.mark.parametrize("name", MODELS)
def test_at_most_one_relationship_between_two_tables_is_active(name: str) -> None:
    model = real_model(name)
    for table in model.tables:
        active = [each.dimension for each in table.relationships if each.active]
        assert len(active) == len(set(active))
    text = power_bi_project(model, PLACES)[f"{name}.SemanticModel/definition/relationships.tmdl"]
    assert text.count("fromColumn") == sum(len(table.relationships) for table in model.tables)


def test_the_catalogue_says_where_a_table_comes_from_and_who_reads_it() -> None:
    page = catalogue_page(real_model("spotify"), {})
    fact = page.split('<h2 id="fact_stream">')[1].split("<h2")[0]
    assert "silver/spotify/dbo.FactStream" in fact
    assert 'href="#daily_activity"' in fact


def test_a_broken_freshness_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "freshness.json"
    file.write_text('{"dim_user": {"rows": 1}}')
    with pytest.raises(FreshnessInvalid, match=r"freshness\.json"):
        read_freshness(file)

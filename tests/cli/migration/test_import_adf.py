"""`tidemark import-adf`: the file it writes, and what it says of it."""

from pathlib import Path

import pytest
from adf_call import Import, Spec, report_of
from adf_samples import TABLES, USUAL, pipeline, write_json, write_watermarks
from click.testing import CliRunner

from cli.commands.import_adf import command
from cli.main import tidemark
from shared.catalog import read_catalog


def test_the_file_passes_validation_and_keeps_the_order(import_adf: Import, output: Path) -> None:
    assert import_adf().exit_code == 0
    checked = CliRunner().invoke(tidemark, ["validate", str(output)])
    assert checked.exit_code == 0, checked.output
    names = [table.table for table in read_catalog(output).tables]
    assert names == [f"dbo.{entry['table']}" for entry in TABLES]


def test_keys_follow_the_names_of_dim_and_fact_tables(import_adf: Import, spec: Spec) -> None:
    import_adf()
    keys = {entry["table"]: spec(entry["table"]).key for entry in TABLES}
    assert keys == {
        "DimUser": ("user_id",),
        "DimTrack": ("track_id",),
        "DimDate": ("date_key",),
        "DimArtist": ("artist_id",),
        "FactStream": ("stream_id",),
    }


def test_a_guessed_key_is_marked_and_told(import_adf: Import, output: Path) -> None:
    result = import_adf("--key", "DimUser=id,country", "--json")
    report = report_of(result)
    assert [table["key_guessed"] for table in report["tables"]] == [False, True, True, True, True]
    text = (output / "adf.yml").read_text()
    assert "key: [id, country]\n" in text
    assert text.count("# check: guessed") == 4


def test_a_table_without_a_rule_for_its_key_stops_all_and_writes_nothing(
    import_adf: Import, output: Path
) -> None:
    tables = [
        *TABLES,
        {"schema": "sales", "table": "Orders", "cdc_col": "changed_at"},
        {"schema": "sales", "table": "dimension", "cdc_col": "changed_at"},
    ]
    result = import_adf(tables=tables)
    assert result.exit_code == 1
    assert "--key sales.Orders=COLUMN" in result.stderr
    assert "--key sales.dimension=COLUMN" in result.stderr
    assert not output.exists()
    keys = ("--key", "sales.Orders=id", "--key", "dimension=id")
    assert import_adf(*keys, tables=tables).exit_code == 0


def test_a_key_for_no_table_is_wrong_use(import_adf: Import) -> None:
    result = import_adf("--key", "DimUsers=id")
    assert result.exit_code == 2
    assert "DimUsers" in result.stderr


@pytest.mark.parametrize("text", ["DimUser", "=id", "DimUser=", "DimUser=a,,b", "DimUser=a,a"])
def test_a_malformed_key_is_wrong_use(import_adf: Import, text: str) -> None:
    assert import_adf("--key", text).exit_code == 2


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("DimUser", "updated_at", "timestamp"),
        ("DimUser", "ModifiedDate", "timestamp"),
        ("DimUser", "date_of_last_change", "timestamp"),
        ("DimUser", "DATE", "none"),
        ("DimDate", "date", "none"),
        ("DimDate", "day_name", "none"),
        ("dim_calendar", "valid_from", "none"),
        ("DimDate", "updated_at", "timestamp"),
        ("FactStream", "date_key", "none"),
        ("FactStream", "OrderDateKey", "none"),
        ("FactStream", "stream_timestamp", "timestamp"),
        ("FactOrder", "order_date", "date"),
        ("FactOrder", "OrderDate", "date"),
        ("FactOrder", "created_at", "timestamp"),
        ("FactOrder", "order_id", "integer"),
        ("FactOrder", "OrderID", "integer"),
        ("FactOrder", "seq", "integer"),
    ],
)
def test_the_name_of_a_column_tells_what_it_can_be_used_for(
    import_adf: Import, spec: Spec, table: str, column: str, kind: str
) -> None:
    assert import_adf(tables=[{"schema": "dbo", "table": table, "cdc_col": column}]).exit_code == 0
    assert spec(table).cursor.kind == kind
    assert spec(table).cursor.column == (None if kind == "none" else column)


def test_every_choice_is_explained_beside_its_table(import_adf: Import, output: Path) -> None:
    import_adf()
    _, *tables = (output / "adf.yml").read_text().split("  - table: ")
    said = {text.split("\n", 1)[0]: text for text in tables}
    assert "F4" in said["dbo.DimDate"]
    assert "full" not in said["dbo.DimUser"]
    assert "deletes: {reconcile: 1d, compare: rows}" in said["dbo.FactStream"]
    assert all("clock: utc  # check" in said[f"dbo.{name}"] for name in ("DimUser", "FactStream"))


def test_rows_without_a_cursor_are_included(import_adf: Import, spec: Spec) -> None:
    import_adf()
    assert spec("DimUser").nulls == "include"


def test_a_from_date_becomes_a_backfill_to_be_ordered_and_no_start(
    import_adf: Import, spec: Spec
) -> None:
    tables = [{**entry, "from_date": "2025-01-01 00:00:00"} for entry in TABLES]
    report = report_of(import_adf("--json", tables=tables))
    assert report["backfills"][0] == (
        "tidemark backfill adf/dbo.DimUser --from '2025-01-01 00:00:00' --to END"
    )
    # A table that is copied in full has no period to load again.
    assert not any("DimDate" in command for command in report["backfills"])
    assert spec("DimUser").cursor.start is None


def test_source_engine_and_connection_are_as_given(import_adf: Import, output: Path) -> None:
    options = ("--source-name", "my shop", "--engine", "postgresql", "--connection", "${SHOP}")
    assert import_adf(*options).exit_code == 0
    [source] = read_catalog(output).sources
    assert (source.name, source.engine, source.connection) == ("my shop", "postgresql", "${SHOP}")
    assert [path.name for path in output.iterdir()] == ["my~20shop.yml"]


def test_the_connection_is_named_for_the_source(import_adf: Import, output: Path) -> None:
    import_adf("--source-name", "my-shop", "--engine", "postgresql")
    [source] = read_catalog(output).sources
    assert source.connection == "${MY_SHOP_DB}"


def test_a_secret_is_no_connection_and_is_not_repeated(import_adf: Import, output: Path) -> None:
    result = import_adf("--connection", "Server=tcp:x;Password=hunter2;")
    assert result.exit_code == 2
    assert "hunter2" not in result.output
    assert not output.exists()


@pytest.mark.parametrize("name", ["", "a/b", "x" * 100])
def test_a_name_that_no_source_can_have_is_refused(
    import_adf: Import, output: Path, name: str
) -> None:
    assert import_adf("--source-name", name).exit_code == 2
    assert not output.exists()


def test_a_file_that_is_there_is_written_over_only_by_force(
    import_adf: Import, output: Path
) -> None:
    import_adf()
    (output / "adf.yml").write_text("mine")
    result = import_adf()
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert (output / "adf.yml").read_text() == "mine"
    assert import_adf("--force").exit_code == 0
    assert (output / "adf.yml").read_text() != "mine"


def test_without_a_list_the_pipelines_default_is_taken(
    import_adf: Import, tmp_path: Path, output: Path
) -> None:
    assert import_adf("--pipeline", write_json(tmp_path / "p.json", USUAL)).exit_code == 0
    assert len(read_catalog(output).tables) == 5


def test_a_list_wins_over_the_pipelines_default(
    import_adf: Import, tmp_path: Path, output: Path
) -> None:
    given = write_json(tmp_path / "list.json", TABLES[:2])
    usual = write_json(tmp_path / "p.json", USUAL)
    assert import_adf("--pipeline", usual, "--loop-input", given).exit_code == 0
    assert len(read_catalog(output).tables) == 2


def test_one_of_the_two_is_needed(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--output", str(tmp_path)])
    assert result.exit_code == 2
    assert "--loop-input" in result.stderr


def test_a_pipeline_without_tables_says_what_to_give_instead(
    import_adf: Import, tmp_path: Path
) -> None:
    bare = pipeline()
    del bare["properties"]["parameters"]["loop_input"]["defaultValue"]
    result = import_adf("--pipeline", write_json(tmp_path / "p.json", bare))
    assert result.exit_code == 2
    assert "properties.parameters.loop_input" in result.stderr
    assert "--loop-input" in result.stderr


def test_the_report_for_people_names_tables_faults_and_the_next_step(
    import_adf: Import, tmp_path: Path
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": "2025-09-01T00:00:00"})
    result = import_adf("--cdc-dir", folder)
    assert (
        "dbo.DimUser: by updated_at (timestamp), from 2025-09-01 00:00:00.000 on" in result.stdout
    )
    assert "dbo.DimDate: copied in full" in result.stdout
    assert "F1, F2, F3" in result.stdout
    assert "tidemark validate" in result.stdout


def test_names_of_every_kind_come_through_unchanged(import_adf: Import, output: Path) -> None:
    names = ["no", "Größe", 'a"b', "x: y", "#1", "tab. le", "日本", "it's", "{a}", "-", "~", "1e3"]
    tables = [{"schema": "my schema", "table": name, "cdc_col": "updated_at"} for name in names]
    keys = [f"my schema.{name}=null" for name in names]
    result = import_adf(*(part for key in keys for part in ("--key", key)), tables=tables)
    assert result.exit_code == 0, result.output
    found = read_catalog(output).tables
    assert [table.table_name for table in found] == names
    assert {table.schema_name for table in found} == {"my schema"}
    assert {table.key for table in found} == {("null",)}

"""Where the first load begins: the watermark files of Data Factory."""

from pathlib import Path

import pytest
from adf_call import Import, Spec, faults_of, report_of
from adf_samples import TABLES, write_json, write_watermarks


def alone(column: str = "updated_at", table: str = "DimUser") -> list[dict[str, str]]:
    return [{"schema": "dbo", "table": table, "cdc_col": column}]


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("2025-09-01T00:00:00", "2025-09-01 00:00:00.000"),
        ("2025-10-07T12:34:56.789Z", "2025-10-07 12:34:56.789"),
        ("2025-10-07 12:34:56.7899999", "2025-10-07 12:34:56.789"),
        ("2025-10-07T12:34:56.1266667", "2025-10-07 12:34:56.126"),
        ("2025-10-07", "2025-10-07 00:00:00.000"),
        ("2025-10-07T02:00:00+02:00", "2025-10-07 00:00:00.000"),
        ("2000-01-01 00:00:00.001", "2000-01-01 00:00:00.001"),
        (" 2025-10-07 ", "2025-10-07 00:00:00.000"),
    ],
)
def test_a_watermark_becomes_the_start_and_is_never_rounded_up(
    import_adf: Import, spec: Spec, tmp_path: Path, written: str, start: str
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": written})
    assert import_adf("--cdc-dir", folder).exit_code == 0
    assert spec("DimUser").cursor.start == start
    assert spec("DimTrack").cursor.start is None


@pytest.mark.parametrize(
    "seed", ["1900-01-01", "1901-01-01", "1753-01-01T00:00:00Z", "1970-01-01", "2000-01-01"]
)
def test_a_watermark_of_the_distant_past_is_no_start(
    import_adf: Import, spec: Spec, tmp_path: Path, seed: str
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": seed})
    found = faults_of(import_adf("--cdc-dir", folder, "--json"))
    assert spec("DimUser").cursor.start is None
    assert found["F21"] == ["dbo.DimUser"]


def test_a_start_says_that_rows_may_be_missing_and_how_to_get_them(
    import_adf: Import, output: Path, tmp_path: Path
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": "2025-09-01"})
    found = faults_of(import_adf("--cdc-dir", folder, "--json"))
    assert found["F1, F2, F3"] == ["dbo.DimUser"]
    text = (output / "adf.yml").read_text()
    assert "tidemark load adf/dbo.DimUser --mode initial" in text
    assert "delete this line" in text


def test_a_table_that_is_copied_in_full_has_no_start(
    import_adf: Import, spec: Spec, tmp_path: Path
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimDate": "2025-09-01", "DimUser": "2025-09-01"})
    assert import_adf("--cdc-dir", folder).exit_code == 0
    assert (spec("DimDate").cursor.kind, spec("DimDate").cursor.start) == ("none", None)


def test_the_watermark_of_all_tables_is_the_start_of_none(
    import_adf: Import, output: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cdc"
    write_json(folder / "cdc" / "cdc.json", {"cdc": "2025-09-01"})
    found = faults_of(import_adf("--cdc-dir", folder, "--json"))
    assert found["F9"] == ["dbo.DimUser", "dbo.DimTrack", "dbo.DimArtist", "dbo.FactStream"]
    assert "start:" not in (output / "adf.yml").read_text()


def test_the_watermark_of_all_tables_is_that_of_the_only_one(
    import_adf: Import, spec: Spec, tmp_path: Path
) -> None:
    folder = tmp_path / "cdc"
    write_json(folder / "cdc" / "cdc.json", {"cdc": "2025-09-01"})
    assert import_adf("--cdc-dir", folder, tables=alone()).exit_code == 0
    assert spec("DimUser").cursor.start == "2025-09-01 00:00:00.000"


def test_a_tables_own_watermark_wins_over_that_of_all(
    import_adf: Import, spec: Spec, tmp_path: Path
) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": "2025-10-01"})
    write_json(folder / "cdc" / "cdc.json", {"cdc": "2025-09-01"})
    assert import_adf("--cdc-dir", folder).exit_code == 0
    assert spec("DimUser").cursor.start == "2025-10-01 00:00:00.000"


def test_a_folder_in_another_case_is_found(import_adf: Import, spec: Spec, tmp_path: Path) -> None:
    write_json(tmp_path / "cdc" / "DimUser_CDC" / "cdc.json", {"cdc": "2025-10-01"})
    assert import_adf("--cdc-dir", tmp_path / "cdc").exit_code == 0
    assert spec("DimUser").cursor.start == "2025-10-01 00:00:00.000"


def test_two_folders_that_could_be_meant_are_refused(import_adf: Import, tmp_path: Path) -> None:
    for name in ("dimuser_cdc", "DIMUSER_CDC"):
        write_json(tmp_path / "cdc" / name / "cdc.json", {"cdc": "2025-10-01"})
    result = import_adf("--cdc-dir", tmp_path / "cdc")
    assert result.exit_code == 2
    assert "DimUser_cdc" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        '\ufeff{"cdc":"2025-10-01"}\r\n',
        '{"cdc":"2025-10-01"}\n{"cdc":"2024-01-01"}\n',
        '[{"cdc":"2025-10-01"}]',
        '[\n {"cdc": "2025-10-01"},\n {"cdc": "2024-01-01"}\n]',
        '{\n  "cdc": "2025-10-01"\n}',
        '{"Prop_0":"","cdc":"2025-10-01"}',
    ],
)
def test_a_watermark_is_read_in_every_form_that_data_factory_writes(
    import_adf: Import, spec: Spec, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "cdc" / "DimUser_cdc" / "cdc.json"
    file.parent.mkdir(parents=True)
    file.write_text(text, newline="")
    assert import_adf("--cdc-dir", tmp_path / "cdc").exit_code == 0
    assert spec("DimUser").cursor.start == "2025-10-01 00:00:00.000"


@pytest.mark.parametrize("value", ["", None])
def test_a_watermark_without_a_value_is_no_start(
    import_adf: Import, spec: Spec, tmp_path: Path, value: str | None
) -> None:
    write_json(tmp_path / "cdc" / "DimUser_cdc" / "cdc.json", {"cdc": value})
    found = faults_of(import_adf("--cdc-dir", tmp_path / "cdc", "--json"))
    assert found["F8"] == ["dbo.DimUser"]
    assert spec("DimUser").cursor.start is None


def test_a_number_is_the_start_of_a_number(import_adf: Import, spec: Spec, tmp_path: Path) -> None:
    write_json(tmp_path / "cdc" / "FactOrder_cdc" / "cdc.json", {"cdc": 4711})
    tables = alone(column="order_no", table="FactOrder")
    assert import_adf("--cdc-dir", tmp_path / "cdc", tables=tables).exit_code == 0
    cursor = spec("FactOrder").cursor
    assert (cursor.kind, cursor.start) == ("integer", "4711")


def test_a_day_is_the_start_of_days(import_adf: Import, spec: Spec, tmp_path: Path) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"FactOrder": "2025-10-07T00:00:00Z"})
    tables = alone(column="order_date", table="FactOrder")
    assert import_adf("--cdc-dir", folder, tables=tables).exit_code == 0
    assert spec("FactOrder").cursor.start == "2025-10-07"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("yesterday", "neither a time nor a whole number"),
        ("2025-13-01", "neither a time nor a whole number"),
        ("12", "no start for a cursor of kind timestamp"),
        (["2025-10-01"], "an array"),
        ("9" * 5000, "5000 characters"),
        (True, "true or false"),
    ],
)
def test_a_watermark_that_is_none_is_named_with_its_file(
    import_adf: Import, output: Path, tmp_path: Path, value: object, said: str
) -> None:
    file = write_json(tmp_path / "cdc" / "DimUser_cdc" / "cdc.json", {"cdc": value})
    result = import_adf("--cdc-dir", tmp_path / "cdc")
    assert result.exit_code == 2
    assert f"{file}: cdc: " in result.stderr
    assert said in result.stderr
    assert not output.exists()


def test_a_file_without_the_field_is_named(import_adf: Import, tmp_path: Path) -> None:
    file = write_json(tmp_path / "cdc" / "DimUser_cdc" / "cdc.json", {"cdc_timestamp": "2025"})
    result = import_adf("--cdc-dir", tmp_path / "cdc")
    assert result.exit_code == 2
    assert f"{file}: has no field cdc" in result.stderr


def test_a_missing_watermark_is_told(import_adf: Import, tmp_path: Path) -> None:
    folder = write_watermarks(tmp_path / "cdc", {"DimUser": "2025-10-01"})
    report = report_of(import_adf("--cdc-dir", folder, "--json"))
    [missing] = [each for each in report["findings"] if each["found"] == "has no watermark file"]
    assert missing["where"] == [
        f"dbo.{entry['table']}" for entry in TABLES if entry["table"] not in ("DimUser", "DimDate")
    ]

"""Reading JSON as people keep it: every known form, and a message with file and place for the rest."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from adf_call import Import, Spec
from adf_samples import TABLES, pipeline, write_json
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.commands.import_adf import command
from cli.migration.errors import InputUnreadable
from cli.migration.loop_input import read_loop_input
from cli.migration.node import read_json, read_json_rows
from cli.migration.pipeline import read_pipeline
from shared.catalog import read_catalog
from tests.long_forms import LONG

USER = TABLES[0]
EXAMPLES = 100 if LONG else 25


@pytest.mark.parametrize(
    "wrapped",
    [
        TABLES,
        {"loop_input": TABLES},
        {"tables": TABLES},
        {"type": "array", "defaultValue": TABLES},
        {"loop_input": {"value": TABLES}},
        {"loop_input": {"type": "array", "defaultValue": TABLES}},
        {"$schema": "x", "contentVersion": "1", "parameters": {"loop_input": {"value": TABLES}}},
    ],
)
def test_the_array_is_found_in_every_wrapping(
    import_adf: Import, output: Path, wrapped: Any
) -> None:
    assert import_adf(tables=wrapped).exit_code == 0
    assert len(read_catalog(output).tables) == 5


@pytest.mark.parametrize(
    "entry",
    [
        {"tableName": "DimUser", "tableSchemaName": "dbo", "Watermark_Column": "updated_at"},
        {"schema": "dbo", "table": "DimUser", "cdc": "updated_at", "fromdate": ""},
        {"Schema": "dbo", "Table": "DimUser", "CDC_COL": "updated_at", "from_date": None},
        {"schema": "[dbo]", "table": '"DimUser"', "cdc_col": "[updated_at]"},
        {"schema": " dbo ", "table": "DimUser ", "cdc_col": "updated_at", "more": [1]},
    ],
)
def test_an_entry_is_read_in_every_form(
    import_adf: Import, spec: Spec, entry: dict[str, Any]
) -> None:
    assert import_adf(tables=[entry]).exit_code == 0
    assert spec("DimUser").cursor.column == "updated_at"


@pytest.mark.parametrize(
    ("encoding", "newline"), [("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("utf-8", "\r\n")]
)
def test_marks_of_encoding_and_other_line_ends_do_no_harm(
    tmp_path: Path, encoding: str, newline: str
) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps(TABLES, indent=1), encoding=encoding, newline=newline)
    assert len(read_loop_input(read_json(file))) == 5


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('[\n{"schema": "dbo"\n"table": "t"}]', "line 3, column 1", "a comma is missing"),
        ('[{"a": 1};\n{"a": 2}]', "line 1, column 10", "another sign"),
        ("[{'schema': 'dbo'}]", "line 1, column 3", "double quotes"),
        ('[{"schema": "dbo"},\n]', "line 2, column 1", "comma"),
        ("", "line 1, column 1", "value is missing"),
        ("[NaN]", "", "NaN"),
        ('[{"a": 1, "a": 2}]', "", '"a" twice'),
        ("[" * 200 + "]" * 200, "", "nested"),
        ("[" * 100_000, "", "nested"),
        ("[" + "9" * 10_000 + "]", "", "10000 digits"),
    ],
)
def test_what_is_not_json_is_named_by_line(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    file = tmp_path / "list.json"
    file.write_text(text)
    with pytest.raises(InputUnreadable) as refused:
        read_json(file)
    assert str(refused.value).startswith(f"{file}: {place}")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("value", "place", "said"),
    [
        ("text", "", "a text"),
        ({"a": 1}, "", "no array"),
        ({"a": [1], "b": [2]}, "", "2 arrays"),
        ({"x": []}, "x", "lists no table"),
        ([1], "[0]", "a number"),
        ([USER, {**USER, "cdc_col": ""}], "[1].cdc_col", "is empty"),
        ([{**USER, "table": 7}], "[0].table", "a number"),
        ([{**USER, "table": "@{item().table}"}], "[0].table", "expression"),
        ([{**USER, "table": "a\nb"}], "[0].table", "cannot be printed"),
        ([{**USER, "table": "\ud800"}], "[0].table", "surrogate"),
        ([{**USER, "schema": "a.b"}], "[0]", "dot"),
        ([{**USER, "from_date": 2025}], "[0].from_date", "a number"),
        ([{"schema": "dbo", "table": "T"}], "[0]", "no cdc_col"),
        ([USER, TABLES[1], {**USER, "table": "DIMUSER"}], "[2]", "after [0]"),
        ({"odd name": [None]}, '["odd name"][0]', "null"),
    ],
)
def test_a_list_of_another_form_is_named_by_its_place(
    tmp_path: Path, value: Any, place: str, said: str
) -> None:
    file = write_json(tmp_path / "list.json", value)
    with pytest.raises(InputUnreadable) as refused:
        read_loop_input(read_json(file))
    assert (refused.value.file, refused.value.place) == (str(file), place)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], ""),
        ({"name": "x"}, ""),
        ({"properties": {}}, ""),
        ({"properties": {"activities": {}}}, "properties.activities"),
        ({"properties": {"activities": [1]}}, "properties.activities[0]"),
        ({"properties": {"activities": [{"name": "a"}]}}, "properties.activities[0]"),
        (pipeline({"name": 1, "type": "Copy"}), "properties.activities[0].name"),
    ],
)
def test_a_pipeline_of_another_form_is_named_by_its_place(
    tmp_path: Path, value: Any, place: str
) -> None:
    file = write_json(tmp_path / "pipeline.json", value)
    with pytest.raises(InputUnreadable) as refused:
        read_pipeline(read_json(file))
    assert (refused.value.file, refused.value.place) == (str(file), place)


def test_the_only_array_of_a_pipeline_is_its_list(tmp_path: Path) -> None:
    value = pipeline()
    parameters = {"file_loop": {"type": "array", "defaultValue": TABLES}, "x": {"type": "string"}}
    value["properties"]["parameters"] = parameters
    found = read_pipeline(read_json(write_json(tmp_path / "pipeline.json", value)))
    assert len(read_loop_input(found.default_input())) == 5


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputUnreadable, match="cannot be read"):
            read_json(path)
    (tmp_path / "raw.json").write_bytes(b"[\xff]")
    with pytest.raises(InputUnreadable, match="UTF-8"):
        read_json(tmp_path / "raw.json")


# Words that make it likely to come close to something real.
WORDS = st.from_regex(
    r"schema|table|cdc(_col)?|from_date|properties|activities|name|type|parameters|loop_input|text"
    r"|defaultValue|typeProperties|cases|dependsOn|Copy|dbo|DimUser|updated_at|2025-01-01|array"
    r"|scripts|value|sqlReaderQuery|source|policy|dataset|file|folder|ForEach|inputs|outputs",
    fullmatch=True,
)
TEXTS = WORDS | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=25,
)
ACTIVITIES = st.lists(
    st.dictionaries(TEXTS, VALUES, max_size=5).map(
        lambda value: {"name": "a", "type": "Copy"} | value
    ),
    max_size=3,
)
PIPELINES = st.builds(
    lambda activities, more: {"properties": {**more, "activities": activities}},
    ACTIVITIES,
    st.dictionaries(TEXTS, VALUES, max_size=3),
)
FILES = (VALUES | PIPELINES).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)


@given(listed=FILES, definition=FILES, mark=FILES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_odd_files_are_read_or_named_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, listed: bytes, definition: bytes, mark: bytes
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    files = {"list.json": listed, "pipeline.json": definition, "c/DimUser_cdc/cdc.json": mark}
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    for options in (
        ["--loop-input", str(folder / "list.json")],
        ["--pipeline", str(folder / "pipeline.json")],
        ["--pipeline", str(folder / "pipeline.json"), "--loop-input", str(good(folder))],
        ["--cdc-dir", str(folder / "c"), "--loop-input", str(good(folder))],
    ):
        result = CliRunner().invoke(command, [*options, "--output", str(folder / "t"), "--force"])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code in (0, 1, 2)
        if result.exit_code == 2:
            assert str(folder) in result.stderr or "no table file can be made" in result.stderr


def good(folder: Path) -> Path:
    return write_json(folder / "good.json", [USER])


@given(raw=st.binary(max_size=80) | VALUES.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=EXAMPLES, deadline=None)
def test_rows_of_any_file_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.mktemp("rows") / "cdc.json"
    file.write_bytes(raw)
    with suppress(InputUnreadable):
        assert all(row.file == str(file) for row in read_json_rows(file))

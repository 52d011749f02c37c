"""No name and no description gets out of its quotes, whatever it holds."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from consumption_models import NASTY, NASTY_TEXT, PLACES, nasty_model

from lakehouse.consumption.catalogue import catalogue_page
from lakehouse.consumption.ddl import ddl_script
from lakehouse.consumption.power_bi import power_bi_project
from lakehouse.consumption.power_bi_tables import dax
from lakehouse.consumption.quoting import (
    NameUnquotable,
    file_name,
    m_text,
    tmdl_name,
    tmdl_value,
    tsql_name,
)
from lakehouse.consumption.synapse import synapse_script
from lakehouse.consumption.tableau import tableau_sources
from lakehouse.consumption.unity_catalog import unity_script
from lakehouse.consumption.writing import consumption_files

COMMENT = r"--[^\n]*"
# Quoted names and texts as the languages' manuals define them.
TSQL = re.compile(rf"{COMMENT}|\[(?:[^\]]|\]\])*\]|N?'(?:[^']|'')*'")
SPARK = re.compile(rf"{COMMENT}|`(?:[^`]|``)*`|'(?:[^'\\]|\\.)*'", re.DOTALL)
TMDL = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"")
POWER_QUERY = re.compile(r"\"(?:[^\"]|\"\")*\"")
WORDS = re.compile(r"[A-Za-z_]+")
OUTSIDE_SQL = {
    "IF",
    "SCHEMA_ID",
    "IS",
    "NULL",
    "EXEC",
    "GO",
    "NOT",
    "EXISTS",
    "SELECT",
    "FROM",
    "sys",
    "external_data_sources",
    "WHERE",
    "name",
    "CREATE",
    "EXTERNAL",
    "DATA",
    "SOURCE",
    "WITH",
    "LOCATION",
    "OR",
    "ALTER",
    "VIEW",
    "AS",
    "r",
    "OPENROWSET",
    "BULK",
    "DATA_SOURCE",
    "FORMAT",
    "bigint",
    "int",
    "datetime",
    "bit",
    "varchar",
    "COLLATE",
    "Latin",
    "_General_",
    "_BIN",
    "_UTF",
    "decimal",
    "TABLE",
    "COMMENT",
    "INT",
    "BIGINT",
    "STRING",
    "TIMESTAMP",
    "BOOLEAN",
    "DECIMAL",
    "USING",
    "DELTA",
    "TBLPROPERTIES",
    "SCHEMA",
    "ON",
    "GRANT",
    "USE",
    "CATALOG",
    "TO",
    "COLUMN",
}


def outside(text: str, quoted: re.Pattern[str]) -> set[str]:
    return set(WORDS.findall(quoted.sub(" ", text)))


def test_nothing_leaves_its_quotes_in_synapse() -> None:
    assert outside(synapse_script(nasty_model(), PLACES), TSQL) <= OUTSIDE_SQL


def test_a_text_cannot_end_a_batch_of_sqlcmd() -> None:
    script = synapse_script(nasty_model(), PLACES)
    batches = script.split("\nGO\n")
    assert len(batches) == 2 + 2 + 1
    assert all(
        re.match(r"\n?(-- [^\n]*\n)?(IF|CREATE OR ALTER VIEW) ", batch) for batch in batches[:-1]
    )


@pytest.mark.parametrize("script", [ddl_script, unity_script])
def test_nothing_leaves_its_quotes_in_databricks_sql(script: object) -> None:
    assert callable(script)
    assert outside(script(nasty_model(), PLACES), SPARK) <= OUTSIDE_SQL


def test_nothing_leaves_its_quotes_in_a_power_bi_model() -> None:
    for path, text in power_bi_project(nasty_model(), PLACES).items():
        if not path.endswith(".tmdl"):
            json.loads(text)
            continue
        lines = [line for line in text.splitlines() if "///" not in line]
        # A value without quotes runs to the end of its line, so nothing can follow it.
        kept = [line for line in lines if not line.startswith("\t\tsourceColumn: ")]
        queries = [line for line in kept if "Source{" in line]
        words = outside("\n".join(queries), POWER_QUERY)
        words |= outside("\n".join(line for line in kept if line not in queries), TMDL)
        assert not words & {"ien", "DROP", "lf", "amp"}, path


def test_a_line_of_tmdl_is_one_property() -> None:
    files = power_bi_project(nasty_model(), PLACES)
    text = next(text for path, text in files.items() if path.endswith("fact.tmdl"))
    starts = {line.strip().split(" ")[0].rstrip(":") for line in text.splitlines() if line.strip()}
    assert starts == {
        *("///", "table", "measure", "formatString", "column", "dataType", "isHidden"),
        *("summarizeBy", "sourceColumn", "partition", "mode", "source", "let", "Source", "Rows"),
        "in",
    }


def test_a_tableau_source_says_names_as_they_are() -> None:
    files = tableau_sources(nasty_model(), PLACES)
    (text,) = files.values()
    root = ET.fromstring(text)  # noqa: S314 - our own text
    captions = {column.get("caption") for column in root.iter("column")}
    assert f"{NASTY} 2" in captions
    assert root.find("connection/named-connections/named-connection/connection") is not None
    formulas = [each.get("formula") for each in root.iter("calculation")]
    assert formulas[0] == "SUM([" + f"{NASTY} 2".replace("]", "]]") + "])"


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert all(
            key in ("lang", "charset", "name", "content", "href", "id", "class") for key, _ in attrs
        )

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_catalogue_shows_names_and_runs_nothing() -> None:
    page = Page()
    page.feed(catalogue_page(nasty_model(), {}))
    assert not page.tags & {"script", "b"}
    assert f"{NASTY} fact" in page.text
    assert NASTY_TEXT in page.text


def test_no_file_leaves_its_folder() -> None:
    assert all(
        re.fullmatch(r"[A-Za-z0-9_~.-]+(/[A-Za-z0-9_~.-]+)*", path) and ".." not in path
        for path in consumption_files(nasty_model(), PLACES, {})
    )
    assert file_name("../a") == "~2E.~2Fa"


def test_a_line_break_in_a_name_is_refused() -> None:
    for quote in (tsql_name, tmdl_name, m_text, tmdl_value, file_name):
        with pytest.raises(NameUnquotable):
            quote("a\nGO\nb")


def test_each_language_doubles_its_own_quote() -> None:
    assert tsql_name("a]b") == "[a]]b]"
    assert tmdl_name("it's") == "'it''s'"
    assert tmdl_name("plain_1") == "plain_1"
    assert tmdl_value('"x" #,0') == '"""x"" #,0"'
    assert m_text('say "#(lf)"') == '"say ""#(#)(lf)"""'


def test_a_measure_of_dax_quotes_table_and_column() -> None:
    fact = nasty_model().tables[1]
    assert dax(fact, fact.measures[1]) == "COUNTROWS('" + fact.name.replace("'", "''") + "')"

"""Table files, JSON and SQL of the pages are what they say they are."""

import json
import warnings

import pytest
import sqlglot
import yaml
from docs_pages import Block, read_pages

from shared.catalog import parse_catalog

# Where a page shows one key, or one table, it is put into a file around it.
_SOURCE = {"name": "shop", "kind": "sql", "engine": "postgresql", "connection": "${SHOP_DB}"}
_TABLE = {"table": "public.orders", "key": ["order_id"], "watermark": {"kind": "none"}}
_CURSOR = {"column": "updated_at", "kind": "timestamp"}


def blocks(*languages: str) -> list[Block]:
    return [block for each in read_pages() for block in each.blocks(*languages)]


def _files_of(block: Block) -> list[str]:
    """Give the table files that a block stands for; what a part of one leaves out is put around it."""
    found = yaml.safe_load(block.text) if _is_whole(block.text) else None
    if isinstance(found, dict) and {"source", "tables"} <= found.keys():
        return [block.text]
    if isinstance(found, dict) and {"source", "tables"} & found.keys():
        source = _completed(found.get("source", {}))
        tables = [{**_TABLE, **each} for each in found.get("tables", [{}])]
        return [yaml.safe_dump({**found, "source": source, "tables": tables})]
    if isinstance(found, list):
        source = {**_SOURCE, "engine": "sqlserver"} if "change_tracking" in block.text else _SOURCE
        return [yaml.safe_dump({"source": source, "tables": found})]
    lines = block.text.splitlines()
    keys = [found] if isinstance(found, dict) else [yaml.safe_load(line) for line in lines if line]
    return [
        yaml.safe_dump({"source": _SOURCE, "tables": [{**_TABLE, "watermark": _CURSOR, **each}]})
        for each in keys
    ]


def _completed(source: dict[str, str]) -> dict[str, str]:
    engine = {"engine": "sqlserver"} if "server" in source else {}
    return {**_SOURCE, **engine, **source}


def _is_whole(text: str) -> bool:
    """Say whether it is one document: two lines with the same key are two choices."""
    keys = [line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    return len(keys) == len(set(keys))


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_table_file_of_a_page_is_valid(block: Block) -> None:
    for text in _files_of(block):
        assert parse_catalog({"shop.yml": text}).tables


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_of_a_page_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("sql"), ids=str)
def test_sql_of_a_page_is_sql(block: Block) -> None:
    dialect = _dialect_of(block)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for batch in block.text.split("\nGO\n"):
            assert sqlglot.parse(batch, dialect=dialect)


def _dialect_of(block: Block) -> str:
    if "delta.`" in block.text:
        return "databricks"
    if "read_parquet" in block.text or "delta_scan" in block.text:
        return "duckdb"
    return "tsql" if "dbo." in block.text or "sql-server" in block.page else "postgres"

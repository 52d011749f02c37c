"""PostgreSQL over ODBC: the sample's ten tables land as they do over ADBC."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from e2e_api import Api
from e2e_source import ODBC_SETTING, SETTING
from e2e_stack import REPOSITORY, Stack

from local.sample.load import create_sample
from shared.catalog import Catalog, read_catalog

# What a run says of itself; `_op` is the same however the rows came.
RUNS_OWN = ["_run_no", "_read_at", "_run_id", "_loaded_at"]
SAMPLES = ("nycflights", "spotify")
SETTINGS = {"adbc": SETTING, "odbc": ODBC_SETTING}


@pytest.fixture
def catalog(stack: Stack, database: str) -> Iterator[Catalog]:
    """The sample's table files, once for each driver, as `nycflights_adbc` and so on."""
    create_sample(database)
    written: list[Path] = []
    for sample in SAMPLES:
        text = (REPOSITORY / "tables" / f"{sample}.yml").read_text()
        for driver, setting in SETTINGS.items():
            name = f"{sample}_{driver}"
            named = text.replace(f"name: {sample}\n", f"name: {name}\n")
            written.append(stack.tables / f"{name}.yml")
            written[-1].write_text(re.sub(r"\$\{\w+\}", f"${{{setting}}}", named))
    yield read_catalog(stack.tables)
    for path in written:
        path.unlink()


def landed(lake: Path, catalog: Catalog, name: str) -> pa.Table:
    """Every row of a table in bronze in the order of its key, without what is each run's own."""
    table = catalog.table(name)
    [manifest] = (lake / table.target).glob("run_id=*/_manifest.json")
    files = [pq.read_table(path, partitioning=None) for path in manifest.parent.glob("*.parquet")]
    rows = pa.concat_tables(files).drop_columns(RUNS_OWN)
    return rows.sort_by([(column, "ascending") for column in table.key]).combine_chunks()


@pytest.mark.long
def test_the_sample_lands_alike_over_both_drivers(api: Api, stack: Stack, catalog: Catalog) -> None:
    names = [
        each.name for each in catalog.tables if each.source.connection == f"${{{ODBC_SETTING}}}"
    ]
    twins = {name: name.replace("_odbc/", "_adbc/") for name in names}
    assert len(twins) == 10
    assert api.load(*twins.keys(), *twins.values())["state"] == "succeeded"
    for name, twin in twins.items():
        odbc, adbc = landed(stack.lake, catalog, name), landed(stack.lake, catalog, twin)
        assert odbc.num_rows > 0
        assert odbc.schema.equals(adbc.schema, check_metadata=True)
        assert odbc.equals(adbc)

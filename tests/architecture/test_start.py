"""What a worker imports to begin: it names its functions without the libraries that load slowest."""

import json
import subprocess
import sys

from source_tree import ROOT

# Each takes a tenth of a second or more, and is needed by the first load or request, if at all.
HEAVY = (
    "adbc_driver_manager",
    "adbc_driver_postgresql",
    "arrow_odbc",
    "azure.core",
    "azure.data.tables",
    "azure.eventgrid",
    "azure.identity",
    "azure.monitor",
    "azure.storage",
    "databricks",
    "duckdb",
    "httpx",
    "numpy",
    "openlineage",
    "opentelemetry.exporter",
    "pandas",
    "pyarrow",
    "pyodbc",
    "requests",
    "sqlglot",
    "zstandard",
)
LOOK = """
import json, sys
import function_app
print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))
"""


def test_the_triggers_are_named_without_heavy_libraries() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps(HEAVY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == []

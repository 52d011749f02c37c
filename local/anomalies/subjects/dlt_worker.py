"""One dlt process: reads orders as JSON from standard input, a line each, and answers on standard output.

`python -m local.anomalies.subjects.dlt_worker FOLDER`, FOLDER being what this worker keeps to itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.load.load import Load
from dlt.sources.sql_database import sql_table

_DATASET = "copy"
_PARSE = {"timestamp": datetime.fromisoformat, "date": date.fromisoformat, "integer": int}


def main() -> int:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    # Whatever is printed on the way is no answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()
    return 0


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    pipeline = dlt.pipeline(
        order["table"]["schema"],
        destination=dlt.destinations.duckdb(order["database"]),
        dataset_name=_DATASET,
        pipelines_dir=sys.argv[1],
    )
    if order["do"] == "export":
        _export(order)
        return {}
    if order["do"] == "state":
        return {"bytes": len(json.dumps(pipeline.state.get("sources", {}), default=str).encode())}
    if order.get("die"):
        _die_after_loading()
    try:
        pipeline.run(_resource(order), loader_file_format="parquet")
    except Exception as error:  # noqa: BLE001 - whatever stops dlt is what the suite is told
        cause = _root(error)
        text = f"{type(error).__name__}: {cause}"[:500].replace(str(Path.home()), "~")
        return {"refused": [type(cause).__name__, text]}
    return {}


def _resource(order: dict[str, Any]) -> Any:
    """Read a table by merge, with dlt's defaults but for what the order says."""
    table = order["table"]
    parse = _PARSE[table["kind"]]
    period = {name: parse(value) for name, value in order.get("period", {}).items()}
    cursor = dlt.sources.incremental(table["cursor"], **period, **order["settings"])
    return sql_table(
        credentials=table["uri"].replace("postgresql://", "postgresql+psycopg://"),
        table=table["table"],
        schema=table["schema"],
        incremental=cursor,
        primary_key=order["key"],
        write_disposition="merge",
    )


def _die_after_loading() -> None:
    """Have this process killed when all jobs of a package are loaded, before dlt records that."""

    def die(*_given: object, **_named: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Load.complete_package = die


def _export(order: dict[str, Any]) -> None:
    """Write the table as it is in the destination to a Parquet file; none if there is no table."""
    if not Path(order["database"]).exists():
        return
    with duckdb.connect(order["database"], read_only=True) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(
                f"COPY (SELECT * FROM {_DATASET}.{order['table']['table']}) "
                f"TO '{order['to']}' (FORMAT parquet)"
            )
        except duckdb.CatalogException:
            return


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


if __name__ == "__main__":
    sys.exit(main())

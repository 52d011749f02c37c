"""The Spark session: the given one on Databricks, else one of Sail, an engine without a JVM.

Storage accounts are reached by what the environment says when the session is opened, one account a
process: `AZURE_STORAGE_ACCOUNT_NAME` with `AZURE_STORAGE_ACCOUNT_KEY` (or a managed identity), and
`AZURE_STORAGE_ENDPOINT` for another place than Azure. On Databricks the workspace's own external
locations count.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

# Longer than any process that has a server of its own.
_SESSION_SECONDS = str(7 * 24 * 3600)


def on_databricks(environ: Mapping[str, str]) -> bool:
    """Tell whether this process runs on a Databricks cluster or serverless."""
    return "DATABRICKS_RUNTIME_VERSION" in environ


@contextmanager
def opened(environ: Mapping[str, str]) -> Generator[SparkSession]:
    """Give a session whose time zone is UTC; what was started for it is stopped at the end.

    `SPARK_REMOTE` names a server that runs already; without it, one is started in this process.
    """
    if on_databricks(environ):
        yield in_utc(SparkSession.builder.getOrCreate())
        return
    if "SPARK_REMOTE" in environ:
        yield from _connected(environ["SPARK_REMOTE"])
        return
    with served() as address:
        yield from _connected(address)


@contextmanager
def served() -> Generator[str]:
    """Give the address of a Sail server in this process, on the loopback interface only.

    Its sessions live as long as it does: unless told otherwise, Sail ends one that nobody has used for a while.
    """
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", _SESSION_SECONDS)
    from pysail.spark import SparkConnectServer  # noqa: PLC0415 - not installed on Databricks

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        address = server.listening_address
        if address is None:
            raise RuntimeError("The server of Sail has started but listens nowhere")
        yield f"sc://127.0.0.1:{address[1]}"
    finally:
        server.stop()


def connect(address: str) -> SparkSession:
    """Give a session of its own at a Spark Connect server such as `sc://127.0.0.1:15002`."""
    from lakehouse.answers import checked_session  # noqa: PLC0415 - a cluster of Databricks need not have gRPC

    session = in_utc(checked_session(address))
    if address.startswith("sc://127.0.0.1:"):
        # Nothing between client and server can cut an answer short, and what the client cannot decode is
        # an error, so that every statement need not be kept, followed and released apart. That takes as
        # long as a small statement itself.
        session.client.disable_reattachable_execute()
    # Where a column was written down is else looked for with each of them, which takes a millisecond.
    session.conf.set("spark.python.sql.dataFrameDebugging.enabled", "false")
    return session


def in_utc(session: SparkSession) -> SparkSession:
    """Set the session's time zone, by which times without a zone are read, to UTC."""
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def _connected(address: str) -> Iterator[SparkSession]:
    session = connect(address)
    try:
        yield session
    finally:
        session.stop()

"""Rows that share a cursor value, and values that lie closer together than a tool keeps them."""

from __future__ import annotations

from local.anomalies.case import Case
from local.anomalies.trial import Trial

_DAYS = """
CREATE TABLE item (id bigserial PRIMARY KEY, name text, updated_at date DEFAULT current_date);
INSERT INTO item (name, updated_at) SELECT 'old', current_date - 3 FROM generate_series(1, 10)
"""
_SECONDS = """
CREATE TABLE item (
    id bigserial PRIMARY KEY, name text, updated_at timestamp(0) DEFAULT clock_timestamp()
);
INSERT INTO item (name, updated_at)
SELECT 'old', localtimestamp - interval '1 hour' FROM generate_series(1, 10)
"""
_MILLISECONDS = _SECONDS.replace("timestamp(0)", "timestamp(3)")
_EMPTY = "CREATE TABLE item (id bigint PRIMARY KEY, name text, updated_at timestamp(6))"
_LAST = "(SELECT max(updated_at) FROM item)"
# What is remembered of any table, some 4,700 bytes, and a few marks: nothing that grows with its rows.
_STATE_LIMIT_BYTES = 6144
_ROUNDS = 4


def tie_at_boundary(trial: Trial) -> None:
    """A row comes with the very value that the last load ended at."""
    trial.load()
    trial.execute(f"INSERT INTO item (name, updated_at) SELECT 'tie', {_LAST}")
    trial.load()


def change_of_today(trial: Trial) -> None:
    """A row changes twice on one day, with a load in between."""
    trial.load()
    trial.execute("UPDATE item SET name = 'once', updated_at = current_date WHERE id = 3")
    trial.load()
    trial.execute("UPDATE item SET name = 'twice', updated_at = current_date WHERE id IN (3, 4)")
    trial.load()


def load_twice(trial: Trial) -> None:
    """Nothing changes between loads."""
    trial.load()
    trial.load()
    trial.load()


def mass_ties(trial: Trial) -> None:
    """A migration writes all rows with one timestamp; one more row comes with the same."""
    trial.execute(
        f"INSERT INTO item SELECT n, 'n ' || n, timestamp '2026-01-01 00:00:00.123456' "
        f"FROM generate_series(1, {trial.rows}) AS n; ANALYZE item"
    )
    trial.load()
    trial.execute(f"INSERT INTO item SELECT 0, 'tie', {_LAST}")
    trial.load()


def rounded_up(trial: Trial) -> None:
    """The column rounds the clock, also upwards; rows come just before and just after a snapshot."""
    trial.load()
    for number in range(_ROUNDS):
        trial.execute(f"INSERT INTO item (name) VALUES ('{number} before')")
        # A column that is cut off shows nothing above the last row within the same second.
        trial.load_at_gate(f"INSERT INTO item (name) VALUES ('{number} after')", if_any=True)


def a_microsecond_later(trial: Trial) -> None:
    """Rows come 1 µs above the last one, one for every load."""
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('x', '2026-01-01 00:00:00.123499')")
    trial.load()
    for _ in range(_ROUNDS):
        trial.execute(
            f"INSERT INTO item (name, updated_at) SELECT 'next', {_LAST} + interval '1 us'"
        )
        trial.load()


def fraction_dropped(trial: Trial) -> None:
    """The last value lies just below a full second; nothing changes, then a row comes above it."""
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('x', '2026-01-01 00:00:00.999999')")
    trial.load()
    trial.load()
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('y', '2026-01-01 00:00:01')")
    trial.load()


_OLD = """
CREATE TABLE item (id bigserial PRIMARY KEY, name text, updated_at timestamp(6));
INSERT INTO item (name, updated_at)
SELECT 'old ' || n, timestamp '2025-12-01' + interval '1 hour' * n FROM generate_series(1, 10) AS n
"""
_W4 = "airbyte #14732, PR 44402; sling #36, #471; Fabric Copy job (larger than); Lakeflow limits"
CASES = (
    Case(
        number=4,
        variant="a",
        title='Ties at boundary, ">"',
        what="a row with the timestamp of the last one loaded",
        evidence=_W4,
        script=tie_at_boundary,
        once=True,
    ),
    Case(
        number=4,
        variant="b",
        title='Ties at boundary, ">"',
        what="a date as cursor, two changes on one day",
        evidence=_W4,
        script=change_of_today,
        shape=_DAYS,
        kind="date",
        once=True,
    ),
    Case(
        number=5,
        title='Ties, "≥" + append',
        what="three loads, nothing changes",
        evidence="airbyte #70945; tap-postgres #104; tap-mssql 2.6.5",
        script=load_twice,
        once=True,
    ),
    Case(
        number=6,
        title="Mass ties",
        what="all rows with one timestamp, one more comes with the same",
        evidence="dlt #4030; btcmap PR 1189; seed data",
        script=mass_ties,
        shape=_EMPTY,
        once=True,
        state_limit_bytes=_STATE_LIMIT_BYTES,
    ),
    Case(
        number=7,
        variant="a",
        title="Timestamp cut to a coarser unit",
        what="timestamp(0) rounds up; rows just before and after a snapshot",
        evidence="sling #471; airbyte #79687, PR 79149",
        script=rounded_up,
        shape=_SECONDS,
        gated=True,
        margin_seconds=1,
    ),
    Case(
        number=7,
        variant="b",
        title="Timestamp cut to a coarser unit",
        what="timestamp(3) rounds up; rows just before and after a snapshot",
        evidence="sling #471; airbyte #79687, PR 79149",
        script=rounded_up,
        shape=_MILLISECONDS,
        gated=True,
        margin_seconds=1,
    ),
    Case(
        number=8,
        title="Checkpoint rounded up",
        what="rows 1 µs above the last one loaded",
        evidence='airbyte #84400, #9157; "ceil" work-around in Azure-DataFactory #72',
        script=a_microsecond_later,
        shape=_OLD,
        once=True,
    ),
    Case(
        number=10,
        title="Driver/parameter drops fraction",
        what="last value at .999999, unchanged, then one at the full second",
        evidence="airbyte #76309; Azure-DataFactory #72; pymssql #646; mssql-python #203",
        script=fraction_dropped,
        shape=_OLD,
        once=True,
    ),
)

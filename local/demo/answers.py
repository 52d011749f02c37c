"""Business questions answered from gold, and once more from the source without any part of Tidemark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from local.demo.failure import DemoFailed

# Sums of floating point depend on their order.
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, the whole gold table that answers it, and how DuckDB finds the same from source tables.

    `gold` and `source` give the same columns; `tables` are the source's by their names in `source`.
    `best` orders and limits the rows that are shown.
    """

    text: str
    table: str
    gold: str
    source: str
    tables: dict[str, str]
    best: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What gold answers, in how many rows, and how many of them the source does not have (or lacks)."""

    question: Question
    sentence: str
    rows: int
    differing: int

    @property
    def agrees(self) -> bool:
        """Whether every row of the gold table is what the source gives, and none is missing."""
        return self.differing == 0


QUESTIONS = (
    Question(
        text="On which device is listened longest?",
        table="gold/spotify/listening_time_per_device",
        gold="SELECT device_type, streams, listen_seconds FROM gold",
        source="""
            SELECT coalesce(device_type, 'Unknown') AS device_type, count(*) AS streams,
                sum(listen_duration)::BIGINT AS listen_seconds
            FROM streams GROUP BY ALL
        """,
        tables={"streams": 'SELECT device_type, listen_duration FROM dbo."FactStream"'},
        best="ORDER BY listen_seconds DESC LIMIT 1",
        sentence="{0}: {2:,} seconds in {1:,} streams",
    ),
    Question(
        text="Which track was streamed most in a single week?",
        table="gold/spotify/most_streamed_tracks_per_week",
        gold="SELECT week_start, position, track_id, streams FROM gold",
        source="""
            SELECT week_start, position, track_id, streams FROM (
                SELECT week_start, track_id, streams, row_number() OVER (
                    PARTITION BY week_start ORDER BY streams DESC, track_id)::INT AS position
                FROM (
                    SELECT date_trunc('week', strptime(date_key::VARCHAR, '%Y%m%d'))::DATE
                        AS week_start, track_id, count(*) AS streams
                    FROM streams WHERE track_id IS NOT NULL AND date_key IS NOT NULL GROUP BY ALL
                )
            ) WHERE position <= 10
        """,
        tables={"streams": 'SELECT date_key, track_id FROM dbo."FactStream"'},
        best="ORDER BY streams DESC, week_start, track_id LIMIT 1",
        sentence="track {2} in the week of {0}, {3:,} times",
    ),
    Question(
        text="Which carrier with a hundred flights or more was latest in a month?",
        table="gold/flights/delays_per_carrier_and_month",
        gold="SELECT carrier, year, month, flights, cancelled, arrival_delay FROM gold",
        source="""
            SELECT carrier, year, month, count(*) AS flights,
                count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
                avg(arr_delay::DOUBLE) AS arrival_delay
            FROM flights GROUP BY ALL
        """,
        tables={"flights": "SELECT carrier, year, month, dep_time, arr_delay FROM nyc.flights"},
        best="WHERE flights >= 100 ORDER BY arrival_delay DESC LIMIT 1",
        sentence="{0} in {1}-{2:02d}, {5:.1f} minutes on average over {3:,} flights",
    ),
)


def answer(question: Question, lake: Path, database: str) -> Answer:
    """Ask gold, read by delta-rs, and the source at the PostgreSQL URI; compare all rows of the table.

    Raises:
        DemoFailed: gold has no row to answer with.
    """
    with duckdb.connect() as engine:
        engine.register("gold", DeltaTable(lake / question.table).to_pyarrow_table())
        for name, rows in _read(question, database).items():
            engine.register(name, rows)
        told, asked = engine.execute(question.gold).fetchall(), engine.execute(question.source)
        recomputed = {_rounded(row) for row in asked.fetchall()}
        best = engine.execute(f"SELECT * FROM ({question.gold}) {question.best}").fetchone()
    if best is None:
        raise DemoFailed(f"{question.table} has no rows")
    found = {_rounded(row) for row in told}
    return Answer(
        question=question,
        sentence=question.sentence.format(*best),
        rows=len(told),
        differing=len(found ^ recomputed) + len(told) - len(found),
    )


def _read(question: Question, database: str) -> dict[str, pa.Table]:
    with postgresql.connect(database) as connection, connection.cursor() as cursor:
        read: dict[str, pa.Table] = {}
        for name, query in question.tables.items():
            cursor.execute(query)
            read[name] = cursor.fetch_arrow_table()
        return read


def _rounded(row: Sequence[object]) -> tuple[object, ...]:
    return tuple(round(each, _DIGITS) if isinstance(each, float) else each for each in row)

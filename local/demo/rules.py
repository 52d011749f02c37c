"""Rows that broke a rule: whether just these are in quarantine and none in gold, and whether they arrive in the end.

Silver and gold are read by delta-rs and DuckDB, and the source by its own SQL; the keys are those of
the changes that broke the rules. Nothing here asks the lakehouse what it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import duckdb
from deltalake import DeltaTable

from local.sample.change import Change

_FLIGHT = "concat_ws(' ', make_date(year, month, day), carrier, flight, origin)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A rule of a table file, and where its column is found again in gold.

    `key` is SQL over the source's columns, as the changes give it; `gold_key` the same over gold's.
    """

    rule: str
    table: str
    key: str
    column: str
    gold: str
    gold_key: str
    gold_column: str
    breaks: str
    there: str = "true"

    @property
    def source_table(self) -> str:
        """The table's name for SQL."""
        schema, _, name = self.table.partition("/")[2].partition(".")
        return f'{schema}."{name}"'


WATCHED = (
    Watched(
        rule="known_plan",
        table="spotify/dbo.DimUser",
        key="user_id",
        column="subscription_type",
        gold="spotify/dim_user",
        gold_key="user_id",
        gold_column="subscription_type",
        breaks="subscription_type NOT IN ('Free', 'Premium', 'Family') AND user_sk <> -1",
        there="is_current",
    ),
    Watched(
        rule="has_a_length",
        table="spotify/dbo.DimTrack",
        key="track_id",
        column="duration_sec",
        gold="spotify/dim_track",
        gold_key="track_id",
        gold_column="duration_sec",
        breaks="duration_sec <= 0",
        there="is_current",
    ),
    Watched(
        rule="listened_forwards",
        table="spotify/dbo.FactStream",
        key="stream_id",
        column="listen_duration",
        gold="spotify/fact_stream",
        gold_key="stream_id",
        gold_column="listen_seconds",
        breaks="listen_seconds < 0",
    ),
    Watched(
        rule="no_negative_rain",
        table="nycflights/nyc.weather",
        key="concat_ws(' ', origin, extract(epoch FROM time_hour)::bigint)",
        column="precip",
        gold="flights/dim_weather",
        gold_key="concat_ws(' ', origin, extract(epoch FROM hour_start)::bigint)",
        gold_column="precipitation_in",
        breaks="precipitation_in < 0",
    ),
    Watched(
        rule="covers_a_distance",
        table="nycflights/nyc.flights",
        key=_FLIGHT,
        column="distance",
        gold="flights/fact_flight",
        gold_key=_FLIGHT,
        gold_column="distance_miles",
        breaks="distance_miles <= 0",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One rule: the keys that were broken at the source, those that wait in quarantine, and broken rows of gold."""

    watched: Watched
    broken: frozenset[str]
    waiting: frozenset[str]
    in_gold: int

    @property
    def passed(self) -> bool:
        """Whether exactly the broken rows wait, and none of them is in gold."""
        return bool(self.broken) and self.waiting == self.broken and self.in_gold == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One rule in the end: how many of its rows were released, and how many are as at the source."""

    watched: Watched
    rows: int
    released: int
    in_silver: int
    in_gold: int

    @property
    def passed(self) -> bool:
        """Whether every row that was broken is in silver and in gold as it is at the source."""
        return self.rows == self.in_silver == self.in_gold


def find_caught(lake: Path, changes: Iterable[Change]) -> tuple[Caught, ...]:
    """Look into quarantine and gold for every rule."""
    broken = keys_by_rule(changes)
    return tuple(
        Caught(
            watched=each,
            broken=broken.get(each.rule, frozenset()),
            waiting=frozenset(_aside(lake, each, "_released_in IS NULL")),
            in_gold=len(
                _ask(lake / "gold" / each.gold, f"SELECT 1 FROM found WHERE {each.breaks}")
            ),
        )
        for each in WATCHED
    )


def find_arrived(lake: Path, database: str, changes: Iterable[Change]) -> tuple[Arrived, ...]:
    """Compare the rows that were broken with the source, in silver and in gold."""
    broken = keys_by_rule(changes)
    return tuple(_arrived(lake, database, each, broken[each.rule]) for each in WATCHED)


def keys_by_rule(changes: Iterable[Change]) -> dict[str, frozenset[str]]:
    """Give the keys of the rows that break each rule."""
    found: dict[str, frozenset[str]] = {}
    for change in changes:
        if change.breaks:
            found[change.breaks] = found.get(change.breaks, frozenset()) | set(change.keys)
    return found


def _arrived(lake: Path, database: str, watched: Watched, keys: frozenset[str]) -> Arrived:
    wanted = {row for row in _source(database, watched) if row[0] in keys}
    silver = _ask(
        lake / "silver" / watched.table,
        f"SELECT ({watched.key})::VARCHAR, {watched.column} FROM found WHERE _op <> 'delete'",
    )
    gold = _ask(
        lake / "gold" / watched.gold,
        f"SELECT ({watched.gold_key})::VARCHAR, {watched.gold_column} FROM found WHERE {watched.there}",
    )
    return Arrived(
        watched=watched,
        rows=len(keys),
        released=len(set(_aside(lake, watched, "_released_in IS NOT NULL"))),
        in_silver=len(wanted & set(silver)),
        in_gold=len(wanted & set(gold)),
    )


def _aside(lake: Path, watched: Watched, which: str) -> list[str]:
    """Give the keys of rows in quarantine that broke this rule."""
    reason = f"list_contains(_reasons, '{watched.rule}')"
    query = f"SELECT ({watched.key})::VARCHAR FROM found WHERE {reason} AND {which}"
    return [row[0] for row in _ask(lake / "quarantine" / f"{watched.table}__silver", query)]


def _ask(table: Path, query: str) -> list[tuple[str, object]]:
    """Ask DuckDB for rows of a Delta table, which is called `found` in the query."""
    with duckdb.connect() as engine:
        engine.register("found", DeltaTable(table).to_pyarrow_dataset())
        return engine.execute(query).fetchall()


def _source(database: str, watched: Watched) -> list[tuple[str, object]]:
    query = f"SELECT ({watched.key})::text, {watched.column} FROM {watched.source_table}"
    with postgresql.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return [(row[0], row[1]) for row in cursor.fetchall()]

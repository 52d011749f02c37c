from collections.abc import Callable

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local.demo.background import TABLES as TABLES_FOLDER
from local.demo.rules import keys_by_rule
from local.sample.breaches import make_repairs
from local.sample.change import Change
from local.sample.changes import late_commit, make_changes
from shared.catalog import read_catalog

# Of the sample alone, which the demo changes.
pytestmark = pytest.mark.long
# Table, its key as the changes give it, and its cursor as text that sorts.
TABLES = [
    ("dbo.DimUser", "user_id", "updated_at"),
    ("dbo.DimArtist", "artist_id", "updated_at"),
    ("dbo.DimTrack", "track_id", "updated_at"),
    ("dbo.FactStream", "stream_id", "stream_timestamp"),
    ("nyc.planes", "tailnum", "change_no"),
    (
        "nyc.weather",
        "concat_ws(' ', origin, extract(epoch FROM time_hour)::bigint)",
        "revised_on",
    ),
    (
        "nyc.flights",
        "concat_ws(' ', make_date(year, month, day), carrier, flight, origin)",
        "updated_at",
    ),
]


def ask(uri: str, sql: str) -> list[tuple[object, ...]]:
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def quoted(table: str) -> str:
    schema, name = table.split(".")
    return f'{schema}."{name}"'


def at_or_above(uri: str, table: str, key: str, cursor: str, mark: object) -> set[str]:
    """What an incremental load with `>=` and NULLs would read."""
    sql = (
        f"SELECT ({key})::text FROM {quoted(table)} WHERE {cursor} >= '{mark}' OR {cursor} IS NULL"
    )
    return {str(row[0]) for row in ask(uri, sql)}


def test_an_increment_finds_exactly_the_changes_that_it_is_said_to_see(sample: str) -> None:
    marks = {t: ask(sample, f"SELECT max({c})::text FROM {quoted(t)}")[0][0] for t, _, c in TABLES}
    before = {t: at_or_above(sample, t, k, c, marks[t]) for t, k, c in TABLES}
    made = make_changes(sample)
    for table, key, cursor in TABLES:
        found = at_or_above(sample, table, key, cursor, marks[table])
        of_table = [change for change in made if change.table == table]
        seen = {each for change in of_table if change.seen for each in change.keys}
        unseen = {each for change in of_table if not change.seen for each in change.keys}
        assert found - before[table] <= seen <= found
        assert not unseen & found


def test_exactly_the_uncorrected_streams_are_out_of_sight(sample: str) -> None:
    unseen = [change for change in make_changes(sample) if not change.seen]
    assert [(change.name, change.table) for change in unseen] == [
        ("streams_corrected_without_a_trace", "dbo.FactStream")
    ]


def test_every_change_touches_rows_also_when_made_again(sample: str) -> None:
    for _ in range(2):
        assert all(change.keys for change in make_changes(sample))


def test_the_sample_meets_every_rule_and_exactly_the_rows_that_are_said_to_break_it(
    samples: Callable[[], str],
) -> None:
    sample = samples()
    rules = {
        rule.name: f"SELECT count(*) FROM {quoted(table.table)} WHERE NOT coalesce({rule.rule}, false)"
        for table in read_catalog(TABLES_FOLDER)
        for rule in table.quality
        if rule.severity == "quarantine"
    }
    assert {name: ask(sample, sql)[0][0] for name, sql in rules.items()} == dict.fromkeys(rules, 0)
    broken = keys_by_rule(make_changes(sample))
    assert set(broken) == set(rules)
    assert {n: ask(sample, sql)[0][0] for n, sql in rules.items()} == {
        name: len(keys) for name, keys in broken.items()
    }
    repaired = [len(each.keys) for each in make_repairs(sample)]
    assert sum(repaired) == 6
    left = {name: ask(sample, sql)[0][0] for name, sql in rules.items()}
    assert {name: rows for name, rows in left.items() if rows} == {
        "known_plan": 1,
        "listened_forwards": 3,
    }


def test_artists_are_added_at_the_highest_time_there_is(sample: str) -> None:
    highest = ask(sample, 'SELECT max(updated_at)::text FROM dbo."DimArtist"')[0][0]
    tied = named(make_changes(sample), "artists_at_the_highest_time")
    sql = f"""SELECT DISTINCT updated_at::text FROM dbo."DimArtist"
        WHERE artist_id IN ({", ".join(tied.keys)})"""
    assert ask(sample, sql) == [(highest,)]


def test_a_late_commit_appears_after_rows_with_a_later_time(sample: str) -> None:
    with late_commit(sample) as late:
        in_between = named(make_changes(sample), "users_changed_plan")
        assert ask(sample, user_times(late)) == []
    late_time = ask(sample, user_times(late))[0][0]
    assert str(late_time) < str(ask(sample, user_times(in_between))[0][0])


def user_times(change: Change) -> str:
    keys = ", ".join(change.keys)
    return f'SELECT updated_at::text FROM dbo."DimUser" WHERE user_id IN ({keys}) ORDER BY 1'


def named(changes: tuple[Change, ...], name: str) -> Change:
    return next(change for change in changes if change.name == name)

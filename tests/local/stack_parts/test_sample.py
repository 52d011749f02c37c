from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local.sample import nycflights, spotify
from local.sample.load import create_sample
from shared.catalog import read_catalog
from tests.local.stack_parts.conftest import REPOSITORY, StartPostgres

pytestmark = pytest.mark.long
FLIGHT_KEY = "year, month, day, carrier, flight, origin"
DIMENSIONS = ("DimUser", "DimArtist", "DimTrack")
CURSORS = [*((name, "updated_at") for name in DIMENSIONS), ("FactStream", "stream_timestamp")]


def ask(uri: str, sql: str) -> list[tuple[object, ...]]:
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_every_flight_is_there_once(sample: str) -> None:
    assert ask(sample, f"SELECT count(*), count(DISTINCT ({FLIGHT_KEY})) FROM nyc.flights") == [
        (336_776, 336_776)
    ]


def test_missing_values_stay_missing(sample: str) -> None:
    missing = "count(*) - count(dep_time), count(*) - count(tailnum), count(*) - count(air_time)"
    assert ask(sample, f"SELECT {missing} FROM nyc.flights") == [(8_255, 2_512, 9_430)]
    assert ask(sample, "SELECT count(*) FROM nyc.airports WHERE tzone IS NULL") == [(3,)]
    assert ask(sample, "SELECT count(*) FROM nyc.planes WHERE speed IS NULL") == [(3_299,)]


def test_hours_are_instants(sample: str) -> None:
    # Scheduled for 5:15 in New York.
    sql = "SELECT time_hour::text FROM nyc.flights WHERE flight = 1545 AND month = 1 AND day = 1"
    assert ask(sample, sql) == [("2013-01-01 10:00:00+00",)]


def test_the_hour_in_which_summer_time_ends_is_there_twice(sample: str) -> None:
    sql = """SELECT count(*) FROM nyc.weather
        WHERE month = 11 AND day = 3 AND hour = 1 GROUP BY origin"""
    assert ask(sample, sql) == [(2,)] * 3


@pytest.mark.parametrize(("table", "cursor"), CURSORS)
def test_at_least_seven_rows_share_each_time(sample: str, table: str, cursor: str) -> None:
    sql = f"""SELECT min(n) >= 7 FROM (
        SELECT count(*) AS n FROM dbo."{table}" WHERE {cursor} IS NOT NULL GROUP BY {cursor}
    ) times"""
    assert ask(sample, sql) == [(True,)]


@pytest.mark.parametrize(("table", "cursor"), CURSORS)
def test_a_few_rows_have_no_time(sample: str, table: str, cursor: str) -> None:
    sql = f"""SELECT count(*) > 0 AND count(*) <= 0.01 * (SELECT count(*) FROM dbo."{table}")
        FROM dbo."{table}" WHERE {cursor} IS NULL"""
    assert ask(sample, sql) == [(True,)]


@pytest.mark.parametrize(
    ("table", "flaw"),
    [
        ("DimUser", "end_date IS NULL"),
        ("DimUser", "end_date < start_date"),
        ("DimUser", "user_name = ''"),
        ("DimUser", "user_name ~ '[^ -~]'"),
        ("DimTrack", "album_name = ''"),
        ("DimTrack", "release_date < '1900-01-01'"),
        ("DimTrack", "release_date > '2100-01-01'"),
    ],
)
def test_the_music_service_has_the_flaws_of_a_real_one(sample: str, table: str, flaw: str) -> None:
    assert ask(sample, f'SELECT count(*) > 0 FROM dbo."{table}" WHERE {flaw}') == [(True,)]


def test_columns_are_named_and_typed_as_in_the_original(sample: str) -> None:
    sql = """SELECT string_agg(column_name || ' ' || format_type(atttypid, atttypmod), ', '
            ORDER BY ordinal_position)
        FROM information_schema.columns JOIN pg_attribute ON attname = column_name
            AND attrelid = format('%I.%I', table_schema, table_name)::regclass
        WHERE table_schema = 'dbo' AND table_name = 'DimUser'"""
    text = "character varying"
    expected = f"user_id integer, user_name {text}(255), country {text}(255), "
    expected += f"subscription_type {text}(50), start_date date, end_date date, "
    expected += "updated_at timestamp(3) without time zone"
    assert ask(sample, sql) == [(expected,)]


def test_the_music_service_is_the_same_every_time() -> None:
    first, second = dict(spotify.read_tables()), dict(spotify.read_tables())
    assert first == second


def test_a_failed_load_leaves_the_old_sample(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> Iterator[object]:
        raise nycflights.SampleMissing
        yield

    # One table is in when the next source turns out not to be there.
    some = [next(nycflights.read_tables())]
    monkeypatch.setattr(nycflights, "read_tables", lambda: some)
    monkeypatch.setattr(spotify, "read_tables", unreadable)
    with pytest.raises(nycflights.SampleMissing):
        create_sample(sample)
    assert ask(sample, 'SELECT count(*) FROM dbo."DimUser"') == [(spotify.USERS,)]
    assert ask(sample, "SELECT count(*) FROM nyc.flights") == [(336_776,)]


@pytest.mark.long
def test_loading_again_gives_the_same_rows(start_postgres: StartPostgres, state: Path) -> None:
    uri = start_postgres(state).uri
    first = create_sample(uri)
    digest = """SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM dbo."DimTrack" t"""
    before = ask(uri, digest)
    assert create_sample(uri) == first
    assert ask(uri, digest) == before
    assert first["nyc.flights"] == 336_776
    assert len(first) == 10


@pytest.mark.parametrize("source", ["spotify", "nycflights"])
def test_the_table_files_name_keys_and_cursors_that_the_sample_has(
    sample: str, source: str
) -> None:
    specs = [
        each for each in read_catalog(REPOSITORY / "tables").tables if each.source.name == source
    ]
    assert len(specs) == 5
    for spec in specs:
        table = f'{spec.schema_name}."{spec.table_name}"'
        sql = f"""SELECT count(*) = count(DISTINCT ({", ".join(spec.key)})),
            count({spec.cursor.column or "*"}) > 0 FROM {table}"""
        assert ask(sample, sql) == [(True, True)]


def test_every_row_is_read_without_importing_the_package() -> None:
    counts = {name: table.num_rows for name, table in nycflights.read_tables()}
    assert counts == {
        "airlines": 16,
        "airports": 1_458,
        "planes": 3_322,
        "weather": 26_115,
        "flights": 336_776,
    }

"""Puts the demo's source data into a PostgreSQL database."""

import adbc_driver_postgresql.dbapi as postgresql

from local.sample import nycflights, spotify


def create_sample(uri: str) -> dict[str, int]:
    """Drop the schemas `nyc` and `dbo`, make them anew with all their rows, and count these.

    All or nothing: one transaction, so a reader sees the old sample or the new one. `uri` is a
    postgresql:// URI of a role that may create schemas. The keys of the answer are `schema.table`.
    """
    counts: dict[str, int] = {}
    with postgresql.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        # Begun by a statement: the driver would commit its own transaction before every script.
        cursor.executescript("BEGIN")
        for source in (nycflights, spotify):
            cursor.executescript(source.DDL)
            for name, rows in source.read_tables():
                cursor.adbc_ingest(name, rows, mode="append", db_schema_name=source.SCHEMA)
                counts[f"{source.SCHEMA}.{name}"] = rows.num_rows
        cursor.executescript(nycflights.INDEXES)
        cursor.executescript("COMMIT")
        # Without statistics the first plans are guesses; ANALYZE sees committed rows best.
        cursor.executescript("ANALYZE")
    return counts


def ensure_sample(uri: str) -> None:
    """Make the sample unless it is there: what a user has changed in it stays."""
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regnamespace('nyc') IS NOT NULL AND to_regnamespace('dbo') IS NOT NULL"
        )
        found = cursor.fetchone()
    if found is None or not found[0]:
        create_sample(uri)

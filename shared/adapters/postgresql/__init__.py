"""This package knows PostgreSQL as a source, over ADBC or over ODBC."""

from shared.adapters.postgresql.session import PostgresSession, connect

__all__ = ["PostgresSession", "connect"]

"""This package knows PostgreSQL as a source, over ADBC."""

from shared.adapters.postgresql.session import PostgresSession, connect

__all__ = ["PostgresSession", "connect"]

"""This package knows any engine with an ODBC driver as a source; a dialect for each, one for all others."""

from shared.adapters.odbc.session import OdbcSession, connect

__all__ = ["OdbcSession", "connect"]

"""This package knows MariaDB, and MySQL as far as it is the same, as a source over ODBC."""

from shared.adapters.odbc.mariadb.dialect import MariadbDialect

__all__ = ["MariadbDialect"]

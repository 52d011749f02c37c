"""This package knows an engine of which nothing is known but what its ODBC driver says."""

from shared.adapters.odbc.generic.dialect import GenericDialect

__all__ = ["GenericDialect"]

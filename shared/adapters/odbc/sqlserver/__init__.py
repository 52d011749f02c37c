"""This package knows SQL Server 2016 and later, Azure SQL Database and Managed Instance as a source."""

from shared.adapters.odbc.sqlserver.dialect import SqlServerDialect

__all__ = ["SqlServerDialect"]

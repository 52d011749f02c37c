"""The two libraries that speak ODBC. Without the driver manager, using them says what to install."""

# What stands in for a module is none.
# pyright: reportAssignmentType=false

from __future__ import annotations

from typing import Any

from shared.loading.errors import CredentialRejected

_reason: str | None = None


class _Absent:
    """Stands for a library that is not there: it can be named, and nothing else."""

    class Error(Exception):
        """Never raised: nothing of the library runs."""

    pooling = False
    # Of the driver manager's own header; part of how values are read, whoever reads them.
    SQL_TYPE_DATE, SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP = 91, 92, 93

    def __getattr__(self, name: str) -> Any:
        raise CredentialRejected(str(_reason))


try:
    import arrow_odbc
    import pyodbc
except (ImportError, OSError) as error:
    _reason = (
        f"ODBC is not installed on this worker ({error}); install the driver manager and the "
        "source's driver (on Debian and Ubuntu: apt-get install libodbc2 odbcinst), "
        "and the packages pyodbc and arrow-odbc"
    )
    arrow_odbc = pyodbc = _Absent()

#: What keeps ODBC from being used on this worker, in words; None if nothing does.
MISSING: str | None = _reason

__all__ = ["MISSING", "arrow_odbc", "pyodbc"]

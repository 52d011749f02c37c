"""The two libraries that speak ODBC. Without the driver manager, importing this says what to install."""

from __future__ import annotations

from shared.loading.errors import CredentialRejected

try:
    import arrow_odbc
    import pyodbc
except (ImportError, OSError) as error:
    raise CredentialRejected(
        f"ODBC is not installed on this worker ({error}); install the driver manager and the "
        "source's driver (on Debian and Ubuntu: apt-get install libodbc2 odbcinst), "
        "and the packages pyodbc and arrow-odbc"
    ) from error

__all__ = ["arrow_odbc", "pyodbc"]

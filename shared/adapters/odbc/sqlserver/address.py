"""Completes a connection string: encrypted, with a driver and a login of its own, as the session needs it."""

from __future__ import annotations

import importlib.util
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from shared.adapters.odbc import libraries
from shared.adapters.odbc.address import Address
from shared.adapters.odbc.libraries import pyodbc
from shared.loading.errors import CredentialRejected

# See "DSN and Connection String Keywords and Attributes" of Microsoft's ODBC driver. Sessions are
# told apart by their name; AutoTranslate and Regional say how the driver writes values; the rest is
# what statements are read by. A connection that broke is never taken up again behind our back: its
# settings and its snapshot would be gone.
_SETTLED = {
    "APP": "tidemark",
    "MARS_Connection": "no",
    "AutoTranslate": "yes",
    "Regional": "no",
    "AnsiNPW": "yes",
    "QuotedId": "yes",
    "ConnectRetryCount": "0",
}
_LOGINS = ("pwd", "authentication", "trusted_connection")
_PLAIN = frozenset({"no", "optional", "false", "0"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "(local)", "."})
_DRIVER = re.compile(r"ODBC Driver (\d+) for SQL Server")
_NO_DRIVER = (
    "no ODBC driver for SQL Server is installed on this worker: install Microsoft's "
    "(on Debian and Ubuntu: apt-get install msodbcsql18, from packages.microsoft.com), "
    "or name another with Driver= in the connection string"
)


def settle(address: Address) -> Address:
    """Complete a connection string.

    Rows are encrypted on their way: `Encrypt=no` is refused but for a server on this machine. A
    string without a driver gets the newest of Microsoft's that is installed; one without a login
    signs in with the managed identity of this app, `UID` naming the client id of one that is
    assigned by the user ("Using Microsoft Entra ID with the ODBC Driver").

    Raises:
        CredentialRejected: encryption is switched off, or no driver is installed.
    """
    _check_encrypted(address)
    wanted = {"Encrypt": "yes"}
    if "dsn" not in address:
        # Where ODBC is not installed, what is left is a package that brings a driver of its own.
        if "driver" not in address and libraries.MISSING is None:
            wanted["Driver"] = find_driver(pyodbc.drivers())
        if not any(name in address for name in _LOGINS):
            wanted["Authentication"] = "ActiveDirectoryMsi"
    return address.completed(wanted).settled(_SETTLED)


def find_driver(installed: Sequence[str]) -> str:
    """Choose the newest driver: as ODBC knows it, else the library that mssql-python brings.

    Raises:
        CredentialRejected: there is none.
    """
    numbered = {int(found[1]): name for name in installed if (found := _DRIVER.fullmatch(name))}
    if numbered:
        return f"{{{numbered[max(numbered)]}}}"
    library = _find_library()
    if library is None:
        raise CredentialRejected(_NO_DRIVER)
    return f"{{{library}}}"


def _find_library() -> Path | None:
    package = importlib.util.find_spec("mssql_python_odbc")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "libs" / "linux"
    pattern = f"{_distribution()}/{platform.machine()}/lib/libmsodbcsql-*.so*"
    return max(folder.glob(pattern), default=None)


def _distribution() -> str:
    return "debian_ubuntu" if Path("/etc/debian_version").exists() else "rhel"


def _check_encrypted(address: Address) -> None:
    if (address.plain("encrypt") or "yes").lower() not in _PLAIN or _is_loopback(address):
        return
    raise CredentialRejected(
        "the connection string switches encryption off (Encrypt): rows would cross the network in "
        "clear text; write Encrypt=yes, and if the server's certificate is its own, install that "
        "on the worker"
    )


def _is_loopback(address: Address) -> bool:
    names = ("server", "addr", "address")
    server = next((found for name in names if (found := address.plain(name))), "")
    host = server.lower().removeprefix("tcp:").split(",")[0].split("\\")[0].strip()
    return host in _LOOPBACK

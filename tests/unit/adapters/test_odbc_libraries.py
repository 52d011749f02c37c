"""A worker without the driver manager says what to install, as soon as ODBC is needed."""

import importlib
import sys

import pytest

from shared.loading.errors import CredentialRejected


@pytest.mark.parametrize("library", ["pyodbc", "arrow_odbc"])
def test_a_missing_library_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "shared.adapters.odbc.libraries", raising=False)
    libraries = importlib.import_module("shared.adapters.odbc.libraries")
    assert "apt-get install libodbc2" in (libraries.MISSING or "")
    for use in (lambda: libraries.pyodbc.drivers, lambda: libraries.arrow_odbc.connect("")):
        with pytest.raises(CredentialRejected, match="apt-get install libodbc2"):
            use()

"""What errors of SQL Server mean, as the driver reports them."""

import pyodbc
import pytest

from shared.adapters.odbc.sqlserver.faults import FAULTS, StateHidden
from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    IngestError,
    PermanentError,
    QueryRefused,
    SnapshotUnavailable,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
    TransientError,
    ValueUnsupported,
)


def raised(state: str, native: int, call: str = "SQLExecDirectW") -> IngestError:
    """Give what becomes of an error that the driver reports through pyodbc."""
    text = (
        f"[{state}] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Text. ({native}) ({call})"
    )
    with pytest.raises(IngestError) as caught, FAULTS.translated():
        raise pyodbc.Error(state, text)
    return caught.value


@pytest.mark.parametrize(
    ("state", "native", "kind"),
    [
        ("40001", 1205, SourceThrottled),
        ("42000", 1222, SourceThrottled),
        ("42000", 10928, SourceThrottled),
        ("42000", 10929, SourceThrottled),
        ("42000", 40501, SourceThrottled),
        ("42000", 49918, SourceThrottled),
        ("42000", 40613, SourceUnavailable),
        ("42000", 40197, SourceUnavailable),
        ("42000", 615, SourceUnavailable),
        ("42000", 3961, SourceUnavailable),
        ("42000", 3966, SourceUnavailable),
        ("08001", 11001, SourceUnavailable),
        ("08S01", 10054, SourceUnavailable),
        ("HYT00", 0, SourceUnavailable),
        ("28000", 18456, CredentialRejected),
        ("28000", 18452, CredentialRejected),
        ("08004", 916, CredentialRejected),
        ("42000", 4060, CredentialRejected),
        ("42000", 40615, CredentialRejected),
        ("42S02", 208, TableMissing),
        ("42000", 229, TableMissing),
        ("42000", 15151, TableMissing),
        ("42S22", 207, ColumnMissing),
        ("42000", 230, ColumnMissing),
        ("22007", 241, ValueUnsupported),
        ("22003", 8115, ValueUnsupported),
        ("42000", 3952, SnapshotUnavailable),
        ("42000", 41332, SnapshotUnavailable),
        ("42000", 300, StateHidden),
        ("42000", 102, QueryRefused),
    ],
)
def test_an_error_is_told_by_its_number(state: str, native: int, kind: type[IngestError]) -> None:
    assert type(raised(state, native)) is kind


def test_what_passes_by_itself_is_tried_again_and_nothing_else() -> None:
    for native, kind in FAULTS.native.items():
        error = raised("42000", native)
        assert isinstance(error, TransientError) is issubclass(
            kind, SourceThrottled | SourceUnavailable
        )
        assert isinstance(error, TransientError | PermanentError)

"""NCRONTAB expressions."""

from datetime import UTC, datetime

import pytest

from local.functions_host.errors import BadSchedule
from local.functions_host.ncrontab import read


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 */15 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:15:00"),
        ("0 */15 * * * *", "2025-12-31T23:45:00.5", "2026-01-01T00:00:00"),
        ("*/20 * * * * *", "2026-01-01T00:00:41", "2026-01-01T00:01:00"),
        ("5,10-12 0 0 * * *", "2026-01-01T00:00:10", "2026-01-01T00:00:11"),
        ("0 30 9-17/4 * * Mon-Fri", "2026-01-02T17:31:00", "2026-01-05T09:30:00"),
        ("0 0 0 13 * 5", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 1 jan sunday", "2026-01-01T00:00:00", "2034-01-01T00:00:00"),
        ("0 0 0 29 2 1", "2080-01-01T00:00:00", "2112-02-29T00:00:00"),
        ("*/5 * * * *", "2026-01-01T00:00:01", "2026-01-01T00:05:00"),
        ("0 10/20 * * * *", "2026-01-01T00:31:00", "2026-01-01T00:50:00"),
    ],
)
def test_the_next_moment_of_an_expression(expression: str, after: str, expected: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert read(expression).after(moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "60 * * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "0 0 0 L * *",
        "0 0 0 30 2 *",
        "@daily",
        "x * * * * *",
    ],
)
def test_an_expression_that_azure_would_refuse_is_refused(expression: str) -> None:
    with pytest.raises(BadSchedule):
        read(expression)

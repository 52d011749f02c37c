"""The alert that is delivered, and the servers that it is delivered to."""

from collections.abc import Iterator

import pytest
from alert_receivers import Receiver, receiving

from shared.alerting.alert import Alert, FailedTable
from shared.loading.errors import Failure


@pytest.fixture
def alert() -> Alert:
    failure = Failure(type="QueryRefused", message="no such column", remedy="mend it")
    return Alert(
        title="Tidemark: order o failed",
        text="crm/dbo.Ä failed. QueryRefused: no such column",
        order_id="o",
        table="crm/dbo.Ä",
        run_id="o.crm.dbo",
        error=failure,
        failed=1,
        tables=(FailedTable(table="crm/dbo.Ä", run_id="o.crm.dbo", error=failure, link=""),),
        link="https://tidemark.example/api/orders/o",
        rerun="https://tidemark.example/api/runs/o/rerun",
        id="message-2",
        thread=("message-1",),
        at="2026-01-01T00:00:00+00:00",
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found

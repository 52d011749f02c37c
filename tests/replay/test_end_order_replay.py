"""An order whose own orchestration was ended from outside is closed by another, and alerted like any."""

import pytest
from rehearsal import rehearse
from scripts import batch, ended_script

from shared.durable.steps import end_order
from shared.loading.order import OrderWork, State

ORDER = batch("crm/dbo.A")


@pytest.mark.parametrize(
    ("state", "steps"),
    [("failed", ["close_order", "raise_alert"]), ("succeeded", ["close_order"])],
)
def test_it_is_closed_with_its_cause_and_alerted_if_it_failed(
    state: State, steps: list[str]
) -> None:
    run = rehearse(end_order, OrderWork(order=ORDER), ended_script(ORDER, state))
    assert run.steps == steps
    [end] = run.given("close_order")
    assert (end["order_id"], end["broke"]["type"]) == (ORDER.order_id, "HostFailed")
    assert run.output["alert"] == ("sent" if state == "failed" else "none")

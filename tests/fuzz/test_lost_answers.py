"""An answer that is lost on its way to the command line orders nothing twice."""

import json

import httpx
import pytest
from click.testing import CliRunner
from e2e_stack import Stack
from e2e_waiting import await_value
from fuzz_schema import IDS, NAMES
from losing_proxy import losing

from cli import client
from cli.main import tidemark


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSES", (0.01, 0.01, 0.01))


def orders(stack: Stack) -> list[str]:
    found = httpx.get(f"{stack.url}/api/orders?limit=1000").json()["orders"]
    return [order["order_id"] for order in found]


def stand(stack: Stack, position: str) -> None:
    """Set the watermark, once nobody is loading the table."""
    body = {"position": position, "reason": "a known place", "skip": True}
    url = f"{stack.url}/api/tables/{NAMES[0]}/watermark"
    await_value(lambda: httpx.put(url, json=body).status_code == 200, f"{NAMES[0]} to be free")


@pytest.mark.parametrize(
    "arguments",
    [
        ["load", NAMES[0]],
        ["backfill", NAMES[0], "--from", "2000-01-01", "--to", "2000-01-02"],
    ],
)
def test_an_order_whose_answers_were_lost_is_placed_once(
    fuzzed: Stack, known: dict[str, str], arguments: list[str]
) -> None:
    # Others set watermarks here and there, on the same stack.
    stand(fuzzed, "2020-01-01")
    assert known[IDS["orders"]] in orders(fuzzed)
    before = set(orders(fuzzed))
    with losing(fuzzed.url, answers=3) as proxy:
        result = CliRunner().invoke(
            tidemark, [*arguments, "--no-wait", "--json"], env={"TIDEMARK_URL": proxy.url}
        )
        assert proxy.lost == 3
    assert result.exit_code == 0, result.output
    placed = json.loads(result.stdout)["order_id"]
    assert set(orders(fuzzed)) - before == {placed}

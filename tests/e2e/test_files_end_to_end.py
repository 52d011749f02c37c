"""Files of the landing zone, from the event that tells of them to bronze, quarantine and dead letters."""

from collections.abc import Iterator

import pytest
from e2e_api import Api
from e2e_lake import images, published
from e2e_stack import Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook
from e2e_zone import TABLES, Zone, lake_of


@pytest.fixture
def zone(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Zone]:
    name = f"z{abs(hash(request.node.name)) % 10**6:06d}"
    file = stack.tables / f"{name}.yml"
    file.write_text(TABLES.format(name=name))
    with lake_of(stack) as service:
        yield Zone(stack, name, service)
    file.unlink()


def test_a_new_file_lands_by_its_event_and_the_same_event_again_lands_nothing(
    api: Api, stack: Stack, zone: Zone
) -> None:
    event = zone.put("a.csv", "id,amount\n1,1.50\nfew\n2,\n")
    for _ in range(3):
        api.deliver_blob([event])
    api.await_served(zone.table)

    rows = images(stack.lake, zone.target)
    assert sorted((row["id"], row["_line"]) for row in rows) == [(1, 2), (2, 4)]
    aside = published(stack.lake, f"quarantine/{zone.name}/files.orders")
    assert [each.manifest["rows"] for each in aside] == [1]
    # One that comes again while its version waits asks again: a load too many, which finds nothing.
    outcomes = [run["outcome"] for run in api.runs(zone.table)]
    assert outcomes[0] == "loaded"
    assert set(outcomes[1:]) <= {"nothing_new"}


def test_what_no_event_told_of_is_found_by_a_load(api: Api, stack: Stack, zone: Zone) -> None:
    zone.put("a.csv", "id,amount\n1,1.50\n")

    run = api.load_one(zone.table)

    assert (run["mode"], run["outcome"], run["rows"]) == ("incremental", "loaded", 1)
    assert api.load_one(zone.table)["outcome"] == "nothing_new"
    assert len(images(stack.lake, zone.target)) == 1


def test_a_file_that_cannot_be_read_is_told_and_replayed(
    api: Api, stack: Stack, zone: Zone, webhook: Webhook
) -> None:
    zone.put("a.csv", "id\n1\n")
    zone.put("b.csv", "id,amount\n2,2.50\n")

    run = api.load_one(zone.table)

    assert (run["state"], run["rows"], run["unread"]) == ("succeeded", 1, 1)
    assert "column amount is missing" in "".join(run["findings"])
    told = await_value(lambda: webhook.alerts(run["order_id"]), "an alert")
    assert told[0]["status"] == "unread"
    letters = api.get("/api/deadletters", kind="file", limit=1000)["letters"]
    [letter] = [each for each in letters if zone.table in each["body"]]
    assert letter["error"]["type"] == "FileDrifted"
    file = stack.tables / f"{zone.name}.yml"
    file.write_text(file.read_text().replace(', amount: "decimal(9,2)"', ""))
    replayed = api.http.post(f"/api/deadletters/{letter['id']}/replay").json()
    assert replayed["state"] == "replayed"

"""Events that cannot be taken up are kept, and taken up again once their cause is repaired."""

from typing import Any

from e2e_api import Api, cloud_event, grid_event
from e2e_source import STAMPED, Source, create_items


def letters(api: Api, source: Source) -> list[Any]:
    found = api.get("/api/deadletters", kind="event", limit=1000)["letters"]
    return [each for each in found if source.name in each["body"]]


def test_an_event_for_an_unknown_table_is_replayed_once_the_table_is_declared(
    api: Api, source: Source
) -> None:
    create_items(source)
    source.declare("others", watermark=STAMPED)
    table = f"{source.name}/{source.name}.item"
    cloud = {**cloud_event(table), "source": source.name}
    grid = {**grid_event(table), "topic": source.name + "/topic"}
    for event in (cloud, grid, cloud):
        api.deliver(event)
    newest, oldest = letters(api, source)
    assert (newest["times"], oldest["times"]) == (1, 2)
    assert oldest["error"]["type"] == "EventAstray"
    path = f"/api/deadletters/{oldest['id']}"
    refused = api.http.post(f"{path}/replay")
    assert (refused.status_code, "there is no table" in refused.text) == (422, True)
    assert api.get(path)["times"] == 3

    source.declare("item", watermark=STAMPED)
    replayed = [api.http.post(f"{path}/replay").json() for _ in range(2)]
    assert [each["state"] for each in replayed] == ["replayed", "replayed"]
    assert replayed[1]["order_id"] is None
    api.wait_for_order(replayed[0]["order_id"])
    api.await_served(table)
    assert [(run["outcome"], run["error"]) for run in api.runs(table)] == [("loaded", None)]


def test_an_event_of_another_type_or_without_a_subject_is_kept_without_its_secrets(
    api: Api, source: Source
) -> None:
    source.declare("others", watermark=STAMPED)
    foreign = {
        **cloud_event(source.name),
        "source": source.name,
        "type": "Made",
        "data": {"password": "s3cret"},
    }
    nameless = {**grid_event("", 2), "topic": source.name, "data": {"about": source.name}}
    api.deliver([foreign])
    api.deliver([nameless])
    kept = letters(api, source)
    assert [each["error"]["type"] for each in kept] == ["EventUnreadable", "EventForeign"]
    assert "s3cret" not in str(kept)


def test_a_letter_that_is_not_there_is_not_found(api: Api) -> None:
    for method, path in (("GET", "x"), ("POST", "20260101T000000000Z-0123456789abcdef/replay")):
        assert api.http.request(method, f"/api/deadletters/{path}").status_code == 404

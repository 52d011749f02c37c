"""The Event Grid webhook."""

from typing import Any

import pytest
from functions_host_sample import Sample

URL = "/runtime/webhooks/eventgrid"
NOTIFICATION = {"aeg-event-type": "Notification"}


def event(number: int, **data: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "eventType": "Made",
        "subject": "s",
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "1",
        "data": data,
    }


def post(sample: Sample, body: Any, kind: str = "Notification", to: str = "on_event") -> Any:
    return sample.http.post(
        URL, params={"functionName": to}, json=body, headers={"aeg-event-type": kind}
    )


@pytest.mark.parametrize("data", [{"validationCode": "c0de"}, '{"validationCode": "c0de"}'])
def test_a_subscription_is_validated_by_its_code(sample: Sample, data: Any) -> None:
    answer = post(sample, [{"id": "1", "data": data}], "SubscriptionValidation")
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "c0de"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("eventgrid.azure.us", "eventgrid.azure.us"), ("evil.example", "eventgrid.azure.net")],
)
def test_cloud_events_are_allowed_for_known_origins(
    sample: Sample, origin: str, allowed: str
) -> None:
    answer = sample.http.options(
        URL, params={"functionName": "on_event"}, headers={"WebHook-Request-Origin": origin}
    )
    assert answer.status_code == 200
    assert answer.headers["Webhook-Allowed-Origin"] == allowed


def test_each_event_of_a_delivery_is_one_run(sample: Sample) -> None:
    assert post(sample, [event(1), event(2)]).status_code == 202
    assert sorted(line for line in sample.trace.lines if "event" in line) == [
        "event 1 Made",
        "event 2 Made",
    ]


def test_a_cloud_event_arrives_as_one(sample: Sample) -> None:
    body = {"specversion": "1.0", "id": "7", "source": "s", "type": "t", "data": {}}
    assert post(sample, body, to="on_cloud_event").status_code == 202
    assert "cloud event 7 t" in sample.trace.lines


def test_one_failed_run_asks_for_the_whole_delivery_again(sample: Sample) -> None:
    assert post(sample, [event(1, fail=True), event(2)]).status_code == 500
    assert "event 2 Made" in sample.trace.lines


@pytest.mark.parametrize(
    ("kind", "to", "body", "status"),
    [
        ("Notification", "unheard", [], 404),
        ("Unsubscribe", "on_event", [], 202),
        ("Surprise", "on_event", [], 400),
        ("", "on_event", [], 400),
        ("SubscriptionValidation", "on_event", [{}], 400),
    ],
)
def test_other_requests_get_the_status_the_extension_gives(
    sample: Sample, kind: str, to: str, body: Any, status: int
) -> None:
    assert post(sample, body, kind, to).status_code == status


def test_what_is_published_to_a_functions_topic_is_delivered_to_it(sample: Sample) -> None:
    answer = sample.http.post("/topics/on_event/api/events", json=[event(1), event(2)])
    assert answer.status_code == 200
    assert {"event 1 Made", "event 2 Made"} <= set(sample.trace.lines)


@pytest.mark.parametrize(
    ("to", "body", "status"),
    [
        ("unheard", [], 404),
        ("on_event", {}, 400),
        ("on_event", [event(1, fail=True)], 503),
    ],
)
def test_whoever_publishes_is_told_what_was_not_delivered(
    sample: Sample, to: str, body: Any, status: int
) -> None:
    answer = sample.http.post(f"/topics/{to}/api/events", json=body)
    assert answer.status_code == status

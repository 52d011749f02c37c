"""Alerts reach a real HTTP server, or it is told that they did not; no address is ever shown."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from alert_receivers import Receiver

from shared.adapters.http.azure_mail import AzureMailChannel
from shared.adapters.http.webhook import ChatChannel, WebhookChannel
from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered, Channel
from shared.alerting.slack import render_slack
from shared.alerting.teams import render_teams

SECRET = "s3cr3t-t0ken"
KEY = base64.b64encode(b"communication services").decode()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = f"/hook/{SECRET}?sig={SECRET}"


def now() -> datetime:
    return NOW


def webhook(url: str, timeout: float = 10) -> Channel:
    return WebhookChannel(url=f"{url}{PLACE}", now=now, timeout=timeout)


def slack(url: str, timeout: float = 10) -> Channel:
    return ChatChannel(name="slack", url=f"{url}{PLACE}", render=render_slack, timeout=timeout)


def teams(url: str, timeout: float = 10) -> Channel:
    return ChatChannel(name="teams", url=f"{url}{PLACE}", render=render_teams, timeout=timeout)


def azure(url: str, timeout: float = 10) -> Channel:
    return AzureMailChannel(
        endpoint=url, sender="tide@example.org", receivers=("a@example.org", "b@example.org"),
        now=now, key=KEY, timeout=timeout,
    )  # fmt: skip


CHANNELS: list[Callable[..., Channel]] = [webhook, slack, teams, azure]
each_channel = pytest.mark.parametrize("make", CHANNELS, ids=lambda make: make.__name__)


@each_channel
def test_an_alert_is_posted_as_json(
    make: Callable[..., Channel], receiver: Receiver, alert: Alert
) -> None:
    make(receiver.url).send(alert)
    [posted] = receiver.got
    assert posted.headers["content-type"] == "application/json"
    assert "QueryRefused" in json.dumps(json.loads(posted.body))


@each_channel
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, AlertUndelivered),
        (400, AlertRefused),
        (404, AlertRefused),
        (408, AlertUndelivered),
        (429, AlertUndelivered),
        (500, AlertUndelivered),
        (503, AlertUndelivered),
    ],
)
def test_a_receiver_that_refuses_is_asked_again_only_if_that_may_help(
    make: Callable[..., Channel],
    receiver: Receiver,
    alert: Alert,
    status: int,
    error: type[Exception],
) -> None:
    receiver.status = status
    channel = make(receiver.url)
    with pytest.raises(error, match=f"{channel.name} answered {status}") as told:
        channel.send(alert)
    assert SECRET not in f"{told.value!r} {channel!r}"


@each_channel
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(
    make: Callable[..., Channel], receiver: Receiver, alert: Alert, status: int
) -> None:
    receiver.status, receiver.location = status, f"{receiver.url}/internal"
    with pytest.raises(AlertUndelivered):
        make(receiver.url).send(alert)
    assert [posted.path for posted in receiver.got if "internal" in posted.path] == []
    assert len(receiver.got) == 1


@each_channel
def test_a_receiver_that_never_answers_is_given_up_after_its_time(
    make: Callable[..., Channel], receiver: Receiver, alert: Alert
) -> None:
    receiver.silent.set()
    with pytest.raises(AlertUndelivered, match="ReadTimeout"):
        make(receiver.url, timeout=0.2).send(alert)


@each_channel
def test_a_receiver_that_is_gone_is_told_of_without_its_address(
    make: Callable[..., Channel], alert: Alert
) -> None:
    with pytest.raises(AlertUndelivered) as told:
        make("http://127.0.0.1:1").send(alert)
    assert SECRET not in f"{told.value!r} {told.value.__cause__!r}"
    assert told.value.__suppress_context__


@pytest.mark.parametrize("url", [f"ftp://{SECRET}", SECRET, f"http://{SECRET}:notaport/"])
def test_an_address_that_is_none_makes_the_alert_undelivered_without_showing_it(
    url: str, alert: Alert
) -> None:
    with pytest.raises(AlertUndelivered) as told:
        WebhookChannel(url=url, now=now).send(alert)
    assert SECRET not in repr(told.value)


def test_a_webhook_gets_the_fields_of_the_alert_and_its_id(
    receiver: Receiver, alert: Alert
) -> None:
    webhook(receiver.url).send(alert)
    [posted] = receiver.got
    body = json.loads(posted.body)
    assert (body["status"], body["event"], body["order_id"]) == ("failed", "opened", "o")
    assert body["error"]["remedy"] == "mend it"
    assert posted.headers["webhook-id"] == "message-2"
    assert "webhook-signature" not in posted.headers


def test_a_webhook_with_a_secret_is_signed_over_what_arrives(
    receiver: Receiver, alert: Alert
) -> None:
    key = b"k" * 32
    WebhookChannel(url=receiver.url, now=now, keys=(key,)).send(alert)
    [posted] = receiver.got
    stamp = posted.headers["webhook-timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    signed = f"message-2.{stamp}.".encode() + posted.body
    digest = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert posted.headers["webhook-signature"] == f"v1,{digest}"


def test_mail_by_azure_is_signed_and_has_one_id_however_often_it_is_sent(
    receiver: Receiver, alert: Alert
) -> None:
    receiver.status = 202
    for _ in range(2):
        azure(receiver.url).send(alert)
    first, second = receiver.got
    assert first.headers["operation-id"] == second.headers["operation-id"]
    check_signature(first.headers, first.path, first.body)
    body: dict[str, Any] = json.loads(first.body)
    assert body["recipients"]["to"] == [{"address": "a@example.org"}, {"address": "b@example.org"}]
    assert body["headers"]["References"] == "<message-1@example.org>"


def check_signature(headers: Any, path: str, body: bytes) -> None:
    """As the service does it: the body's digest, then the signature over date, host and digest."""
    digest = base64.b64encode(sha256(body).digest()).decode()
    assert headers["x-ms-content-sha256"] == digest
    signed = f"POST\n{path}\n{headers['x-ms-date']};{headers['host']};{digest}"
    mac = hmac.new(base64.b64decode(KEY), signed.encode(), sha256).digest()
    assert headers["authorization"].endswith(f"Signature={base64.b64encode(mac).decode()}")


def test_mail_by_azure_bears_the_token_of_the_identity_where_there_is_no_key(
    receiver: Receiver, alert: Alert
) -> None:
    AzureMailChannel(
        endpoint=receiver.url, sender="t@example.org", receivers=("a@example.org",), now=now,
        token=lambda: "the-token",
    ).send(alert)  # fmt: skip
    assert receiver.got[0].headers["authorization"] == "Bearer the-token"

"""Alerts reach a real SMTP server; nothing is said to one that cannot be trusted."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alert_receivers import PASSWORD, USER, Mailbox, mail_server, make_certificate

from shared.adapters.mail.smtp import SmtpChannel
from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered

Trust = Callable[[], ssl.SSLContext]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Trust]:
    folder: Path = tmp_path_factory.mktemp("certificate")
    return make_certificate(folder)


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def channel(mailbox: Mailbox, **fields: Any) -> SmtpChannel:
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": mailbox.port, "sender": "tide@example.org",
        "receivers": ("a@example.org", "b@example.org"), "tls": "none",
    }  # fmt: skip
    return SmtpChannel(**{**usual, **fields})


def test_a_mail_arrives_as_it_is_meant(plain: Mailbox, alert: Alert) -> None:
    channel(plain).send(alert)
    [mail] = plain.got
    assert plain.receivers == [["a@example.org", "b@example.org"]]
    assert (mail["Subject"], mail["Message-ID"]) == (alert.title, "<message-2@example.org>")
    assert (mail["In-Reply-To"], mail["References"]) == ("<message-1@example.org>",) * 2
    assert "crm/dbo.Ä failed" in mail.get_content()
    assert alert.link in mail.get_content()


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_server_that_shows_a_good_certificate_is_trusted(
    certificate: tuple[ssl.SSLContext, Trust], alert: Alert, *, wrapped: bool
) -> None:
    shown, trust = certificate
    # The server of these tests knows logins behind STARTTLS only.
    login = {} if wrapped else {"user": USER, "password": PASSWORD}
    with mail_server(shown, wrapped=wrapped, login=not wrapped) as mailbox:
        tls = "tls" if wrapped else "starttls"
        channel(mailbox, tls=tls, context=trust, **login).send(alert)
        assert len(mailbox.got) == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(
    certificate: tuple[ssl.SSLContext, Trust], alert: Alert, *, wrapped: bool
) -> None:
    shown, _ = certificate
    with mail_server(shown, wrapped=wrapped, login=not wrapped) as mailbox:
        tls = "tls" if wrapped else "starttls"
        with pytest.raises(AlertRefused, match="certificate"):
            channel(mailbox, tls=tls, user=USER, password=PASSWORD).send(alert)
        assert mailbox.got == []


def test_a_server_without_starttls_is_refused(plain: Mailbox, alert: Alert) -> None:
    with pytest.raises(AlertRefused, match="STARTTLS"):
        channel(plain, tls="starttls").send(alert)
    assert plain.got == []


def test_a_wrong_password_is_refused_and_not_told(
    certificate: tuple[ssl.SSLContext, Trust], alert: Alert
) -> None:
    shown, trust = certificate
    with mail_server(shown, login=True) as mailbox:
        wrong = channel(mailbox, tls="starttls", user=USER, password="wr0ng", context=trust)
        with pytest.raises(AlertRefused, match="535") as told:
            wrong.send(alert)
        assert "wr0ng" not in f"{told.value!r} {wrong!r}"


@pytest.mark.parametrize(
    ("reply", "error"),
    [("451 later", AlertUndelivered), ("554 never: crm/dbo.Ä failed", AlertRefused)],
)
def test_a_server_that_refuses_the_message_is_asked_again_only_if_that_may_help(
    plain: Mailbox, alert: Alert, reply: str, error: type[Exception]
) -> None:
    plain.reply = reply
    with pytest.raises(error, match=reply[:3]) as told:
        channel(plain).send(alert)
    assert "crm" not in str(told.value)


def test_a_receiver_that_is_refused_keeps_nothing_from_the_others(
    plain: Mailbox, alert: Alert
) -> None:
    plain.refusals = {"a@example.org": "550 unknown"}
    channel(plain).send(alert)
    assert plain.receivers == [["b@example.org"]]


@pytest.mark.parametrize(
    ("replies", "error"),
    [(("550 unknown", "550 unknown"), AlertRefused), (("550 no", "450 later"), AlertUndelivered)],
)
def test_without_any_receiver_the_mail_is_not_delivered(
    plain: Mailbox, alert: Alert, replies: tuple[str, str], error: type[Exception]
) -> None:
    plain.refusals = dict(zip(("a@example.org", "b@example.org"), replies, strict=True))
    with pytest.raises(error):
        channel(plain).send(alert)


def test_a_server_that_is_gone_may_take_it_later(plain: Mailbox, alert: Alert) -> None:
    with pytest.raises(AlertUndelivered, match="ConnectionRefusedError"):
        channel(plain, port=1).send(alert)

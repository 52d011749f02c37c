"""Every channel's message follows its schema and its limits, holds what is needed, and obeys no name."""

import json
from email import message_from_bytes, policy
from typing import Any

import pytest
from alert_samples import BASE, FAILURE, HOSTILE, failed, held, many
from alert_schemas import SLACK, TEAMS
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.alerting.alert import Alert
from shared.alerting.mail import render_mail
from shared.alerting.slack import render_slack
from shared.alerting.teams import render_teams
from shared.alerting.wording import clean, links_of
from shared.loading.errors import Failure

SAMPLES = {
    "failed": failed(),
    "held": held(),
    "one": failed(failed=1, tables=failed().tables[:1]),
    "resolved": failed(status="resolved", event="resolved", error=None, rerun=None),
    "late": failed(status="late", error=None, order_id=None, run_id=None, rows=None),
    "many": many(2_000),
    "fifty": many(50),
    "bare": failed(
        table=None, run_id=None, error=None, tables=(), link="/api/orders/x", rerun=None, page=None,
        runbook=None, rows=None, lag_seconds=None,
    ),
}  # fmt: skip
TEXTS = st.text(min_size=1, max_size=400)


def shown(rendered: Any) -> list[str]:
    """Every text of a message that is shown."""
    if isinstance(rendered, dict):
        own = [rendered["text"]] if isinstance(rendered.get("text"), str) else []
        return own + [text for value in rendered.values() for text in shown(value)]
    return (
        [text for value in rendered for text in shown(value)] if isinstance(rendered, list) else []
    )


def check(alert: Alert) -> None:
    Draft202012Validator(SLACK).validate(render_slack(alert))
    message = render_teams(alert)
    Draft202012Validator(TEAMS).validate(message)
    assert len(json.dumps(message, ensure_ascii=False).encode()) < 28_000


@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_follows_its_schema_and_its_limits(name: str) -> None:
    check(SAMPLES[name])


@given(title=TEXTS, text=TEXTS, table=TEXTS, message=TEXTS, link=TEXTS)
def test_whatever_names_and_messages_are_the_schema_is_kept(
    title: str, text: str, table: str, message: str, link: str
) -> None:
    error = Failure(type="QueryRefused", message=message, remedy="")
    check(failed(title=title, text=text, table=table, error=error, link=link))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_pings_nobody_formats_nothing_and_stays_in_its_line(name: str) -> None:
    alert = failed(
        title=f"Tidemark: {name}", text=f"{name} failed", table=name,
        error=Failure(type="X", message=name, remedy=""),
        failed=1, tables=(),
    )  # fmt: skip
    slack = render_slack(alert)
    assert not any(mark in text for text in shown(slack) for mark in ("<", ">"))
    assert "mrkdwn" not in [each.get("type") for each in walk(slack)]
    card = render_teams(alert)["attachments"][0]["content"]
    assert {each["type"] for each in walk(card["body"]) if "type" in each} == {
        "RichTextBlock",
        "TextRun",
    }
    assert "entities" not in card["msteams"]
    assert not any("\n" in text or "\u202e" in text for text in shown(card))
    mail = render_mail(alert, sender="t@example.org", receivers=["a@example.org"])
    read = message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert (read["Bcc"], read["To"]) == (None, "a@example.org")
    assert [line for line in read.get_content().splitlines() if line.startswith("Status:")] == [
        "Status: Failed"
    ]


def walk(rendered: Any) -> list[dict[str, Any]]:
    if isinstance(rendered, dict):
        return [rendered, *(each for value in rendered.values() for each in walk(value))]
    return (
        [each for value in rendered for each in walk(value)] if isinstance(rendered, list) else []
    )


def test_every_message_says_what_failed_why_how_far_it_is_and_where_to_look() -> None:
    alert = failed()
    wanted = [
        "Failed", "crm/dbo.A", "QueryRefused: no such column", "1:30:00", alert.run_id or "",
        alert.link, alert.rerun or "", f"{BASE}/api/", alert.runbook or "", "crm/dbo.B",
    ]  # fmt: skip
    mail = render_mail(alert, sender="t@example.org", receivers=["a@example.org"])
    for said in (
        json.dumps(render_slack(alert), ensure_ascii=False),
        json.dumps(render_teams(alert)),
        mail.get_content(),
    ):
        assert [each for each in wanted if each not in said] == []


def test_a_long_list_names_some_and_counts_the_rest() -> None:
    assert any("and 1990 more" in text for text in shown(render_slack(many(2_000))))


def test_a_link_without_an_address_or_of_another_kind_is_left_out() -> None:
    links = ("/api/orders/x", "javascript:alert(1)", "https://", "https://x/ y", "http://[bad")
    assert [links_of(failed(link=link))[0].label for link in links] == ["Run"] * 5


def test_the_messages_of_an_incident_are_one_thread_and_have_lasting_ids() -> None:
    alert = failed(id="m2", thread=("m1", "m0"))
    made = [
        render_mail(alert, sender="Tide <t@example.org>", receivers=["a@example.org"])
        for _ in range(2)
    ]
    assert made[0].as_bytes() == made[1].as_bytes()
    assert made[0]["Message-ID"] == "<m2@example.org>"
    assert made[0]["In-Reply-To"] == "<m1@example.org>"
    assert made[0]["References"] == "<m1@example.org> <m0@example.org>"


def test_a_cut_text_says_that_it_is_cut() -> None:
    assert clean("a" * 20, 5) == "aaaa…"
    assert clean(" a \n b\u2028c\x00d ", 20) == "a b c d"


def test_an_error_is_one_sentence() -> None:
    error = Failure(type=FAILURE.type, message="first\nsecond " * 400, remedy="")
    [text] = [t for t in shown(render_slack(failed(error=error))) if t.startswith("Error")]
    assert len(text) < 320
    assert text.count("\n") == 1

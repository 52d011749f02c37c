"""Dead letters on the command line: listed, shown, and taken up again."""

import json
from typing import Any

import pytest
from api_answers import FAILURE
from cli_call import Call
from playback_server import Playback

ID, OTHER = "20260131T120000123Z-9f86d081884c7d65", "20260131T120000124Z-9f86d081884c7d66"


def letter(letter_id: str = ID, **fields: Any) -> dict[str, Any]:
    known = {
        "id": letter_id,
        "kind": "event",
        "name": "/sources/shop#4711",
        "state": "dead",
        "error": FAILURE,
        "body": '{"id": "4711"}',
        "cut": False,
        "first_at": "2026-01-31T00:00:00+00:00",
        "last_at": "2026-01-31T01:00:00+00:00",
        "times": 3,
        "replays": 0,
        "replayed_at": None,
        "links": {},
    }
    return {**known, **fields}


def refusal(status: int) -> dict[str, Any]:
    return {"title": "x", "status": status, "detail": "there is no table a/b.c"}


def test_without_an_id_letters_are_listed(api: Playback, call: Call) -> None:
    api.play("GET /api/deadletters", {"letters": [letter()], "next": None})
    result = call("replay", "--kind", "event", "--state", "dead", "--limit", "5")
    assert api.asked[0].query == {"kind": ["event"], "state": ["dead"], "limit": ["5"]}
    assert (result.exit_code, ID in result.stdout) == (0, True)
    assert "/sources/shop#4711" in result.stdout


def test_the_list_comes_as_json_in_the_apis_form(api: Playback, call: Call) -> None:
    api.play("GET /api/deadletters", {"letters": [letter()], "next": None})
    assert json.loads(call("replay", "--json").stdout)["letters"] == [letter()]


def test_no_letters_are_said_to_be_none(api: Playback, call: Call) -> None:
    api.play("GET /api/deadletters", {"letters": []})
    assert call("replay").stdout == "There are no dead letters.\n"


def test_a_letter_is_shown_with_its_remedy_and_what_was_sent(api: Playback, call: Call) -> None:
    api.play(f"GET /api/deadletters/{ID}", letter(cut=True))
    shown = call("replay", ID, "--show").stdout
    assert FAILURE["remedy"] in shown
    assert '{"id": "4711"} …' in shown


def test_a_letter_is_replayed(api: Playback, call: Call) -> None:
    route = f"POST /api/deadletters/{ID}/replay"
    api.play(route, letter(state="replayed", replays=1, order_id="20260131T120000125Z-000000"))
    result = call("replay", ID)
    assert api.routes == [route]
    assert "20260131T120000125Z-000000" in result.stdout


def test_a_letter_that_dies_again_ends_the_command_with_its_error(
    api: Playback, call: Call
) -> None:
    api.play(f"POST /api/deadletters/{ID}/replay", refusal(422), status=422)
    result = call("replay", ID)
    assert result.exit_code == 2
    assert "there is no table a/b.c" in result.stderr


def test_all_that_are_dead_are_replayed_whatever_dies_again(api: Playback, call: Call) -> None:
    api.play("GET /api/deadletters", {"letters": [letter(), letter(OTHER)], "next": None})
    api.play(f"POST /api/deadletters/{ID}/replay", refusal(422), status=422)
    api.play(f"GET /api/deadletters/{ID}", letter(times=4))
    api.play(f"POST /api/deadletters/{OTHER}/replay", letter(OTHER, state="replayed"))
    result = call("replay", "--all", "--json")
    assert api.asked[0].query["state"] == ["dead"]
    assert result.exit_code == 1
    found = json.loads(result.stdout)["letters"]
    assert [(each["id"], each["state"]) for each in found] == [(ID, "dead"), (OTHER, "replayed")]


@pytest.mark.parametrize(
    "wrong",
    [(ID, "--all"), (ID, "--state", "dead"), ("--all", "--limit", "1"), ("--show",)],
)
def test_what_does_not_go_together_is_refused(call: Call, wrong: tuple[str, ...]) -> None:
    assert call("replay", *wrong).exit_code == 2

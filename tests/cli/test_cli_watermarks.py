"""The history of watermarks, and corrections by hand."""

import json

import pytest
from api_answers import POSITION, RUN, TABLE, moved, problem, table
from cli_call import Call
from click.testing import CliRunner, Result
from playback_server import Playback

from cli.main import tidemark

PATH = "/api/tables/spotify/dbo.DimUser"
SET = ("watermark", "set", TABLE, "2026-01-01", "--reason", "restored")


def correction(**more: object) -> dict[str, object]:
    by_hand = moved(8, by="set", reason="restored", run_id=None, position="2026-01-01")
    return {"table": TABLE, "watermark": by_hand, "before": moved(7), "links": {}} | more


def answer(api: Playback, *arguments: str, typed: str) -> Result:
    return CliRunner().invoke(tidemark, arguments, input=typed, env={"TIDEMARK_URL": api.url})


def test_a_history_says_what_moved_the_watermark(api: Playback, call: Call) -> None:
    marks = [moved(8, by="set", reason="restored", run_id=None), moved(7)]
    api.play(f"GET {PATH}/watermarks", {"table": TABLE, "watermarks": marks, "next": None})
    lines = call("watermark", "history", TABLE).stdout.splitlines()
    [by_hand] = [line for line in lines if "restored" in line]
    assert "hand" in by_hand
    [loaded] = [line for line in lines if RUN in line]
    assert f"{POSITION} (settled)" in loaded


def test_a_history_walks_its_pages(api: Playback, call: Call) -> None:
    route = f"GET {PATH}/watermarks"
    link = f"http://other.example{PATH}/watermarks?page=a%2Bb"
    api.play(route, {"table": TABLE, "watermarks": [moved(2)], "next": link})
    api.play(route, {"table": TABLE, "watermarks": [moved(1)], "next": None})
    found = json.loads(call("watermark", "history", TABLE, "--json").stdout)
    assert [mark["version"] for mark in found["watermarks"]] == [2, 1]
    assert [asked.query for asked in api.asked] == [
        {"limit": ["100"]},
        {"limit": ["99"], "page": ["a+b"]},
    ]


def test_no_history_is_said_to_be_none(api: Playback, call: Call) -> None:
    api.play(f"GET {PATH}/watermarks", {"table": TABLE, "watermarks": [], "next": None})
    assert "no watermark yet" in call("watermark", "history", TABLE).stdout


def test_a_watermark_is_set_after_a_yes(api: Playback) -> None:
    api.play(f"GET {PATH}", table())
    api.play(f"PUT {PATH}/watermark", correction())
    result = answer(api, *SET, typed="y\n")
    assert result.exit_code == 0
    assert POSITION in result.stderr
    assert "2026-01-01 (settled)" in result.stdout
    assert api.asked[-1].body == {"position": "2026-01-01", "reason": "restored"}


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_set(api: Playback, typed: str) -> None:
    api.play(f"GET {PATH}", table(watermark=None))
    result = answer(api, *SET, typed=typed)
    assert result.exit_code == 2
    assert "nothing was changed" in result.stderr
    assert api.routes == [f"GET {PATH}"]


def test_yes_does_not_ask_and_skip_is_sent(api: Playback, call: Call) -> None:
    api.play(f"PUT {PATH}/watermark", correction(before=None))
    assert call(*SET, "--yes", "--skip", "--json").exit_code == 0
    assert [asked.body for asked in api.asked] == [
        {"position": "2026-01-01", "reason": "restored", "skip": True}
    ]


def test_a_rollback_names_a_version_and_a_reason(api: Playback, call: Call) -> None:
    back = moved(9, by="rollback", reason="too far")
    api.play(f"POST {PATH}/watermark/rollback", correction(watermark=back))
    result = call("watermark", "rollback", TABLE, "--version", "3", "--reason", "too far")
    assert result.exit_code == 0
    assert "a rollback" in result.stdout
    assert api.asked[0].body == {"version": 3, "reason": "too far"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("watermark", "set", TABLE, "1", "--yes"),
        ("watermark", "rollback", TABLE, "--version", "1"),
        ("watermark", "rollback", TABLE, "--reason", "x"),
    ],
)
def test_a_correction_without_a_reason_is_wrong_use(
    api: Playback, call: Call, arguments: tuple[str, ...]
) -> None:
    assert call(*arguments).exit_code == 2
    assert api.asked == []


def test_a_refused_correction_says_why(api: Playback, call: Call) -> None:
    api.play(f"PUT {PATH}/watermark", problem(409, "rows would be left out: give skip"), 409)
    result = call(*SET, "--yes")
    assert result.exit_code == 2
    assert "rows would be left out" in result.stderr


def test_a_watermark_set_by_hand_shows_its_reason(api: Playback, call: Call) -> None:
    mark = moved(8, by="set", reason="restored", run_id=None)
    api.play(f"GET {PATH}", table(watermark=mark))
    output = call("watermark", "show", TABLE).stdout
    assert "restored" in output
    assert "hand" in output

"""What goes wrong between command line and app: exit status, message, and never a traceback."""

import socket

import pytest
from api_answers import ORDER, TABLE, accepted, order, problem, table
from cli_call import Call
from click.testing import CliRunner
from playback_server import Playback

from cli.errors import Unreachable
from cli.main import tidemark
from cli.waiting import Pace, await_end

SECRET = "k3y-that-nobody-may-see"
GET_ORDER = f"GET /api/orders/{ORDER}"
AT_ONCE = Pace(first=0.001, longest=0.001, away=0.0)


def test_every_bad_field_is_named(api: Playback, call: Call) -> None:
    fields = {"tables[0]": "there is no table 'spotify/x.y'", "after": "goes with incremental"}
    api.play("POST /api/loads", problem(400, "Correct: tables[0], after", **fields), 400)
    result = call("load", "spotify/x.y")
    assert result.exit_code == 2
    assert "tables[0]: there is no table 'spotify/x.y'" in result.stderr
    assert "after: goes with incremental" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("status", [404, 409, 422])
def test_a_problem_is_wrong_use(api: Playback, call: Call, status: int) -> None:
    api.play(f"POST /api/runs/{ORDER}/rerun", problem(status, "nothing of it failed"), status)
    result = call("rerun", ORDER)
    assert result.exit_code == 2
    assert "nothing of it failed" in result.stderr


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_says_where_to_put_a_right_one(
    api: Playback, call: Call, status: int
) -> None:
    api.play("GET /api/tables", b"", status)
    result = call("status", "--key", SECRET)
    assert result.exit_code == 2
    assert "TIDEMARK_KEY" in result.stderr
    assert SECRET not in result.output


def test_a_role_that_is_not_enough_is_said(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", problem(403, "rita may read; this needs the role operate"), 403)
    result = call("status", "--key", SECRET)
    assert (result.exit_code, "needs the role operate" in result.stderr) == (2, True)


def test_the_key_is_sent_and_never_printed(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", {"tables": [table()]})
    answers = [
        call("--key", SECRET, "status"),
        call("status", "--key", SECRET, "--json"),
        call("--key", SECRET, "--help"),
        call("--key", SECRET, "status", "--url", f"{api.url}/missing"),
    ]
    assert {asked.key for asked in api.asked} == {SECRET}
    assert not any(SECRET in answer.output for answer in answers)


def test_the_environment_gives_the_key_and_the_option_wins(api: Playback) -> None:
    api.play("GET /api/tables", {"tables": []})
    environment = {"TIDEMARK_URL": "http://127.0.0.1:1", "TIDEMARK_KEY": SECRET}
    for arguments in (["--url", api.url, "status"], ["status", "--url", api.url, "--key", "other"]):
        assert CliRunner().invoke(tidemark, arguments, env=environment).exit_code == 0
    assert [asked.key for asked in api.asked] == [SECRET, "other"]


def test_a_token_is_sent_as_a_bearer_token_and_never_printed(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", {"tables": [table()]})
    answers = [
        call("--token", SECRET, "status"),
        call("--token", SECRET, "status", "--url", f"{api.url}/missing"),
        call("--token", f"{SECRET}\n", "status"),
    ]
    assert {(asked.key, asked.token) for asked in api.asked} == {(None, f"Bearer {SECRET}")}
    assert [answer.exit_code for answer in answers] == [0, 2, 2]
    assert not any(SECRET in answer.output for answer in answers)


@pytest.mark.parametrize("key", ["two\nlines", " padded", "schl\xfcssel"])
def test_a_key_that_cannot_be_one_is_refused_unseen(api: Playback, call: Call, key: str) -> None:
    result = call("status", "--key", key)
    assert result.exit_code == 2
    assert key not in result.output
    assert api.asked == []


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@host",
        f"https://host/api?code={SECRET}",
        f"https://host/#{SECRET}",
        "host:7071",
        "ftp://host",
        "http://",
        "http://host:port",
        f"https://user:{SECRET}",
    ],
)
def test_a_bad_address_is_refused_without_its_secrets(call: Call, url: str) -> None:
    result = call("status", "--url", url)
    assert result.exit_code == 2
    assert "--url" in result.stderr
    assert SECRET not in result.output


def test_an_app_that_is_not_there_is_unreachable(call: Call) -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else gets the port, and connections are refused.
        taken.bind(("127.0.0.1", 0))
        result = call("status", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 3
    assert "tidemark dev" in result.stderr
    assert result.stdout == ""


def test_the_proxy_of_the_environment_is_asked(api: Playback) -> None:
    api.play("GET /api/tables", {"tables": [], "next": None})
    environment = {"TIDEMARK_URL": "http://app.invalid", "HTTP_PROXY": api.url, "NO_PROXY": ""}
    assert CliRunner().invoke(tidemark, ["status"], env=environment).exit_code == 0
    assert api.routes == ["GET /api/tables"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_app_that_cannot_work_now_counts_as_unreachable(
    api: Playback, call: Call, status: int
) -> None:
    api.play("GET /api/tables", problem(status, "Table Storage does not answer"), status)
    result = call("status")
    assert result.exit_code == 3
    assert "Table Storage does not answer" in result.stderr


def test_what_is_no_order_is_sent_once_and_may_have_been_carried_out(
    api: Playback, call: Call
) -> None:
    api.drop(f"DELETE /api/orders/{ORDER}")
    result = call("cancel", ORDER)
    assert result.exit_code == 3
    assert "may have been carried out" in result.stderr
    assert len(api.asked) == 1


def test_of_a_question_nothing_can_have_been_carried_out(api: Playback, call: Call) -> None:
    api.drop("POST /api/plans")
    result = call("plan", TABLE)
    assert result.exit_code == 3
    assert "carried out" not in result.stderr


@pytest.mark.parametrize("content", [b"<html>", b"\xff", b""])
def test_an_answer_of_something_else_is_a_wrong_address(
    api: Playback, call: Call, content: bytes
) -> None:
    api.play("GET /api/tables", content)
    result = call("status", "--json")
    assert result.exit_code == 2
    assert "--url" in result.stderr


def test_an_answer_of_another_version_is_told(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", {"tables": [{"table": TABLE}]})
    result = call("status")
    assert result.exit_code == 2
    assert "same version" in result.stderr


def test_a_redirect_is_told_without_its_query(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", b"", 307)
    result = call("status", "--key", SECRET)
    assert result.exit_code == 2
    assert "https://elsewhere.example/api/tables:" in result.stderr


def test_an_address_may_end_in_a_slash(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", {"tables": []})
    assert call("status", "--url", f"{api.url}/").exit_code == 0


@pytest.mark.parametrize("name", ["DimUser", "/x", "spotify/"])
def test_a_table_needs_its_full_name(api: Playback, call: Call, name: str) -> None:
    result = call("load", name)
    assert result.exit_code == 2
    assert "source/schema.table" in result.stderr
    assert api.asked == []


def test_waiting_goes_on_while_the_app_is_away(api: Playback, call: Call) -> None:
    api.play("POST /api/loads", accepted(), 202)
    api.play(GET_ORDER, order("running"))
    api.drop(GET_ORDER)
    api.play(GET_ORDER, b"", 503)
    api.play(GET_ORDER, order("succeeded"))
    assert call("load").exit_code == 0
    assert api.routes.count(GET_ORDER) == 4


def test_waiting_gives_up_when_the_app_is_away_for_too_long() -> None:
    def ask() -> object:
        raise Unreachable("gone")

    with pytest.raises(Unreachable):
        await_end(ask, lambda _: None, AT_ONCE)


def test_time_away_counts_from_the_last_answer() -> None:
    answers = iter([order("running"), None, order("running"), None, order("succeeded")])
    told: list[str] = []

    def ask() -> object:
        answer = next(answers)
        if answer is None:
            raise Unreachable("gone")
        return answer

    patient = Pace(first=0.001, longest=0.001, away=30.0)
    await_end(ask, lambda raw: told.append(raw["state"]), patient)
    assert told == ["running", "running", "succeeded"]


def test_pauses_grow_to_the_longest() -> None:
    pauses = Pace().pauses()
    found = [next(pauses) for _ in range(10)]
    assert found[0] == 0.2
    assert found == sorted(found)
    assert found[-1] == 2.0


def test_a_refusal_while_waiting_says_that_the_order_goes_on(api: Playback, call: Call) -> None:
    api.play("POST /api/loads", accepted(), 202)
    api.play(GET_ORDER, b"", 401)
    result = call("load")
    assert result.exit_code == 2
    assert f"tidemark runs {ORDER}" in result.stderr

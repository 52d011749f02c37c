"""Looking at tables, runs and watermarks: what people see, and what programs get."""

import json

from api_answers import FAILURE, ORDER, POSITION, RUN, TABLE, order, run, table, table_of_order
from cli_call import Call
from playback_server import Playback


def test_status_lists_every_table(api: Playback, call: Call) -> None:
    new = table(table="crm/a.b", state="never_loaded", watermark=None, lag_seconds=None, runs=[])
    api.play("GET /api/tables", {"tables": [table(), new]})
    lines = call("status").stdout.splitlines()
    [known] = [line for line in lines if TABLE in line]
    assert POSITION in known
    assert "2 h 3 min" in known
    assert "2026-01-31 00:00:00" in known
    [fresh] = [line for line in lines if "crm/a.b" in line]
    assert fresh.split() == ["crm/a.b", "never_loaded", "-", "-", "-", "-", "-"]


def test_status_of_one_table_asks_for_its_full_name(api: Playback, call: Call) -> None:
    route = "GET /api/tables/spotify/dbo.Dim%20User%2F1"
    api.play(route, table(runs=[run("failed", error=FAILURE)]))
    result = call("status", "spotify/dbo.Dim User/1")
    assert api.routes == [route]
    assert result.exit_code == 0
    assert "Restore the column, then rerun." in result.stdout


def test_the_filters_of_runs_are_sent(api: Playback, call: Call) -> None:
    api.play("GET /api/runs", {"runs": [run()], "next": None})
    since = "2026-01-31T00:00:00+01:00"
    call("runs", "--status", "failed", "--table", TABLE, "--since", since, "--limit", "5")
    assert api.asked[0].query == {
        "status": ["failed"],
        "table": [TABLE],
        "since": [since],
        "limit": ["5"],
    }


def test_runs_are_listed_with_times_in_utc(api: Playback, call: Call) -> None:
    api.play("GET /api/runs", {"runs": [run()]})
    result = call("runs")
    assert api.asked[0].query == {"limit": ["100"]}
    assert RUN in result.stdout
    assert "3.0 MiB" in result.stdout
    assert "2026-01-31 00:00:00" in result.stdout
    assert "1 min 5 s" in result.stdout


def test_runs_walk_the_pages_up_to_their_limit(api: Playback, call: Call) -> None:
    link = "http://other.example/api/runs?status=failed&page=%3Dtoken"
    api.play("GET /api/runs", {"runs": [run()] * 1000, "next": link})
    api.play("GET /api/runs", {"runs": [run()] * 2, "next": link})
    found = json.loads(call("runs", "--status", "failed", "--limit", "1002", "--json").stdout)
    assert len(found["runs"]) == 1002
    assert found["next"] == link
    assert [asked.query for asked in api.asked] == [
        {"status": ["failed"], "limit": ["1000"]},
        {"status": ["failed"], "limit": ["2"], "page": ["=token"]},
    ]


def test_runs_end_where_the_pages_end(api: Playback, call: Call) -> None:
    api.play("GET /api/runs", {"runs": [run()], "next": "http://other.example/api/runs?page=x"})
    api.play("GET /api/runs", {"runs": [run()], "next": None})
    assert call("runs", "--limit", "50").stdout.count(RUN) == 2


def test_status_lists_the_tables_of_all_pages(api: Playback, call: Call) -> None:
    link = "http://other.example/api/tables?page=2"
    api.play("GET /api/tables", {"tables": [table()], "next": link})
    api.play("GET /api/tables", {"tables": [table(table="spotify/dbo.Last")], "next": None})
    assert "spotify/dbo.Last" in call("status", "--source", "spotify").stdout
    assert all(asked.query["source"] == ["spotify"] for asked in api.asked)


def test_no_runs_are_said_to_be_none(api: Playback, call: Call) -> None:
    api.play("GET /api/runs", {"runs": []})
    assert call("runs").stdout == "There are no runs.\n"


def test_a_failed_run_shows_its_error_and_remedy(api: Playback, call: Call) -> None:
    api.play(f"GET /api/runs/{RUN}", run("failed", error=FAILURE))
    result = call("runs", RUN)
    assert result.exit_code == 0
    assert "SchemaDrifted: column plan is gone" in result.stdout
    assert "Restore the column, then rerun." in result.stdout


def test_a_run_shows_how_much_of_it_is_proven(api: Playback, call: Call) -> None:
    api.play(f"GET /api/runs/{RUN}", run())
    assert "values, of 12,346 rows read and 7 columns" in call("runs", RUN).stdout


def test_a_reconciliation_says_how_many_rows_were_compared(api: Playback, call: Call) -> None:
    found = {"compared": 81204, "missing": 0, "changed": 2, "deleted": 1, "rekeyed": 0}
    api.play(f"GET /api/runs/{RUN}", run(mode="reconcile", repairs=found))
    assert "compared 81,204 rows, found 0 missing, 2 changed, 1 deleted" in call("runs", RUN).stdout


def test_a_reconciliation_from_before_rows_were_counted_says_what_it_found(
    api: Playback, call: Call
) -> None:
    found = {"missing": 0, "changed": 2, "deleted": 1, "rekeyed": 0}
    api.play(f"GET /api/runs/{RUN}", run(mode="reconcile", repairs=found))
    shown = call("runs", RUN).stdout
    assert "found 0 missing, 2 changed, 1 deleted" in shown
    assert "compared" not in shown


def test_runs_shows_an_order_by_its_id(api: Playback, call: Call) -> None:
    api.play(f"GET /api/orders/{ORDER}", order("running", table_of_order(state="running")))
    assert TABLE in call("runs", ORDER).stdout


def test_one_run_and_filters_do_not_go_together(api: Playback, call: Call) -> None:
    assert call("runs", RUN, "--limit", "3").exit_code == 2
    assert api.asked == []


def test_a_watermark_is_shown_in_the_sources_exact_text(api: Playback, call: Call) -> None:
    api.play("GET /api/tables/spotify/dbo.DimUser", table())
    result = call("watermark", "show", TABLE)
    assert f"{POSITION} (settled)" in result.stdout
    assert RUN in result.stdout


def test_a_watermark_as_json_stands_alone(api: Playback, call: Call) -> None:
    api.play("GET /api/tables/spotify/dbo.DimUser", table())
    found = json.loads(call("watermark", "show", TABLE, "--json").stdout)
    assert found["watermark"]["position"] == POSITION
    assert set(found) == {"table", "watermark_kind", "watermark", "lag_seconds"}


def test_a_table_without_a_watermark_says_so(api: Playback, call: Call) -> None:
    api.play("GET /api/tables/spotify/dbo.DimUser", table(watermark=None, lag_seconds=None))
    assert "none yet" in call("watermark", "show", TABLE).stdout
    assert json.loads(call("--json", "watermark", "show", TABLE).stdout)["watermark"] is None


def test_json_passes_on_fields_that_are_not_shown(api: Playback, call: Call) -> None:
    api.play("GET /api/tables", {"tables": [table(new_field=1)]})
    assert json.loads(call("status", "--json").stdout)["tables"][0]["new_field"] == 1


def test_output_to_a_pipe_is_plain_and_unfolded(api: Playback, call: Call) -> None:
    name = "spotify/dbo." + "a" * 300
    api.play("GET /api/tables", {"tables": [table(table=name)]})
    result = call("status")
    assert name in result.stdout
    assert "\x1b" not in result.stdout


def test_texts_of_the_app_cannot_steer_the_terminal(api: Playback, call: Call) -> None:
    hostile = FAILURE | {"message": "\x1b[2J[red]gone[/red]"}
    api.play(f"GET /api/runs/{RUN}", run("failed", error=hostile, folder="a\x07[red]b[/red]"))
    result = call("runs", RUN)
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "[red]gone[/red]" in result.stdout
    assert "[red]b[/red]" in result.stdout

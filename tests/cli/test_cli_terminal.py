"""The command line as a process of its own: Ctrl-C, terminals, colours, the embedded stack."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from api_answers import ORDER, OTHER, TABLE, accepted, backfill, order, table_of_order
from click.testing import CliRunner
from playback_server import Playback
from rich.console import Console, RenderableType

from cli.answers import Backfill, Order, read
from cli.main import tidemark
from cli.progress import render_backfill_progress, render_order_progress
from local import stack

REPOSITORY = Path(__file__).parents[2]
START = [sys.executable, "-c", "from cli.main import main; main()"]
COLOUR = "\x1b[36m"
GET_ORDER = f"GET /api/orders/{ORDER}"


def environment(api: Playback, **more: str) -> dict[str, str]:
    return os.environ | {"TIDEMARK_URL": api.url, "TERM": "xterm", "COLUMNS": "200"} | more


def text_of(renderable: RenderableType) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_ctrl_c_leaves_the_order_and_says_how_to_look_at_it(api: Playback) -> None:
    api.play("POST /api/loads", accepted(), 202)
    api.play(GET_ORDER, order("running"))
    process = subprocess.Popen(
        [*START, "load", TABLE],
        cwd=REPOSITORY,
        env=environment(api),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread holds a lock the child needs
    )
    with process:
        api.await_asked(GET_ORDER)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert output == ""
    assert f"tidemark runs {ORDER}" in errors
    assert "goes on" in errors
    assert "Traceback" not in errors
    assert not any(asked.method == "DELETE" for asked in api.asked)


def run_on_terminal(arguments: list[str], env: dict[str, str]) -> tuple[str, str]:
    """Run with standard error on a terminal; give what both streams got."""
    own, theirs = pty.openpty()
    with (
        os.fdopen(own, "rb", buffering=0) as screen,
        subprocess.Popen(
            [*START, *arguments], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, stderr=theirs
        ) as process,
    ):
        os.close(theirs)
        shown = drain(screen.read)
        assert process.stdout is not None
        output = process.stdout.read()
    return output.decode(), shown.decode()


def drain(read_some: Callable[[int], bytes]) -> bytes:
    found = b""
    while True:
        try:
            content = read_some(4096)
        except OSError:  # Linux's sign that the other side of a terminal is closed
            return found
        if not content:
            return found
        found += content


def play_a_load(api: Playback) -> None:
    api.play("POST /api/loads", accepted(), 202)
    api.play(GET_ORDER, order("running", table_of_order(state="running", rows=4321)))
    api.play(GET_ORDER, order("succeeded", table_of_order()))


def test_progress_is_drawn_on_a_terminal_only_and_there_in_colour(api: Playback) -> None:
    play_a_load(api)
    output, shown = run_on_terminal(["load", "--json"], environment(api))
    assert "4,321 rows" in shown
    assert COLOUR in shown
    assert "4,321" not in output


def test_without_a_terminal_nothing_is_drawn(
    api: Playback, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_a_load(api)
    monkeypatch.setenv("TIDEMARK_URL", api.url)
    # Rich takes this for a terminal; logs that are coloured on purpose still are no screen.
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = CliRunner().invoke(tidemark, ["load"])
    assert result.stderr == f"Order {ORDER} is placed.\n"


def test_no_color_is_respected(api: Playback) -> None:
    play_a_load(api)
    _, shown = run_on_terminal(["load", "--json"], environment(api, NO_COLOR="1"))
    assert "4,321 rows" in shown
    assert COLOUR not in shown


def test_a_stream_without_unicode_gets_escapes(api: Playback) -> None:
    gone = order(
        "failed",
        table_of_order(
            state="failed", error=dict.fromkeys(("type", "message", "remedy"), "gr\xfcn")
        ),
    )
    api.play("GET /api/orders/x", gone)
    found = subprocess.run(
        [*START, "runs", "x"],
        cwd=REPOSITORY,
        env=environment(api, PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=True,
    )
    assert rb"gr\xfcn" in found.stdout


def test_the_progress_of_an_order_shows_what_is_at_work_first() -> None:
    tables = [table_of_order(f"s/a.t{number}", rows=1) for number in range(20)]
    view = order("running", *tables, table_of_order(OTHER, "running", rows=1000))
    shown = text_of(render_order_progress(read(view, Order)))
    assert "20 of 21 tables ended, 1,020 rows" in shown
    assert OTHER in shown
    assert "and 6 more" in shown


def test_the_progress_of_a_backfill_counts_windows() -> None:
    view = backfill("running", "succeeded", "failed", "running", "queued")
    shown = text_of(render_backfill_progress(read(view, Backfill)))
    assert f"{TABLE}: 1 of 4 windows loaded, 1 failed, 1 queued, 1 running" in shown


def test_dev_passes_its_options_on_and_ends_as_the_stack_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[stack.StackOptions] = []

    def run(options: stack.StackOptions) -> int:
        given.append(options)
        return 1

    monkeypatch.setattr(stack, "run", run)
    arguments = ["dev", "--state", str(tmp_path / "state"), "--tables", str(tmp_path)]
    more = ["--port", "0", "--keys", "--tick", "0 * * * * *"]
    assert CliRunner().invoke(tidemark, [*arguments, *more]).exit_code == 1
    [options] = given
    assert options == stack.StackOptions(
        state=tmp_path / "state",
        tables=tmp_path,
        port=0,
        require_keys=True,
        tick="0 * * * * *",
        lakehouse=True,
    )

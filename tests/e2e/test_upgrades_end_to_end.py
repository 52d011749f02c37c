"""A deployment in the middle of a load: the new version ends it; paused, it takes orders and begins none."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_api import Api, grid_event
from e2e_comparing import differing
from e2e_lake import published
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_stack import REPOSITORY, Stack
from e2e_waiting import await_value

from local.stack_process import SERVE

PARTS = ("activities", "orchestrators", "shared", "web", "local", "cli")
# Often enough for the sweep, and no more work than that needs.
OFTEN = "*/5 * * * * *"
PAUSED = {"TIDEMARK_PAUSED": "true"}


def next_version(place: Path) -> tuple[str, ...]:
    """Make a copy of the code that knows more fields, and give what serves it."""
    place.mkdir()
    for part in PARTS:
        shutil.copytree(
            REPOSITORY / part, place / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("function_app.py", "host.json", "requirements.txt"):
        shutil.copy(REPOSITORY / file, place / file)
    (place / ".cache").symlink_to(REPOSITORY / ".cache")
    steps = place / "shared/durable/steps.py"
    before = steps.read_text()
    after = before.replace(
        "    number: int\n    rows: int\n", "    number: int\n    rows: int\n    new: int = 7\n"
    )
    after = after.replace(
        "    taken: bool\n", '    taken: bool\n    place: str = "of the new version"\n'
    )
    assert after.count("new") > before.count("new") + 1
    steps.write_text(after)
    serve = (
        f"import os, sys, runpy; os.chdir({str(place)!r}); sys.path[0] = {str(place)!r}; "
        "runpy.run_module('local.serve', run_name='__main__')"
    )
    return ("-c", serve)


@pytest.fixture
def upgraded(tmp_path: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """A stack of its own."""
    own = Stack(
        state=tmp_path / "state",
        tables=tmp_path / "tables",
        environ=environ,
        tick=OFTEN,
    )
    own.start()
    yield own
    own.stop()


@pytest.mark.long
@pytest.mark.parametrize("back", [False, True])
def test_a_load_begun_by_one_version_is_ended_by_the_next_also_while_that_is_paused(
    upgraded: Stack, new_source: Callable[..., Source], tmp_path: Path, *, back: bool
) -> None:
    source = new_source(upgraded.tables)
    create_items(source, rows=100)
    create_items(source, "other")
    gate = Gate(source)
    gate.create("gated", "item")
    gated = source.declare("gated", watermark=STAMPED, slices={"rows": 20, "parallel": 2})
    other = source.declare("other", watermark=STAMPED)
    gate.close()
    with Api(upgraded.url) as api:
        begun = api.order([gated])
        gate.await_waiting(2)
    upgraded.kill()
    gate.open()
    upgraded.launcher = next_version(tmp_path / "next")
    upgraded.start(PAUSED)
    with Api(upgraded.url) as api:
        assert api.get("/api/health")["paused"] is True
        order = api.wait_for_order(begun)
        run = api.run_of(order, gated)
        assert (run["state"], run["rows"], run["attempt"]) == ("succeeded", 100, 1)
        asked = api.order([other])
        api.deliver([grid_event(other)])
        waiting = [each["order_id"] for each in api.get("/api/orders", status="queued")["orders"]]
        assert asked in waiting
        assert api.runs(other) == []
    assert len(published(upgraded.lake, source.target("gated"))) == 1
    if back:
        end_by_the_version_before(upgraded, source, asked)


def end_by_the_version_before(upgraded: Stack, source: Source, asked: str) -> None:
    """Go back to it: it passes over the fields that it does not know, and does what has waited."""
    other = source.full("other")
    upgraded.stop()
    upgraded.launcher = SERVE
    upgraded.start()
    with Api(upgraded.url) as api:
        assert api.get("/api/health")["paused"] is False
        assert api.wait_for_order(asked)["state"] == "succeeded"
        await_value(
            lambda: api.table(other)["requested"] == api.table(other)["served"], "the event"
        )
    assert differing(source, upgraded.lake, "other") == []
    assert len(published(upgraded.lake, source.target("gated"))) == 1

"""The whole stack killed where it stands, again and again, while it loads; each life goes on where the last ended.

TIDEMARK_KILLS says how often, 3 unless it is set.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from e2e_api import FINAL, Api
from e2e_comparing import differing
from e2e_lake import images
from e2e_source import STAMPED, Source
from e2e_stack import Stack
from e2e_waiting import await_value

KILLS = int(os.environ.get("TIDEMARK_KILLS", "3"))
ROWS = 70_000
SLICES = {"rows": 14_000, "parallel": 2}
TABLES = ("alpha", "beta", "gamma")
# A life of the stack ends after so many steps at most; fewer where it is to be killed more often.
MOST_STEPS = max(2, 36 // KILLS)


@pytest.fixture
def killed(place: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """A stack of its own."""
    own = Stack(state=place / "killed", tables=place / "killed-tables", environ=environ)
    own.start()
    yield own
    own.stop()


def create_tables(source: Source) -> list[str]:
    for table in TABLES:
        source.execute(
            f"""
            CREATE TABLE {table} (
                id int PRIMARY KEY, name text, price numeric(12, 2), updated_at timestamp
            );
            INSERT INTO {table}
            SELECT n, md5(n::text), n / 100.0,
                   timestamp '2026-01-01' + interval '1 second' * n
            FROM generate_series(1, {ROWS}) AS n;
            ANALYZE {table}
            """
        )
    return [source.declare(table, watermark=STAMPED, slices=SLICES) for table in TABLES]


def started(stack: Stack) -> Counter[tuple[str, int]]:
    """How often each slice was begun, over all lives."""
    wanted = {"message": "activity started", "activity": "extract_slice"}
    return Counter((line["instance"], line["task"]) for line in stack.lines(wanted))


def kill_after(stack: Stack, steps: int, order_id: str) -> bool:
    """Kill the stack once so many more steps have begun; False if the order ended before."""
    wanted = {"message": "activity started"}
    before = len(stack.lines(wanted))
    with Api(stack.url) as api:

        def reached() -> str | None:
            if api.get(f"/api/orders/{order_id}")["state"] in FINAL:
                return "ended"
            return "far enough" if len(stack.lines(wanted)) >= before + steps else None

        reached_what = await_value(reached, f"{steps} more steps or the end of the order")
    if reached_what == "ended":
        return False
    stack.kill()
    return True


@pytest.mark.long
@pytest.mark.parametrize("seed", [20260101])
def test_a_load_survives_the_death_of_everything_at_any_moment(
    killed: Stack, new_source: Callable[..., Source], seed: int
) -> None:
    source = new_source(killed.tables)
    tables = create_tables(source)
    chance = Random(seed)  # noqa: S311 - a test that can be repeated
    with Api(killed.url) as api:
        order_id = api.order(tables)
    kills = 0
    while kills < KILLS and kill_after(killed, chance.randint(1, MOST_STEPS), order_id):
        kills += 1
        killed.start()
    assert kills == KILLS
    with Api(killed.url) as api:
        order = api.wait_for_order(order_id)
        assert [part["error"] for part in order["tables"]] == [None] * len(TABLES)
    assert differing(source, killed.lake, *TABLES) == []
    landed = {table: len(images(killed.lake, source.target(table))) for table in TABLES}
    assert landed == dict.fromkeys(TABLES, ROWS)
    slices = started(killed)
    assert len(slices) == len(TABLES) * ROWS // SLICES["rows"]
    in_flight = len(TABLES) * SLICES["parallel"]
    assert slices.total() - len(slices) <= kills * in_flight

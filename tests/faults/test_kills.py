"""Everything killed where it stands, at every boundary of every step; each life goes on where the last ended."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_source import Source
from faults_ending import end_well
from faults_extent import FULL, KILLS
from faults_places import Kill, kills, sample
from faults_rig import Rig
from faults_scenario import Scenario

# For a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(1800)

PER_ROUND = 50
# So many steps, or seconds, a worker may take to come to its place before it is killed where it is.
MOST_STEPS = 60
PATIENCE_SECONDS = 45.0
_POLL_SECONDS = 0.25
REPORT = Path(__file__).parents[2] / ".cache" / "faults.txt"


def rounds() -> list[tuple[int, int]]:
    """The rounds as their first kill, and the one after their last; the sample is one."""
    if not FULL:
        return [(0, len(list(sample())))]
    return [(first, min(first + PER_ROUND, KILLS)) for first in range(0, KILLS, PER_ROUND)]


def carry_out(rig: Rig, scenario: Scenario, kill: Kill) -> str:
    """Live until the kill; say how it came about."""
    if not rig.start(whole=kill.whole, **kill.point):
        return f"{kill}: at its start"
    scenario.ask(rig.url, wanted=kill.place or "")
    if kill.place is None:
        died = rig.await_death(kill.seconds)
    else:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not (died := rig.await_death(_POLL_SECONDS)):
            if rig.steps_begun() > MOST_STEPS or time.monotonic() > give_up:
                break
    if died:
        return f"{kill}: there"
    rig.kill()
    return f"{kill}: {'there' if kill.place is None else 'not reached, killed elsewhere'}"


@pytest.mark.parametrize(("first", "end"), rounds())
def test_nothing_is_lost_or_doubled_when_everything_is_killed_again_and_again(
    new_rig: Callable[..., Rig],
    new_source: Callable[..., Source],
    seed: int,
    first: int,
    end: int,
) -> None:
    rig = new_rig()
    scenario = Scenario(source=new_source(rig), seed=f"{seed}/{first}")
    scenario.create()
    begun = time.monotonic()
    with scenario.writing() as writer:
        places = list(kills(seed, end) if FULL else sample())[first:]
        done = [carry_out(rig, scenario, kill) for kill in places]
    killed = time.monotonic() - begun
    rig.start()
    found = end_well(rig, scenario)
    ways = Counter(line.rpartition(": ")[2] for line in done)
    said = (
        f"seed {seed}, kills {first} to {end - 1} in {killed:.0f} s "
        f"({60 * len(done) / killed:.0f} a minute), {time.monotonic() - begun:.0f} s with the end, "
        f"{writer.commits} commits of the writer: {dict(ways)}, wrong afterwards: {len(found)}"
    )
    report([said, *(f"    {line}" for line in done), *(f"    {line}" for line in found)])
    full = f"TIDEMARK_FAULTS={KILLS} " if FULL else ""
    repeat = f"TIDEMARK_FAULTS_SEED={seed} {full}.venv/bin/python -m pytest tests/faults/test_kills.py -k '{first}-{end}'"
    assert found == [], "\n".join([said, *done, *found, f"to repeat: {repeat}"])


def report(lines: list[str]) -> None:
    """Leave what a round came to, be it good or bad."""
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)

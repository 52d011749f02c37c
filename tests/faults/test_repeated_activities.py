"""Every activity is executed twice: one after the other, both at once, or again when its successors are done."""

from collections.abc import Callable

import pytest
from e2e_api import Api
from e2e_source import Source
from faults_ending import await_ended, end_well
from faults_extent import extent
from faults_rig import Rig
from faults_scenario import Scenario

# For a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(1800)

ORDERS = extent(10, 1)
# Each with the most replays there can be, and completions that are due together shuffled.
MODES = {
    "twice": {"FUNCTIONS_HOST_ACTIVITIES_TWICE": "1"},
    "at once": {"FUNCTIONS_HOST_ACTIVITIES_AT_ONCE": "1"},
    "late": {"FUNCTIONS_HOST_ACTIVITIES_LATE_SEED": "1"},
    "all": {
        "FUNCTIONS_HOST_ACTIVITIES_AT_ONCE": "1",
        "FUNCTIONS_HOST_ACTIVITIES_LATE_SEED": "2",
    },
}


@pytest.mark.parametrize("mode", extent(list(MODES), ["all"]))
def test_a_second_execution_of_every_activity_changes_nothing(
    new_rig: Callable[..., Rig], new_source: Callable[..., Source], seed: int, mode: str
) -> None:
    rig = new_rig(
        FUNCTIONS_HOST_ONE_COMPLETION_PER_REPLAY="1",
        FUNCTIONS_HOST_SHUFFLE_SEED=str(seed),
        **MODES[mode],
    )
    scenario = Scenario(source=new_source(rig), seed=f"{seed}/{mode}")
    scenario.create()
    assert rig.start()
    with scenario.writing():
        for _ in range(ORDERS):
            for _ in range(2):
                scenario.ask(rig.url)
            with Api(rig.url) as api:
                await_ended(api)
    assert end_well(rig, scenario, may_fail=True) == []

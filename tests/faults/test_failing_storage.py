"""Table Storage and the lake fail in every way that services and networks have; loads end right or fail typed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from e2e_api import Api
from e2e_source import Source
from faults_ending import await_ended, end_well, load
from faults_extent import only_in_full
from faults_http_proxy import FAULTS, Unruly, unruly
from faults_rig import Rig
from faults_scenario import Scenario

# For a machine that has much else to do; nothing is judged by it.
pytestmark = [only_in_full, pytest.mark.timeout(1800)]

ORDERS = 12
# Of a load's requests, some hundreds, this part fails.
RATE = 0.04
SERVICES = {"tables": "TIDEMARK_STATE_URL", "lake": "TIDEMARK_LAKE_URL"}


@pytest.fixture
def failing(
    new_rig: Callable[..., Rig], seed: int
) -> Iterator[Callable[[str], tuple[Rig, Unruly]]]:
    """Starts a worker with a proxy before one service of its storage."""
    with ExitStack() as proxies:

        def start(service: str) -> tuple[Rig, Unruly]:
            rig = new_rig()
            rig.storage.start()
            setting = SERVICES[service]
            upstream = rig.storage.settings()[setting]
            proxy = proxies.enter_context(unruly(upstream, f"{seed}/{service}"))
            assert rig.start(**{setting: proxy.url})
            return rig, proxy

        yield start


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_fails_in_every_way_costs_time_and_no_row(
    failing: Callable[[str], tuple[Rig, Unruly]],
    new_source: Callable[..., Source],
    seed: int,
    service: str,
) -> None:
    rig, proxy = failing(service)
    scenario = Scenario(source=new_source(rig), seed=f"{seed}/{service}")
    scenario.create()
    proxy.rate = RATE
    with scenario.writing():
        for _ in range(ORDERS):
            scenario.ask(rig.url)
            with Api(rig.url) as api:
                await_ended(api)
    proxy.rate = 0.0
    found = end_well(rig, scenario, may_fail=True)
    done = dict(proxy.done)
    assert found == [], "\n".join([f"seed {seed}, {service}: {done}", *found])
    assert set(done) == set(FAULTS)


TYPED = {"tables": "StateUnavailable", "lake": "LakeUnavailable"}


@pytest.mark.parametrize("service", ["lake"])
def test_a_service_that_stays_away_fails_the_load_with_its_name_and_a_rerun_completes_it(
    failing: Callable[[str], tuple[Rig, Unruly]], new_source: Callable[..., Source], service: str
) -> None:
    rig, proxy = failing(service)
    scenario = Scenario(source=new_source(rig), seed="away")
    scenario.create()
    with Api(rig.url) as api:
        load(api, *scenario.tables)
        scenario.source.execute("INSERT INTO plain (id, name) VALUES (7000000, 'meanwhile')")
        proxy.kinds, proxy.rate = ("busy", "refused"), 1.0
        order = load(api, scenario.source.full("plain"))
        run = api.run_of(order, scenario.source.full("plain"))
        assert (run["state"], run["error"]["type"]) == ("failed", TYPED[service])
    proxy.rate = 0.0
    assert end_well(rig, scenario, may_fail=True) == []

"""PostgreSQL goes away, cuts results, refuses connections and takes too long; loads end right or fail typed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from e2e_api import Api
from e2e_source import SETTING, Source
from faults_ending import await_ended, end_well, load
from faults_extent import only_in_full
from faults_rig import Rig
from faults_scenario import Scenario
from faults_tcp_proxy import Line, line_to

from local import postgres
from shared.adapters.postgresql.connection import open_connection
from shared.loading.errors import SourceUnavailable

# For a machine that has much else to do; nothing is judged by it.
pytestmark = pytest.mark.timeout(1800)

CUTS = 40
# The greetings of a connection have some hundred thousand bytes, a result of the largest table less.
MOST_BYTES = 250_000


@pytest.fixture(scope="module")
def shared_line(database: str) -> Iterator[Line]:
    port = urlsplit(database).port
    assert port is not None
    with line_to(port) as line:
        yield line


@pytest.fixture
def line(shared_line: Line) -> Iterator[Line]:
    """The way to the source, whole again after each test."""
    shared_line.cut = 0
    yield shared_line
    shared_line.to_cut, shared_line.refuses = [], False


@pytest.fixture(scope="module")
def rig(new_shared_rig: Callable[..., Rig], shared_line: Line, database: str) -> Rig:
    """A worker whose source is behind the line. Its login is nobody's in particular."""
    address = urlsplit(database)
    uri = f"postgresql://reader@127.0.0.1:{shared_line.port}{address.path}"
    rig = new_shared_rig(**{SETTING: uri})
    assert rig.start()
    return rig


@pytest.fixture
def scenario(rig: Rig, new_source: Callable[..., Source], seed: int) -> Scenario:
    scenario = Scenario(source=new_source(rig, max_connections=4), seed=str(seed))
    scenario.create()
    schema = scenario.source.name
    scenario.source.execute(
        f"""
        DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        ALTER ROLE reader CONNECTION LIMIT -1; ALTER ROLE reader RESET ALL;
        GRANT pg_read_all_stats TO reader;
        GRANT USAGE ON SCHEMA {schema} TO reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader
        """
    )
    return scenario


@contextmanager
def again_and_again(act: Callable[[], None], chance: Random) -> Iterator[None]:
    """Do something every now and then, as long as the context lasts."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(chance.uniform(0.1, 0.6)):
            act()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("sent", [0, 300, 600, 20_000])
def test_a_connection_that_breaks_while_it_is_set_up_is_tried_again(
    line: Line, database: str, sent: int
) -> None:
    line.to_cut = [sent]
    address = urlsplit(database)._replace(netloc=f"postgres@127.0.0.1:{line.port}").geturl()
    with pytest.raises(SourceUnavailable), open_connection(address):
        pass
    with open_connection(address) as connection:
        assert connection.rows("SELECT 1 AS one") == [{"one": 1}]


def load_all(rig: Rig, scenario: Scenario, mode: str = "initial") -> None:
    with Api(rig.url) as api:
        api.order(scenario.tables, mode=mode)
        await_ended(api)


@only_in_full
def test_results_that_break_off_are_read_again_and_never_landed_in_part(
    rig: Rig, scenario: Scenario, line: Line, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a test that can be repeated
    with scenario.writing():
        while line.cut < CUTS:
            line.to_cut = [chance.randint(0, MOST_BYTES) for _ in range(4)]
            load_all(rig, scenario)
    line.to_cut = []
    assert end_well(rig, scenario, may_fail=True) == []


@only_in_full
def test_sessions_that_an_operator_ends_cost_no_row(
    rig: Rig, scenario: Scenario, seed: int
) -> None:
    ended: list[int] = []

    def end_sessions() -> None:
        sql = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'reader'"
        )
        ended.append(scenario.source.value(sql))

    with scenario.writing(), again_and_again(end_sessions, Random(seed)):  # noqa: S311 - as above
        while sum(ended) < CUTS:
            load_all(rig, scenario)
    assert end_well(rig, scenario, may_fail=True) == []


@only_in_full
def test_a_source_that_refuses_everybody_fails_typed_and_a_rerun_completes_the_load(
    rig: Rig, scenario: Scenario, line: Line
) -> None:
    load_all(rig, scenario)
    line.refuses = True
    line.cut_all()
    with Api(rig.url) as api:
        order = load(api, *scenario.tables)
        assert {part["error"]["type"] for part in order["tables"]} == {"SourceUnavailable"}
    line.refuses = False
    assert end_well(rig, scenario, may_fail=True) == []


SETTINGS = {
    "too many connections": "CONNECTION LIMIT 0",
    "statement timeout": "SET statement_timeout = '1ms'",
    "lock timeout": "SET lock_timeout = '50ms'",
}


@only_in_full
@pytest.mark.parametrize("fault", list(SETTINGS))
def test_a_busy_source_is_asked_again_then_told_as_busy_and_a_rerun_completes_the_load(
    rig: Rig, scenario: Scenario, fault: str
) -> None:
    with scenario.source.transaction() as other:
        if fault == "lock timeout":
            other.execute("LOCK TABLE laned, plain, numbered, whole IN ACCESS EXCLUSIVE MODE")
        scenario.source.execute(f"ALTER ROLE reader {SETTINGS[fault]}")
        with Api(rig.url) as api:
            order = load(api, *scenario.tables)
    assert {part["error"]["type"] for part in order["tables"]} == {"SourceThrottled"}
    scenario.source.execute("ALTER ROLE reader CONNECTION LIMIT -1; ALTER ROLE reader RESET ALL")
    assert end_well(rig, scenario, may_fail=True) == []


@only_in_full
def test_a_server_that_is_restarted_costs_no_row(
    new_rig: Callable[..., Rig], place: Path, seed: int
) -> None:
    server = postgres.start(place / "restarted")
    try:
        with line_to(server.port) as line:
            uri = f"postgresql://postgres@127.0.0.1:{line.port}/postgres"
            rig = new_rig(**{SETTING: uri})
            assert rig.start()
            source = Source(name="restarted", uri=uri, tables=rig.tables)
            source.execute("CREATE SCHEMA restarted")
            scenario = Scenario(source=source, seed=str(seed))
            scenario.create()
            with Api(rig.url) as api:
                api.order(scenario.tables)
                time.sleep(Random(seed).uniform(0.2, 1.5))  # noqa: S311 - an instant of the load
                server.stop()
                server = postgres.start(place / "restarted")
                line.server = ("127.0.0.1", server.port)
                await_ended(api)
            assert end_well(rig, scenario, may_fail=True) == []
    finally:
        server.stop()

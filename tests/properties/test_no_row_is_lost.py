"""Whatever writers do beside the loads, no row is passed by: the property that decides trust.

The second half breaks the bound on purpose; the same simulation has to notice each time.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from modelled_loads import Loads
from modelled_source import Stamping

from shared.catalog import CursorSpec
from shared.extraction import planning
from shared.loading import bound as fence
from shared.loading.bound import Bound, find_bound
from shared.loading.cursor import SECOND, CursorType
from shared.loading.span import Observation
from tests.conftest import LONG

THOROUGH = settings(
    max_examples=60 if LONG else 20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# Enough to find what is broken; the example itself need not be small.
SEARCH = settings(
    THOROUGH, max_examples=400, derandomize=True, phases=[Phase.generate], database=None
)

_BY_DATABASE = CursorSpec(kind="timestamp", column="c", assigned="database")
_BY_APPLICATION = CursorSpec(kind="timestamp", column="c")
_FEW_SECONDS = timedelta(seconds=5)
STAMPINGS = {
    "exact timestamp": Stamping(cursor=_BY_DATABASE, resolution="0.000001"),
    "exact timestamp(3)": Stamping(cursor=_BY_DATABASE, resolution="0.001"),
    "exact timestamp(0)": Stamping(cursor=_BY_DATABASE, resolution="1"),
    "exact date": Stamping(cursor=replace(_BY_DATABASE, kind="date")),
    "exact integer": Stamping(cursor=replace(_BY_DATABASE, kind="integer")),
    "settled timestamp": Stamping(
        cursor=_BY_APPLICATION,
        resolution="0.000001",
        skews=(-3 * SECOND, 0, 2 * SECOND),
        settle=_FEW_SECONDS,
    ),
    "settled timestamp(0)": Stamping(
        cursor=_BY_APPLICATION, resolution="1", skews=(-SECOND, 0, SECOND), settle=_FEW_SECONDS
    ),
    "settled date": Stamping(cursor=replace(_BY_APPLICATION, kind="date"), settle=_FEW_SECONDS),
    "settled integer": Stamping(
        cursor=replace(_BY_APPLICATION, kind="integer"), settle=timedelta(seconds=60)
    ),
    # The hour from 02:00 to 03:00 is shown twice here, the second time from 01:00 UTC.
    "local clock set back": Stamping(
        cursor=replace(_BY_APPLICATION, clock="Europe/Berlin"),
        resolution="1",
        start="2026-10-25T00:59:45",
        settle=_FEW_SECONDS,
    ),
}


def machine(stamping: Stamping) -> type[Loads]:
    return type("LoadsOfOneTable", (Loads,), {"stamping": stamping})


@pytest.mark.parametrize("name", STAMPINGS)
def test_no_row_is_lost_whatever_writers_do_beside_the_loads(name: str) -> None:
    run_state_machine_as_test(machine(STAMPINGS[name]), settings=THOROUGH)


def _highest(_spec: CursorSpec, _cursor: CursorType, seen: Observation, **_: Any) -> Bound:
    return Bound(value=seen.max_cursor, how="exact")


def _blind(spec: CursorSpec, cursor: CursorType, seen: Observation, **options: Any) -> Bound:
    return find_bound(spec, cursor, replace(seen, oldest_open=None), **options)


def _hasty(spec: CursorSpec, cursor: CursorType, seen: Observation, **options: Any) -> Bound:
    return find_bound(spec, cursor, seen, **{**options, "settle": timedelta(0)})


def _rounded(spec: CursorSpec, cursor: CursorType, seen: Observation, **options: Any) -> Bound:
    found = find_bound(spec, cursor, seen, **options)
    if found.value is None or found.value == options["before"]:
        return found
    return replace(found, value=cursor.format(cursor.parse(found.value) + 2 * cursor.step))


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("exact timestamp", _highest),
        ("exact timestamp", _blind),
        ("exact timestamp(0)", _rounded),
        ("exact date", _rounded),
        ("exact integer", _highest),
        ("exact integer", _blind),
        ("settled timestamp", _highest),
        ("settled timestamp", _hasty),
        ("settled integer", _hasty),
        ("local clock set back", _highest),
    ],
)
def test_a_broken_bound_does_lose_rows(
    name: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "find_bound", broken)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(STAMPINGS[name]), settings=SEARCH)


def test_a_session_that_shows_itself_late_needs_the_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence, "PUBLICATION", timedelta(0))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(STAMPINGS["exact timestamp"]), settings=SEARCH)


def test_a_local_clock_taken_for_utc_loses_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(instant: int, spec: CursorSpec, _cursor: CursorType) -> int:
        moment = instant // SECOND
        offset = spec.zone.utcoffset(datetime.fromtimestamp(moment, spec.zone))
        return instant + int((offset or timedelta()).total_seconds()) * SECOND

    monkeypatch.setattr(fence, "lowest_reading", forgetful)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(STAMPINGS["local clock set back"]), settings=SEARCH)

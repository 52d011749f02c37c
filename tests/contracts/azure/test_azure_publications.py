"""What was published and what became of it, in Table Storage."""

from dataclasses import replace

import pytest
from conftest import NewTable

from shared.adapters.azure.refreshes import AzureRefreshLedger
from shared.adapters.azure.releases import AzureReleaseRequests
from shared.adapters.azure.table_states import AzureTableStates
from shared.lakehouse.errors import RefreshUnknown
from shared.lakehouse.records import RefreshRecord
from shared.lakehouse.releases import Release
from shared.loading.published import PublishedRun
from shared.loading.turn import Turn

TABLE = "crm/dbo.Dim User"


def publish(states: AzureTableStates, number: int, table: str = TABLE) -> PublishedRun:
    """Let a run be published."""
    run = PublishedRun(run_id=f"r{number}", run_no=number, mode="incremental", folder=f"f/{number}")
    states.advance(
        table,
        step=lambda turn: replace(turn, published_run_no=number),
        before=None,
        after=None,
        published=run,
    )
    return run


def test_published_runs_are_listed_by_number_above_one(new_table: NewTable) -> None:
    states = AzureTableStates(new_table())
    runs = [publish(states, number) for number in (1, 9, 10, 100_000)]
    publish(states, 11, "crm/dbo.Other")
    assert states.runs_above(TABLE, 0) == tuple(runs)
    assert states.runs_above(TABLE, 9) == tuple(runs[2:])
    assert states.runs_above(TABLE, 100_000) == ()


def test_a_commit_that_was_closed_before_publishes_nothing_more(new_table: NewTable) -> None:
    states = AzureTableStates(new_table())
    publish(states, 1)
    again = PublishedRun(run_id="x", run_no=2, mode="incremental", folder="x")
    states.advance(TABLE, step=lambda turn: turn, before=None, after=None, published=again)
    assert [run.run_id for run in states.runs_above(TABLE, 0)] == ["r1"]


def test_a_table_that_published_is_on_the_list_until_it_is_settled(new_table: NewTable) -> None:
    states = AzureTableStates(new_table())
    assert states.unhanded() == ()
    publish(states, 1)
    publish(states, 1, "crm/dbo.Other")
    listed = states.unhanded()
    assert sorted(each.table for each in listed) == [TABLE, "crm/dbo.Other"]
    states.settle([each for each in listed if each.table == TABLE])
    assert [each.table for each in states.unhanded()] == ["crm/dbo.Other"]


def test_a_table_that_publishes_again_stays_on_the_list(new_table: NewTable) -> None:
    states = AzureTableStates(new_table())
    publish(states, 1)
    listed = states.unhanded()
    publish(states, 2)
    states.settle(listed)
    states.settle(listed)
    assert [each.table for each in states.unhanded()] == [TABLE]
    assert states.turn(TABLE) == Turn(published_run_no=2)


def record(number: int) -> RefreshRecord:
    return RefreshRecord(number=number, path=f"p/{number}", digest="d", created_at="2026-01-01")


def test_refreshes_are_listed_newest_first_and_page_by_number(new_table: NewTable) -> None:
    ledger = AzureRefreshLedger(new_table())
    for number in (1, 2, 9, 10, 11):
        ledger.change_refresh(number, lambda known: known, record(number))
    assert [each.number for each in ledger.refreshes(3)] == [11, 10, 9]
    assert [each.number for each in ledger.refreshes(9, below=9)] == [2, 1]
    assert ledger.refresh(10) == record(10)
    assert ledger.refresh(12) is None


def test_a_refresh_that_is_there_is_changed_and_not_begun_anew(new_table: NewTable) -> None:
    ledger = AzureRefreshLedger(new_table())
    ledger.change_refresh(1, lambda known: replace(known, attempt=3), record(1))
    changed = ledger.change_refresh(1, lambda known: replace(known, state="running"), record(1))
    assert (changed.attempt, changed.state) == (3, "running")
    with pytest.raises(RefreshUnknown):
        ledger.change_refresh(2, lambda known: known)


def test_releases_wait_in_the_order_in_which_they_were_asked_each_once(new_table: NewTable) -> None:
    requests = AzureReleaseRequests(new_table())
    late = Release(id="a-0000", table=TABLE, key={}, asked_at="2026-01-02")
    early = [
        Release(id=f"b-{number:04d}", table=TABLE, key={"name": "Zoë"}, asked_at="2026-01-01")
        for number in range(101)
    ]
    requests.ask([late])
    requests.ask(early)
    requests.ask(early)
    assert requests.asked() == (*early, late)
    for _ in range(2):
        requests.settle(early)
    assert requests.asked() == (late,)

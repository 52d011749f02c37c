"""The record of what was done, in Table Storage: rows that are only added, newest first."""

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.azure.audit import AzureAuditLog
from shared.adapters.azure.entities import Entities
from shared.loading.errors import StateUnavailable
from shared.operations.audit import AuditEntry, AuditIntent, AuditOutcome
from shared.operations.pages import PageUnknown, encode_page


def intent(number: int, **more: Any) -> AuditIntent:
    made = AuditIntent(
        id=f"20260101T0000{number:02d}000Z-{number:012x}",
        at=f"2026-01-01T00:00:{number:02d}+00:00",
        who="anna@example.com",
        how="entra",
        role="operate",
        action="post_loads",
        target="/api/loads",
        asked={"tables": ["shop/public.orders"]},
    )
    return replace(made, **more)


def outcome(number: int) -> AuditOutcome:
    return AuditOutcome(
        id=intent(number).id,
        at="2026-01-01T00:01:00+00:00",
        outcome="done",
        status=202,
        order_id="20260101T000000000Z-abcdef",
    )


@pytest.fixture
def log(rows: Entities) -> AzureAuditLog:
    return AzureAuditLog(rows)


def test_what_was_done_is_given_newest_first_with_what_became_of_it(log: AzureAuditLog) -> None:
    log.begin(intent(1))
    log.begin(intent(2))
    log.begin(intent(3))
    log.end(outcome(3))
    log.end(outcome(1))
    assert log.entries(10, None).items == (
        AuditEntry(intent=intent(3), outcome=outcome(3)),
        AuditEntry(intent=intent(2), outcome=None),
        AuditEntry(intent=intent(1), outcome=outcome(1)),
    )


@pytest.mark.parametrize("most", [1, 2, 3])
def test_pages_give_every_entry_once(log: AzureAuditLog, most: int) -> None:
    for number in range(7):
        log.begin(intent(number))
        if number % 2:
            log.end(outcome(number))
    found: list[AuditEntry] = []
    page, more = None, True
    while more:
        part = log.entries(most, page)
        found += part.items
        page, more = part.next, part.next is not None
    assert [entry.intent.id for entry in found] == [intent(each).id for each in range(6, -1, -1)]
    assert [entry.outcome is not None for entry in found] == [bool(n % 2) for n in range(6, -1, -1)]


def test_an_entry_is_never_written_over(log: AzureAuditLog) -> None:
    log.begin(intent(1))
    log.begin(intent(1, who="mallory"))
    log.end(outcome(1))
    log.end(replace(outcome(1), status=500))
    [entry] = log.entries(10, None).items
    assert (entry.intent.who, entry.outcome and entry.outcome.status) == ("anna@example.com", 202)


def test_without_its_table_nothing_is_taken_for_written(log: AzureAuditLog, rows: Entities) -> None:
    rows._client.delete_table()
    with pytest.raises(StateUnavailable):
        log.begin(intent(1))


@pytest.mark.parametrize("token", ["x", encode_page("x"), encode_page("a", "b")])
def test_a_page_that_is_none_is_refused(log: AzureAuditLog, token: str) -> None:
    with pytest.raises(PageUnknown):
        log.entries(10, token)

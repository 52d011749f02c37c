"""What follows from a journal: which rows a load has to have seen."""

from typing import Any

import pytest

from local.harness.journal import Entry, Expectation, Transaction, expect
from local.harness.kinds import KINDS
from local.harness.script import Action, Operation

NOW = 1_000.0


class Story:
    """Writes to one table, one after the other; each transaction is committed a second after its last."""

    def __init__(self, table: str) -> None:
        self.kind = KINDS[table]
        self.entries: list[Entry] = []
        self._time = NOW

    def transact(self, *writes: tuple[Action, int], **more: Any) -> None:
        transaction = Transaction(number=len(self.entries), actor="w0", began=self._time)
        transaction.prepared = more.get("prepared", False)
        for action, key in writes:
            self._time += 1
            operation = Operation(
                number=len(self.entries) + 1,
                actor="w0",
                action=action,
                table=self.kind.name,
                key=key,
            )
            cursor = {"unseen": "same", "rekey_unseen": "same", "clear": "null"}.get(
                action, "value"
            )
            if action.startswith("rekey"):
                operation = Operation(
                    number=operation.number, actor="w0", action=action, key=key, to=key + 1000
                )
            entry = Entry(
                operation=operation,
                transaction=transaction,
                sent=self._time,
                done=self._time,
                base=self._time - more.get("back", 0.0),
                cursor=cursor,
                undone=more.get("undone", False),
            )
            self.entries.append(entry)
        self._time += more.get("held", 1.0)
        if more.get("commits", True):
            transaction.committed = (self._time, self._time)

    def expected(self) -> Expectation:
        return expect(self.kind, 3, self.entries)


def unseen(expected: Expectation) -> tuple[set[str], set[str], set[str]]:
    return set(expected.missing), set(expected.different), set(expected.extra)


def test_what_is_written_with_its_cursor_has_to_be_seen() -> None:
    story = Story("by_default")
    story.transact(("insert", 10), ("update", 1), held=1_000.0)
    assert unseen(story.expected()) == (set(), set(), set())
    assert story.expected().rows == {"1": 2, "2": 0, "3": 0, "10": 1}


def test_what_was_rolled_back_or_undone_was_never_written() -> None:
    story = Story("by_default")
    story.transact(("insert", 10), commits=False)
    story.transact(("delete", 1), undone=True)
    assert story.expected().rows == {"1": 0, "2": 0, "3": 0}


def test_a_change_without_the_cursor_may_differ_until_one_with_it() -> None:
    story = Story("by_default")
    story.transact(("unseen", 1))
    assert unseen(story.expected()) == (set(), {"1"}, set())
    story.transact(("update", 1))
    assert unseen(story.expected()) == (set(), set(), set())


def test_a_change_without_the_cursor_is_seen_with_what_its_own_transaction_wrote() -> None:
    story = Story("by_default")
    story.transact(("insert", 10), ("unseen", 10))
    assert unseen(story.expected()) == (set(), set(), set())


def test_a_deleted_row_may_be_left_over() -> None:
    story = Story("by_default")
    story.transact(("delete", 1))
    assert unseen(story.expected()) == (set(), set(), {"1"})
    story.transact(("insert", 1))
    assert unseen(story.expected()) == (set(), set(), set())


@pytest.mark.parametrize(("action", "missing"), [("rekey", set()), ("rekey_unseen", {"1001"})])
def test_a_row_with_another_key_may_be_left_over_under_the_old_one(
    action: Action, missing: set[str]
) -> None:
    story = Story("by_default")
    story.transact((action, 1))
    assert unseen(story.expected()) == (missing, missing, {"1"})


@pytest.mark.parametrize(
    ("back", "held", "seen"),
    [(0.0, 1.0, True), (0.0, 9.0, False), (3.5, 1.0, True), (4.5, 1.0, False)],
)
def test_an_application_is_held_to_its_margin(back: float, held: float, *, seen: bool) -> None:
    story = Story("by_application")  # of five seconds
    story.transact(("insert", 10), back=back, held=held)
    assert (unseen(story.expected()) == (set(), set(), set())) == seen


def test_a_prepared_transaction_is_held_to_the_margin() -> None:
    story = Story("by_default")  # of one second
    story.transact(("insert", 10), held=2.0, prepared=True)
    assert unseen(story.expected()) == ({"10"}, {"10"}, set())


def test_a_row_without_a_cursor_value_is_always_seen() -> None:
    story = Story("with_nulls")
    story.transact(("clear", 1), held=100.0)
    story.transact(("unseen", 1))
    assert unseen(story.expected()) == (set(), set(), set())


def test_nothing_of_a_table_that_is_read_whole_may_differ() -> None:
    story = Story("without_cursor")
    story.transact(("delete", 1), ("update", 2), ("insert", 10))
    assert unseen(story.expected()) == (set(), set(), set())

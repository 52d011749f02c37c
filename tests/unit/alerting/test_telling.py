"""One incident for each thing that is wrong: opened once, told of at a pace, resolved once."""

from datetime import timedelta
from typing import Any

import pytest
from memory_boards import KeepingChannel, Office

from shared.alerting.alert import AlertRefused, AlertUndelivered
from shared.alerting.board import MOST_RESOLVED
from shared.alerting.incident import REMINDER, Mended, Trouble
from shared.alerting.outbox import KEPT, LEASE, MOST_MESSAGES
from shared.loading.errors import Failure

MINUTE = timedelta(minutes=1)


def fail(office: Office, table: str = "crm/A", error: str = "QueryRefused", **more: Any) -> Trouble:
    at = office.time.isoformat()
    failure = Failure(type=error, message="no", remedy="")
    usual: dict[str, Any] = {
        "kind": "failed", "subject": table, "what": error, "token": f"{table} {error} {at}",
        "at": at, "error": failure, "order_id": f"order {at}",
    }  # fmt: skip
    return Trouble(**{**usual, **more})


def well(office: Office, table: str = "crm/A") -> Mended:
    at = office.time.isoformat()
    kinds = ("failed", "late", "held_back", "unread")
    return Mended(subject=table, kinds=kinds, began_at=at, at=at)


def events(office: Office) -> list[str]:
    return [alert.event for alert in office.got]


def test_a_failure_is_told_once_and_its_end_once() -> None:
    office = Office()
    for _ in range(5):
        office.teller.take_in([fail(office)])
        office.deliver()
        office.pass_time(timedelta(minutes=15))
    for _ in range(2):
        office.teller.take_in((), [well(office)])
        office.deliver()
    assert events(office) == ["opened", "resolved"]
    assert "failed 5 times" in office.got[1].text
    board = office.boards.read()
    assert (board.open, board.outbox, len(board.resolved)) == ((), (), 1)


def test_what_goes_on_is_told_of_again_after_a_day() -> None:
    office = Office()
    for _ in range(3 * 24):
        office.teller.take_in([fail(office)])
        office.deliver()
        office.pass_time(timedelta(hours=1))
    assert events(office) == ["opened", "updated", "updated"]
    assert timedelta(days=1) == REMINDER
    assert "25 times since" in office.got[1].text


def test_another_error_of_the_same_table_is_another_incident_and_one_success_ends_both() -> None:
    office = Office()
    for error in ("QueryRefused", "SchemaDrifted", "QueryRefused", "SchemaDrifted"):
        office.teller.take_in([fail(office, error=error)])
        office.deliver()
        office.pass_time(2 * MINUTE)
    office.teller.take_in((), [well(office)])
    office.deliver()
    assert events(office) == ["opened", "opened", "resolved"]
    assert len(office.got[2].incidents) == 2


def test_a_repeated_report_counts_for_nothing_even_after_the_end() -> None:
    office = Office()
    report = fail(office)
    for _ in range(3):
        office.teller.take_in([report])
    office.pass_time(MINUTE)
    office.teller.take_in((), [well(office)])
    writes = office.boards.writes
    office.teller.take_in([report])
    assert office.boards.writes == writes
    assert office.boards.read().resolved[0].count == 1


def test_an_old_success_ends_nothing_that_failed_after_it() -> None:
    office = Office()
    success = well(office)
    office.pass_time(MINUTE)
    office.teller.take_in([fail(office)])
    office.teller.take_in((), [success])
    assert len(office.boards.read().open) == 1


def test_a_change_of_who_holds_a_bound_back_is_told_at_once() -> None:
    office = Office(pause=timedelta(0))
    for holder in ("billing", "billing", "nightly"):
        trouble = fail(office, kind="held_back", what="", detail=holder)
        office.teller.take_in([trouble])
        office.deliver()
        office.pass_time(MINUTE)
    assert events(office) == ["opened", "updated"]


def test_many_tables_of_one_order_are_one_message() -> None:
    office = Office()
    office.teller.take_in([fail(office, f"crm/T{n}", order_id="o") for n in range(30)])
    office.deliver()
    [alert] = office.got
    assert (alert.failed, len(alert.tables), alert.order_id) == (30, 30, "o")
    office.pass_time(MINUTE)
    office.teller.take_in((), [well(office, f"crm/T{n}") for n in range(30)])
    office.deliver()
    assert events(office) == ["opened", "resolved"]


def test_many_orders_of_one_source_within_a_short_time_are_gathered() -> None:
    office = Office()
    for number in range(30):
        office.teller.take_in([fail(office, f"crm/T{number}")])
        office.deliver()
        office.pass_time(timedelta(seconds=1))
    office.teller.take_in([fail(office, "shop/T0")])
    office.deliver()
    assert [alert.failed for alert in office.got] == [1, 1]  # the other source waits for nobody
    office.pass_time(MINUTE)
    office.teller.take_in()
    office.deliver()
    assert [alert.failed for alert in office.got] == [1, 1, 29]
    assert office.got[2].order_id is None


def test_without_a_channel_nobody_is_told_and_the_incidents_are_there() -> None:
    office = Office(channels=())
    office.teller.take_in([fail(office)])
    board = office.boards.read()
    assert (len(board.open), board.outbox) == (1, ())
    office.channels = (KeepingChannel(),)
    office.pass_time(MINUTE)
    office.teller.take_in([fail(office)])
    office.deliver()
    assert events(office) == ["opened"]


def test_two_workers_send_a_message_once() -> None:
    office = Office()
    office.teller.take_in([fail(office)])
    inner: list[Any] = []

    class Slow(KeepingChannel):
        def send(self, alert: Any) -> None:
            inner.append(office.teller.deliver(lambda _: True))
            super().send(alert)

    office.channels = (Slow(),)
    office.deliver()
    assert len(office.got) == 1
    assert inner[0].busy
    with pytest.raises(AlertUndelivered):
        inner[0].check()


def test_whoever_dies_while_sending_has_told_it_once_more_with_the_same_id() -> None:
    office = Office()
    office.teller.take_in([fail(office)])

    class Dying(KeepingChannel):
        def send(self, alert: Any) -> None:
            super().send(alert)
            raise KeyboardInterrupt

    dying = Dying()
    office.channels = (dying,)
    with pytest.raises(KeyboardInterrupt):
        office.deliver()
    channel = KeepingChannel()
    office.channels = (channel,)
    with pytest.raises(AlertUndelivered):
        office.deliver()
    office.pass_time(LEASE)
    office.deliver()
    assert [alert.id for alert in dying.got] == [alert.id for alert in channel.got]


def test_a_channel_that_fails_keeps_nothing_from_the_others_and_is_asked_again_alone() -> None:
    good, bad = KeepingChannel(name="slack"), KeepingChannel(name="teams")
    office = Office(channels=(good, bad))
    bad.error = AlertUndelivered("teams answered 503")
    office.teller.take_in([fail(office)])
    with pytest.raises(AlertUndelivered, match="503"):
        office.deliver()
    states = {state.name: state for state in office.boards.read().channels}
    assert (states["slack"].error, states["teams"].error) == (None, "teams answered 503")
    bad.error = None
    office.deliver()
    assert (len(good.got), len(bad.got)) == (1, 1)
    assert [state.error for state in office.boards.read().channels] == [None, None]


def test_a_message_that_is_refused_is_tried_by_the_tick_for_a_day_with_growing_pauses() -> None:
    office = Office()
    office.channels[0].error = AlertRefused("webhook answered 404")
    office.teller.take_in([fail(office)])
    with pytest.raises(AlertRefused):
        office.deliver()
    tries = 0
    while office.boards.read().outbox:
        office.pass_time(MINUTE)
        tries += bool(office.teller.deliver_due().errors)
    assert 20 < tries < 40
    assert timedelta(days=1) == KEPT


def test_a_channel_that_is_set_no_more_waits_for_nothing() -> None:
    office = Office(channels=(KeepingChannel(name="slack"), KeepingChannel(name="teams")))
    office.channels[1].error = AlertUndelivered("teams")
    office.teller.take_in([fail(office)])
    with pytest.raises(AlertUndelivered):
        office.deliver()
    office.channels = office.channels[:1]
    office.deliver()
    assert office.boards.read().outbox == ()
    assert len(office.got) == 1


def test_the_board_stays_bounded() -> None:
    office = Office(pause=timedelta(0))
    office.channels[0].error = AlertUndelivered("down")
    for number in range(MOST_RESOLVED + 20):
        office.teller.take_in([fail(office, f"s{number}/T")])
        office.pass_time(timedelta(seconds=1))
        office.teller.take_in((), [well(office, f"s{number}/T")])
    board = office.boards.read()
    assert (len(board.resolved), len(board.outbox)) == (MOST_RESOLVED, MOST_MESSAGES)

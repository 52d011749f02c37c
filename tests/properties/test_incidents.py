"""Whatever comes in which order, and whoever dies when: every incident is told, and none outlives a success."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.alerting.alert import AlertUndelivered
from shared.alerting.incident import Mended, Trouble
from tests.unit.alerting.memory_boards import KeepingChannel, Office

TABLES = st.sampled_from(["crm/A", "crm/B", "shop/C"])
ERRORS = st.sampled_from(["QueryRefused", "SchemaDrifted"])


class Killed(BaseException):
    """The worker dies."""


class Frail(KeepingChannel):
    """A channel that its worker may die at, before or after it has taken the alert."""

    dies: str = ""

    def send(self, alert: Any) -> None:
        if self.dies == "before":
            raise Killed
        super().send(alert)
        if self.dies == "after":
            raise Killed


class Incidents(RuleBasedStateMachine):
    """Tables fail and are mended; reports are repeated, and workers die while they send."""

    def __init__(self) -> None:
        super().__init__()
        self.channel = Frail()
        self.office = Office(channels=(self.channel,))
        self.reports: list[Trouble | Mended] = []
        self.well: dict[str, bool] = {}
        self.deaths = 0

    @rule(table=TABLES, error=ERRORS)
    def fail(self, table: str, error: str) -> None:
        self.office.pass_time(timedelta(seconds=7))
        at = self.office.time.isoformat()
        self.well[table] = False
        self.take_in(Trouble(kind="failed", subject=table, what=error, token=f"{table}{at}", at=at))

    @rule(table=TABLES)
    def succeed(self, table: str) -> None:
        self.office.pass_time(timedelta(seconds=7))
        at = self.office.time.isoformat()
        self.well[table] = True
        self.take_in(Mended(subject=table, kinds=("failed",), began_at=at, at=at))

    @rule(number=st.integers(0, 4))
    def repeat(self, number: int) -> None:
        """An activity that has done its work is run once more, not long after."""
        if number < len(self.reports):
            self.send_in(self.reports[-1 - number])

    @rule(dies=st.sampled_from(["", "", "before", "after"]))
    def deliver(self, dies: str) -> None:
        self.channel.dies = dies
        try:
            self.office.deliver()
        except Killed:
            self.deaths += 1
        except AlertUndelivered:
            pass  # a dead worker still holds it
        self.channel.dies = ""

    @rule(seconds=st.integers(1, 90))
    def pass_time(self, seconds: int) -> None:
        self.office.pass_time(timedelta(seconds=seconds))

    def take_in(self, what: Trouble | Mended) -> None:
        self.reports.append(what)
        self.send_in(what)

    def send_in(self, what: Trouble | Mended) -> None:
        if isinstance(what, Trouble):
            self.office.teller.take_in([what])
        else:
            self.office.teller.take_in((), [what])

    @invariant()
    def no_incident_outlives_a_success_and_none_is_missing(self) -> None:
        failing = {incident.last.subject for incident in self.office.boards.read().open}
        assert failing == {table for table, well in self.well.items() if not well}

    @invariant()
    def nothing_is_told_twice_but_for_a_death(self) -> None:
        ids = Counter(alert.id for alert in self.channel.got)
        assert sum(ids.values()) - len(ids) <= self.deaths
        told = Counter(
            (alert.event, incident)
            for alert in distinct(self.channel)
            for incident in alert.incidents
        )
        assert set(told.values()) <= {1}

    def teardown(self) -> None:
        """Once there is time enough, everybody has been told of everything, and of every end."""
        for _ in range(3):
            self.office.pass_time(timedelta(minutes=2))
            self.office.teller.take_in()
            self.office.deliver()
        board = self.office.boards.read()
        told = {each for alert in self.channel.got for each in alert.incidents}
        ends = {
            each
            for alert in self.channel.got
            if alert.event in ("resolved", "opened")
            for each in alert.incidents
        }
        assert {each.id for each in board.open} <= told
        assert {each.id for each in board.resolved} <= ends
        assert board.outbox == ()


def distinct(channel: KeepingChannel) -> list[Any]:
    return list({alert.id: alert for alert in channel.got}.values())


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

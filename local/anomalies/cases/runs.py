"""Loads that die, overlap, or run beside writers and backfills."""

from __future__ import annotations

import threading

from local.anomalies.case import Case
from local.anomalies.subject import NotOffered
from local.anomalies.trial import Trial
from local.anomalies.waiting import WaitedInVain

_MANY = """
CREATE TABLE item (
    id bigserial PRIMARY KEY, name text, updated_at timestamp(6) DEFAULT clock_timestamp()
);
INSERT INTO item (name, updated_at)
SELECT 'old ' || n, localtimestamp - interval '1 hour' + interval '1 second' * n
FROM generate_series(1, 3000) AS n;
ANALYZE item
"""
_DAYS = """
CREATE TABLE item (
    id bigserial PRIMARY KEY, name text, updated_at timestamp(6) DEFAULT clock_timestamp()
);
INSERT INTO item (name, updated_at)
SELECT 'old', at FROM generate_series(timestamp '2026-01-01', '2026-01-10 23:00', '1 hour') AS at
"""
_PERIOD = ("2026-01-03", "2026-01-05")
_KILLS = 5


def updated_while_paging(trial: Trial) -> None:
    """A writer updates rows all over the table for as long as the first load reads it in slices."""
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            ids = ", ".join(str(trial.random.randint(1, 3000)) for _ in range(5))
            trial.execute(
                "UPDATE item SET name = name || '.', updated_at = clock_timestamp() "
                f"WHERE id IN ({ids})"
            )
            ended.wait(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        trial.load()
        trial.load()
    finally:
        ended.set()
        writer.join()


def killed_after_landing(trial: Trial) -> None:
    """It dies between landing and recording."""
    trial.load()
    for number in range(_KILLS):
        trial.execute(f"INSERT INTO item (name) SELECT 'new {number}' FROM generate_series(1, 5)")
        trial.execute("UPDATE item SET name = 'new', updated_at = clock_timestamp() WHERE id = 3")
        if how := trial.copy.crash_after_landing():
            trial.notes.append(how)
            return
    raise WaitedInVain(f"the stack was killed too late {_KILLS} times")


def killed_while_reading(trial: Trial) -> None:
    """It dies while it reads."""
    trial.load()
    trial.execute("INSERT INTO item (name) SELECT 'new' FROM generate_series(1, 5)")
    trial.notes.append(trial.copy.crash_while_reading(trial.gate))


def overlapping(trial: Trial) -> None:
    """A slow run has read a row; a quick one reads its newer version and ends; then the slow one."""
    trial.load()
    trial.execute("UPDATE item SET name = 'first', updated_at = clock_timestamp() WHERE id = 3")
    with trial.held_load() as slow:
        trial.gate.let_others_pass()
        trial.execute(
            "UPDATE item SET name = 'second', updated_at = clock_timestamp() WHERE id = 3"
        )
        quick = trial.copy.start_load()
        trial.wait_beside(quick)
    slow.wait()
    trial.finish(quick)


def repeated_activities(trial: Trial) -> None:
    """Every activity is executed twice, and the first answer counts."""
    try:
        with trial.subject.repeating():
            trial.load()
            trial.execute("INSERT INTO item (name) SELECT 'new' FROM generate_series(1, 5)")
            trial.load()
            trial.execute("UPDATE item SET name = 'x', updated_at = clock_timestamp() WHERE id < 4")
            trial.load()
    except NotOffered as missing:
        trial.declined.append(str(missing))


def two_starters(trial: Trial) -> None:
    """Two workers begin to load the same table at the same instant."""
    trial.load()
    trial.execute("INSERT INTO item (name) SELECT 'new' FROM generate_series(1, 5)")
    for load in [trial.copy.start_load() for _ in range(2)]:
        trial.finish(load)


def backfill_beside_loads(trial: Trial) -> None:
    """A past period is loaded again while one of its rows changes."""
    trial.load()
    trial.execute("UPDATE item SET name = 'before', updated_at = clock_timestamp() WHERE id = 60")
    trial.load()
    with trial.database.transaction() as slow:
        slow.execute("INSERT INTO item (name) VALUES ('late')")
        trial.execute("INSERT INTO item (name) VALUES ('later')")
        trial.load()
        trial.backfill(*_PERIOD)
        slow.commit()
    trial.execute("UPDATE item SET name = 'after', updated_at = clock_timestamp() WHERE id = 61")
    trial.load()


def backfill_of_older(trial: Trial) -> None:
    """A backfill has read a row; the row changes and is loaded; then the backfill lands what it read."""
    trial.load()
    gate = trial.gate
    gate.close()
    past = trial.copy.start_backfill(*_PERIOD)
    gate.await_reader(lambda: past.join(0.0))
    gate.let_others_pass()
    trial.execute("UPDATE item SET name = 'newer', updated_at = clock_timestamp() WHERE id = 60")
    load = trial.copy.start_load()
    trial.wait_beside(load)
    gate.open()
    trial.finish(past)
    trial.finish(load)


_W27 = "dlt #4052, #2834 (reverse: state first); airbyte #11832"
_W29 = "durable-extension #3323, #1184, #386; durabletask-netherite #304"
_W31 = "dlt PR 467; meltano PR 9408; seed F10"
CASES = (
    Case(
        number=19,
        title="Row updated while paging (OFFSET)",
        what="a writer updates rows at random while slices of 500 are read",
        evidence="airbyte #21500; REST: airbyte #27502, PR 86465",
        script=updated_while_paging,
        shape=_MANY,
        slice_rows=500,
        margin_seconds=1,
    ),
    Case(
        number=27,
        variant="a",
        title="Crash between landing and commit",
        what="killed when the rows have landed",
        evidence=_W27,
        script=killed_after_landing,
        once=True,
    ),
    Case(
        number=27,
        variant="b",
        title="Crash between landing and commit",
        what="killed while rows are read",
        evidence=_W27,
        script=killed_while_reading,
        gated=True,
        once=True,
    ),
    Case(
        number=28,
        title="Two overlapping runs",
        what="the slow one has read an older version and ends last",
        evidence="meltano #3113; dlt #1102, #2687, #4297",
        script=overlapping,
        gated=True,
    ),
    Case(
        number=29,
        title="Activity executed twice (host restart)",
        what="every activity is executed twice",
        evidence=_W29,
        script=repeated_activities,
        once=True,
    ),
    Case(
        number=30,
        title="Singleton race",
        what="two starters at the same instant",
        evidence="durable-extension #367, #612; durable-python #350",
        script=two_starters,
        once=True,
    ),
    Case(
        number=31,
        variant="a",
        title="Backfill overlaps incremental",
        what="a past period while a transaction is open",
        evidence=_W31,
        script=backfill_beside_loads,
        shape=_DAYS,
        margin_seconds=1,
    ),
    Case(
        number=31,
        variant="b",
        title="Backfill overlaps incremental",
        what="it has read a row that changes before it ends",
        evidence=_W31,
        script=backfill_of_older,
        shape=_DAYS,
        gated=True,
    ),
)

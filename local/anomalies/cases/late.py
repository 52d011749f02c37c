"""Rows that become visible after later ones: transactions that commit out of order."""

from __future__ import annotations

import time

from local.anomalies.case import Case
from local.anomalies.trial import Trial

_LATE = "INSERT INTO item (name) VALUES ('late')"
_LATER = "INSERT INTO item (name) VALUES ('later')"
# With a margin of 1 s this is what a transaction of two minutes is with the usual minute.
_LONGER_THAN_MARGIN_SECONDS = 2.0
_NUMBERED = """
CREATE TABLE item (id bigserial PRIMARY KEY, name text);
INSERT INTO item (name) SELECT 'old ' || n FROM generate_series(1, 10) AS n
"""


def late_commit(trial: Trial) -> None:
    """A transaction writes first and commits last; a load comes in between."""
    trial.load()
    with trial.database.transaction() as slow:
        slow.execute(_LATE)
        trial.execute(_LATER)
        trial.load()
        slow.commit()


def commit_beyond_margin(trial: Trial) -> None:
    """The same, open for longer than the margin, with a load at its end."""
    trial.load()
    with trial.database.transaction() as slow:
        slow.execute(_LATE)
        time.sleep(_LONGER_THAN_MARGIN_SECONDS)
        trial.execute(_LATER)
        trial.load()
        slow.commit()


def late_in_first_load(trial: Trial) -> None:
    """The transaction is open while the very first load reads the table."""
    with trial.database.transaction() as slow:
        slow.execute(_LATE)
        trial.execute(_LATER)
        trial.load()
        slow.commit()


def committed_between_copy_and_max(trial: Trial) -> None:
    """A row is committed while the reader has its snapshot and goes on reading."""
    trial.load()
    trial.execute("INSERT INTO item (name) VALUES ('read')")
    trial.load_at_gate("INSERT INTO item (name) VALUES ('during')")


def committed_below_max(trial: Trial) -> None:
    """An earlier value is committed after the bound is fixed and the snapshot is taken."""
    trial.load()
    with trial.database.transaction() as slow:
        slow.execute(_LATE)
        trial.execute(_LATER)
        with trial.held_load() as held:
            slow.commit()
        held.wait()


_W1 = "dlt #2269; airbyte #9668; ADF pattern"
CASES = (
    Case(
        number=1,
        variant="a",
        title="Late commit with earlier timestamp",
        what="committed within the margin of a minute",
        evidence=_W1,
        script=late_commit,
        tuned="lag",
    ),
    Case(
        number=1,
        variant="b",
        title="Late commit with earlier timestamp",
        what="open for longer than the margin",
        evidence=_W1,
        script=commit_beyond_margin,
        margin_seconds=1,
        lag_seconds=1,
        tuned="lag",
    ),
    Case(
        number=1,
        variant="c",
        title="Late commit with earlier timestamp",
        what="open during the first load; the database assigns the time",
        evidence=_W1,
        script=late_in_first_load,
        assigned="database",
        margin_seconds=1,
        tuned="lag",
    ),
    Case(
        number=1,
        variant="d",
        title="Late commit with earlier timestamp",
        what="the same with numbers of a sequence",
        evidence=_W1,
        script=late_commit,
        shape=_NUMBERED,
        cursor="id",
        kind="integer",
        assigned="database",
        margin_seconds=1,
    ),
    Case(
        number=2,
        title="MAX read after the copy",
        what="a row is committed while the copy reads",
        evidence="seed F1",
        script=committed_between_copy_and_max,
        gated=True,
        margin_seconds=1,
    ),
    Case(
        number=3,
        title="MAX read before, other snapshot",
        what="a value below MAX is committed while the copy reads",
        evidence="airbyte #85918 (MySQL), #80152 (PostgreSQL)",
        script=committed_below_max,
        gated=True,
        margin_seconds=1,
        tuned="lag",
    ),
)

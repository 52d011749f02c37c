"""Clocks that are wrong: zones, skew, and the future."""

from __future__ import annotations

from local.anomalies.case import Case
from local.anomalies.trial import Trial

_ZONE = "Asia/Kolkata"
_ZONED = """
CREATE TABLE item (
    id bigserial PRIMARY KEY, name text, updated_at timestamptz DEFAULT clock_timestamp()
);
INSERT INTO item (name, updated_at)
SELECT 'old', now() - interval '1 hour' * n FROM generate_series(1, 10) AS n
"""


def offsets(trial: Trial) -> None:
    """Writers of several zones write the same clock."""
    trial.load()
    for zone in (_ZONE, "America/New_York", "UTC"):
        trial.execute(f"SET TimeZone = '{zone}'; INSERT INTO item (name) VALUES ('{zone}')")
        trial.load()


def worker_in_another_zone(trial: Trial) -> None:
    """The worker's own time zone is five and a half hours ahead; the column is in UTC."""
    with trial.subject.in_zone(_ZONE):
        trial.load()
        trial.execute("INSERT INTO item (name) VALUES ('one')")
        trial.load()
        trial.execute("UPDATE item SET name = 'two', updated_at = clock_timestamp() WHERE id = 5")
        trial.load()


def skewed(trial: Trial, behind: str) -> None:
    """A second writer's clock goes after the first one's."""
    trial.load()
    trial.execute("INSERT INTO item (name) VALUES ('right')")
    trial.load()
    trial.execute(
        "INSERT INTO item (name, updated_at) "
        f"VALUES ('behind', localtimestamp - interval '{behind}')"
    )
    trial.load()


def skewed_within_margin(trial: Trial) -> None:
    """By 30 s."""
    skewed(trial, "30 s")


def skewed_beyond_margin(trial: Trial) -> None:
    """By five minutes, which is more than any tool here looks back."""
    skewed(trial, "5 min")
    trial.reconcile()


def from_the_future(trial: Trial) -> None:
    """A row of 2099 comes; rows of today come after it; somebody corrects the first."""
    trial.load()
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('ahead', '2099-01-01')")
    trial.load()
    trial.execute("INSERT INTO item (name) VALUES ('today')")
    trial.load()
    trial.execute("UPDATE item SET updated_at = clock_timestamp() WHERE name = 'ahead'")


def future_stays(trial: Trial) -> None:
    """The row of 2099 stays as it is."""
    trial.load()
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('ahead', '2099-01-01')")
    trial.load()
    trial.execute("INSERT INTO item (name) VALUES ('today')")


_W14 = "dlt #970 (comment), drt #759; Prequel docs (5 min look-back)"
_W12 = "tap-mssql 2.6.5 datetime.fromtimestamp; olake PR 875; dlt #2658, #2169"
CASES = (
    Case(
        number=11,
        title="Timestamps with an offset",
        what="timestamptz, written from three zones",
        evidence="pyodbc #134; airbyte #42957, #32780",
        script=offsets,
        shape=_ZONED,
    ),
    Case(
        number=12,
        title="Worker's own time zone",
        what=f"worker runs with TZ={_ZONE}",
        evidence=_W12,
        script=worker_in_another_zone,
    ),
    Case(
        number=14,
        variant="a",
        title="Clock backwards / skewed writers",
        what="30 s behind, within the margin of a minute",
        evidence=_W14,
        script=skewed_within_margin,
        tuned="lag",
    ),
    Case(
        number=14,
        variant="b",
        title="Clock backwards / skewed writers",
        what="5 min behind, beyond the margin",
        evidence=_W14,
        script=skewed_beyond_margin,
        tuned="lag",
        reconciles=True,
    ),
    Case(
        number=15,
        variant="a",
        title="Future timestamp",
        what="a row of 2099, corrected later",
        evidence="sqlbuild PR 464",
        script=from_the_future,
        stops=frozenset({"FutureCursor"}),
    ),
    Case(
        number=15,
        variant="b",
        title="Future timestamp",
        what="a row of 2099 stays (Tidemark: future: read)",
        evidence="sqlbuild PR 464",
        script=future_stays,
        future="read",
    ),
)

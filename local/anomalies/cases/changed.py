"""Rows that change in ways that a cursor does not show, or several times at once."""

from __future__ import annotations

from local.anomalies.case import Case
from local.anomalies.trial import Trial


def null_at_first(trial: Trial) -> None:
    """Rows without a cursor value are there before the first load."""
    trial.execute("UPDATE item SET updated_at = NULL WHERE id IN (2, 5)")
    trial.load()


def null_later(trial: Trial) -> None:
    """A row without a cursor value comes after the first load."""
    trial.load()
    trial.execute("INSERT INTO item (name, updated_at) VALUES ('none', NULL)")
    trial.load()
    trial.load()


def null_then_set(trial: Trial) -> None:
    """It changes while it has none, and then gets one."""
    null_later(trial)
    trial.execute("UPDATE item SET name = 'changed' WHERE updated_at IS NULL")
    trial.load()
    trial.execute("UPDATE item SET updated_at = clock_timestamp() WHERE name = 'changed'")
    trial.load()


def silent_updates(trial: Trial) -> None:
    """Rows change and their cursor does not."""
    trial.load()
    trial.execute("UPDATE item SET name = 'silent ' || id WHERE id <= 8")
    trial.load()
    trial.reconcile()


def hard_deletes(trial: Trial) -> None:
    """Rows are deleted."""
    trial.load()
    trial.execute("DELETE FROM item WHERE id > 5")
    trial.load()
    trial.reconcile()


def changes_of_one_key(trial: Trial) -> None:
    """Three updates, a delete and another insert of one key, in one transaction."""
    trial.load()
    with trial.database.transaction() as busy:
        for number in range(3):
            busy.execute(
                f"UPDATE item SET name = 'try {number}', updated_at = clock_timestamp() WHERE id = 4"
            )
        busy.execute("DELETE FROM item WHERE id = 4")
        busy.execute("INSERT INTO item (id, name) VALUES (4, 'back')")
        busy.commit()
    trial.load()


def changes_and_delete(trial: Trial) -> None:
    """Three updates and a delete of one key, in one transaction."""
    trial.load()
    with trial.database.transaction() as busy:
        for number in range(3):
            busy.execute(
                f"UPDATE item SET name = 'try {number}', updated_at = clock_timestamp() WHERE id = 4"
            )
        busy.execute("DELETE FROM item WHERE id = 4")
        busy.commit()
    trial.load()
    trial.reconcile()


_W16 = "sling #380; fabric-docs PR 2777; Lakeflow limits; tap-dbt #213"
_W24 = "weevr #185; delta #131; ingestr PR 639; airbyte #32930, #23964"
CASES = (
    Case(
        number=16,
        variant="a",
        title="NULL watermark",
        what="in the first load",
        evidence=_W16,
        script=null_at_first,
        once=True,
        tuned="on_cursor_value_missing=include",
    ),
    Case(
        number=16,
        variant="b",
        title="NULL watermark",
        what="comes later",
        evidence=_W16,
        script=null_later,
        once=True,
        tuned="on_cursor_value_missing=include",
    ),
    Case(
        number=16,
        variant="c",
        title="NULL watermark",
        what="comes later, changes, and is set",
        evidence=_W16,
        script=null_then_set,
        tuned="on_cursor_value_missing=include",
    ),
    Case(
        number=17,
        title="Update without touching the column",
        what="8 updates",
        evidence="a public tutorial's script; airbyte PR 2661 (documented limit)",
        script=silent_updates,
        reconciles=True,
    ),
    Case(
        number=22,
        title="Hard delete",
        what="5 deletes",
        evidence="airbyte #6383, #10140",
        script=hard_deletes,
        reconciles=True,
    ),
    Case(
        number=24,
        variant="a",
        title="Several changes of a key in one window",
        what="3 updates, delete and insert in one transaction",
        evidence=_W24,
        script=changes_of_one_key,
    ),
    Case(
        number=24,
        variant="b",
        title="Several changes of a key in one window",
        what="3 updates and a delete in one transaction",
        evidence=_W24,
        script=changes_and_delete,
        reconciles=True,
    ),
)

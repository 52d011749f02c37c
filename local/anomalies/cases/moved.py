"""Tables that change under the tool: DDL, a restored source, an empty table."""

from __future__ import annotations

from local.anomalies.case import Case
from local.anomalies.trial import Trial

_EMPTY = """
CREATE TABLE item (
    id bigserial PRIMARY KEY, name text, updated_at timestamp(6) DEFAULT clock_timestamp()
)
"""


def column_added(trial: Trial) -> None:
    """A column is added and filled; the update moves the cursor."""
    trial.load()
    trial.execute("ALTER TABLE item ADD COLUMN colour text")
    trial.load()
    trial.execute("UPDATE item SET colour = 'red', updated_at = clock_timestamp() WHERE id <= 6")
    trial.load()


def column_added_silently(trial: Trial) -> None:
    """A column is added with a default for every row; no cursor moves."""
    trial.load()
    trial.execute("ALTER TABLE item ADD COLUMN colour text DEFAULT 'blue'")
    trial.execute("INSERT INTO item (name, colour) VALUES ('new', 'red')")
    trial.load()
    trial.reconcile()


def restored(trial: Trial) -> None:
    """The table is put back from a copy of an earlier state, and then changes again."""
    trial.execute(
        """
        CREATE TABLE kept (LIKE item INCLUDING INDEXES);
        INSERT INTO kept SELECT * FROM item
        """
    )
    trial.load()
    trial.execute(
        """
        UPDATE item SET name = 'undone', updated_at = clock_timestamp() WHERE id <= 3;
        INSERT INTO item (name) VALUES ('undone')
        """
    )
    trial.load()
    trial.execute("DROP TABLE item; ALTER TABLE kept RENAME TO item")
    trial.execute("UPDATE item SET name = 'after', updated_at = clock_timestamp() WHERE id = 7")
    if trial.load():
        trial.reconcile()
    else:
        trial.copy.accept_restored()


def empty_at_first(trial: Trial) -> None:
    """Two loads find nothing; then rows come."""
    trial.load()
    trial.load()
    trial.execute("INSERT INTO item (name) SELECT 'n' FROM generate_series(1, 3)")
    trial.load()


def emptied(trial: Trial) -> None:
    """All rows are deleted, a load finds nothing, and new ones come."""
    trial.load()
    trial.execute("DELETE FROM item")
    trial.load()
    trial.execute("INSERT INTO item (name) SELECT 'n' FROM generate_series(1, 3)")
    trial.load()
    trial.reconcile()


_W25 = "airbyte #80920, #77627, #30283; sql-docs #9640; debezium PR 2928; SchemaSmith #398"
CASES = (
    Case(
        number=25,
        variant="a",
        title="DDL in the middle",
        what="a column is added, then filled with the cursor moving",
        evidence=_W25,
        script=column_added,
    ),
    Case(
        number=25,
        variant="b",
        title="DDL in the middle",
        what="a column is added with a default, the cursor stays",
        evidence=_W25,
        script=column_added_silently,
        reconciles=True,
    ),
    Case(
        number=35,
        title="Restored source DB",
        what="the table is put back from a copy, then changes",
        evidence="Microsoft: Change Tracking and Data Restore (cc280447)",
        script=restored,
        reconciles=True,
        stops=frozenset({"SourceReplaced", "WatermarkAhead"}),
    ),
    Case(
        number=42,
        variant="a",
        title="Empty table",
        what="empty for two loads, then rows",
        evidence="airbyte PR 44402",
        script=empty_at_first,
        shape=_EMPTY,
    ),
    Case(
        number=42,
        variant="b",
        title="Empty table",
        what="emptied by DELETE, loaded, then new rows",
        evidence="airbyte PR 44402",
        script=emptied,
        reconciles=True,
        stops=frozenset({"SourceEmptied"}),
    ),
)

"""A gate before a table's rows: a reader whose snapshot is taken waits there until it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adbc_driver_postgresql import dbapi

from local.anomalies.database import READER, Database
from local.anomalies.waiting import WaitedInVain, await_true

GATED = "shown"
_LOCK = 4711


@dataclass(slots=True)
class Gate:
    """Made of a view and an advisory lock. `reads_like` is how the tool's reading statements look."""

    database: Database
    reads_like: str
    _holder: dbapi.Connection | None = None

    def create(self, table: str) -> None:
        """Make the view `shown` of a table's rows."""
        self._define(f"PERFORM pg_advisory_xact_lock_shared({_LOCK});")
        self.database.execute(f"CREATE VIEW {GATED} AS SELECT * FROM {table} WHERE gate()")

    def close(self) -> None:
        """Let whoever reads from now on wait."""
        self._holder = dbapi.connect(self.database.uri)
        with self._holder.cursor() as cursor:
            cursor.executescript(f"SELECT pg_advisory_lock({_LOCK})")

    def let_others_pass(self) -> None:
        """Whoever waits goes on waiting, and nobody else has to."""
        self._define("")

    def open(self) -> None:
        """Let everybody pass; opening twice is allowed."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def await_reader(
        self, ended: Callable[[], bool] = lambda: False, *, if_any: bool = False
    ) -> None:
        """Wait until a reader stands at the gate or, with `if_any`, the load has `ended` without one.

        Raises:
            WaitedInVain: no reader came, and without `if_any` one has to.
        """
        await_true(lambda: self._has_reader() or ended(), "a reader at the gate")
        if not if_any and not self._has_reader():
            raise WaitedInVain("the load has ended without reading a row through the gate")

    def _has_reader(self) -> bool:
        waiting = f"""
            SELECT count(*) FROM pg_stat_activity
            WHERE usename = '{READER}' AND wait_event = 'advisory'
        """
        return self.database.value(waiting) != "0"

    def _define(self, wait: str) -> None:
        # Volatile, so that no planner calls it: that would be before the snapshot is taken.
        self.database.execute(
            f"""
            CREATE OR REPLACE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
            BEGIN
                IF current_query() ~* '{self.reads_like}' THEN {wait} NULL; END IF;
                RETURN true;
            END $$
            """
        )

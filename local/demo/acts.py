"""What the demo does, in order: load, change and load, backfill beside a load, compare, repair, refresh, release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
from rich.console import Console

from local.demo import report
from local.demo.answers import QUESTIONS, Answer, answer
from local.demo.api import Api
from local.demo.estimates import compare_rows
from local.demo.failure import DemoFailed
from local.demo.rules import Arrived, Caught, find_arrived, find_caught
from local.demo.verdict import Verdict, judge
from local.sample.breaches import make_repairs
from local.sample.change import Change
from local.sample.changes import late_commit, make_changes
from shared.catalog import Catalog

SIGNED_UP = "user_signed_up_with_an_unknown_plan"
USERS, STREAMS = "spotify/dbo.DimUser", "spotify/dbo.FactStream"
# A month in the middle of the streams, in windows of three days: eleven windows, six groups.
MONTH = ("2024-03-01", "2024-04-01")
WINDOW = "3d"

_PERIOD = """
SELECT min(stream_timestamp)::date::text, (max(stream_timestamp)::date + 1)::text
FROM dbo."FactStream" WHERE stream_id::text = ANY (string_to_array($1, ','))
"""


@dataclass(slots=True, kw_only=True)
class Demo:
    """A stack with its sample filled in, and what has been changed there so far."""

    console: Console
    api: Api
    database: str
    lake: Path
    catalog: Catalog
    changes: list[Change] = field(default_factory=list[Change])

    def load_first(self) -> None:
        """Load all tables for the first time."""
        plans = self._plan_all()
        with self.console.status("loading"):
            order = self.api.order_load()
            tables = self.api.await_end(order)["tables"]
        rows, files = (sum(table[what] for table in tables) for what in ("rows", "files"))
        self._say(f"  {len(tables)} tables, {rows:,} rows in {files} files")
        self._show_estimates(plans, order)

    def change_and_load(self) -> None:
        """Change the sources, with one transaction held open over a load."""
        with late_commit(self.database) as late, self.console.status("loading"):
            self.changes += [late, *make_changes(self.database)]
            plans = self._plan_all()
            order = self.api.order_load()
            self.api.await_end(order)
        for change in self.changes:
            blind = "" if change.seen else ", which the cursor cannot see"
            breaks = f", which breaks the rule {change.breaks}" if change.breaks else ""
            self._say(f"  {change.table}: {change.name} ({len(change.keys)}){blind}{breaks}")
        held = self.api.runs(USERS)[-1]["bound"]
        self._say(
            f"  User {late.keys[0]} was inserted first and committed only after this load, which the "
            f"open transaction kept from calling {USERS} done past {held['value']}."
        )
        self._show_estimates(plans, order)

    def backfill_beside_load(self) -> None:
        """Load a past month again while an incremental load is running."""
        plans = [self.api.plan(table) for table in (USERS, STREAMS)]
        past = self.api.plan(STREAMS, *MONTH)
        with self.console.status("backfilling and loading"):
            backfill = self.api.order_backfill(STREAMS, *MONTH, window=WINDOW)
            load = self.api.order_load(USERS, STREAMS)
            for order in (backfill, load):
                self.api.await_end(order)
        turns = [
            run["mode"] for run in self.api.runs(STREAMS) if run["order_id"] in (backfill, load)
        ]
        self._say(
            f"  {STREAMS}, {MONTH[0]} to {MONTH[1]}: {self.api.windows(backfill)} windows beside an "
            f"incremental load of {USERS} and itself. Its turns: {_summarise(turns)}."
        )
        self._show_estimates([past], backfill)
        self._show_estimates(plans, load)

    def compare(self) -> tuple[Verdict, ...]:
        """Compare all tables, key by key and value by value."""
        with self.console.status("comparing"):
            return tuple(
                judge(self.database, table, self.lake, self.changes) for table in self.catalog
            )

    def runs(self) -> dict[str, list[dict[str, Any]]]:
        """Give the runs of every table, oldest first."""
        return {table.name: self.api.runs(table.name) for table in self.catalog}

    def repair(self, verdict: Verdict) -> Verdict:
        """Backfill the period in which the unseen changes lie, and compare the table again."""
        start, end = self._period(verdict)
        plan = self.api.plan(STREAMS, start, end)
        with self.console.status("backfilling"):
            backfill = self.api.order_backfill(STREAMS, start, end, window="1d")
            self.api.await_end(backfill)
            self._say(f"  backfilled {STREAMS} from {start} to {end}")
            self._show_estimates([plan], backfill)
            return judge(self.database, self.catalog.table(STREAMS), self.lake)

    def refresh_gold(self) -> None:
        """Hand all that was published to the lakehouse, and wait until gold has it."""
        with self.console.status("refreshing silver and gold"):
            last = self.api.refresh()
        if last is not None:
            self._say(f"  {last['number']} hand-overs; the last job run: {last['run_page']}")

    def find_caught(self) -> tuple[Caught, ...]:
        """Look for the rows that broke a rule: in quarantine, and in gold."""
        with self.console.status("looking"):
            found = find_caught(self.lake, self.changes)
        report.print_caught(self.console, found)
        return found

    def repair_and_release(self) -> tuple[Arrived, ...]:
        """Correct some of these rows at the source, let the others through, and see that all arrive."""
        repairs = make_repairs(self.database)
        for repair in repairs:
            self._say(f"  {repair.table}: {repair.name} ({len(repair.keys)})")
        by_table = {table.table: table.name for table in self.catalog}
        with self.console.status("loading"):
            self.api.await_end(self.api.order_load(*(by_table[each.table] for each in repairs)))
        [user] = [key for each in self.changes if each.name == SIGNED_UP for key in each.keys]
        release = ({"table": STREAMS}, {"table": USERS, "key": {"user_id": user}})
        self._say(f"  released: all of {STREAMS}, and user {user} of {USERS}")
        with self.console.status("refreshing silver and gold"):
            self.api.refresh(*release)
            found = find_arrived(self.lake, self.database, self.changes)
        report.print_arrived(self.console, found)
        return found

    def answer_questions(self) -> tuple[Answer, ...]:
        """Answer questions from gold, and see whether the source says the same."""
        with self.console.status("asking"):
            answers = tuple(answer(each, self.lake, self.database) for each in QUESTIONS)
        for each in answers:
            agrees = "the source agrees" if each.agrees else f"{each.differing} rows DIFFER"
            self._say(f"  {each.question.text} {each.sentence}. ({each.rows:,} rows; {agrees})")
        return answers

    def _plan_all(self) -> list[dict[str, Any]]:
        with self.console.status("planning"):
            return [self.api.plan(table.name) for table in self.catalog]

    def _show_estimates(self, plans: list[dict[str, Any]], order: str) -> None:
        runs = self.api.runs_of(order, [plan["table"] for plan in plans])
        report.print_estimates(self.console, compare_rows(plans, runs, self.lake))

    def _period(self, verdict: Verdict) -> tuple[str, str]:
        if verdict.comparison.table != STREAMS:
            raise DemoFailed(f"{verdict.comparison.table} is not meant to have unseen changes")
        with postgresql.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(_PERIOD, (",".join(sorted(verdict.unseen_keys)),))
            rows = cursor.fetchall()
        return str(rows[0][0]), str(rows[0][1])

    def _say(self, text: str) -> None:
        self.console.print(text)


def _summarise(turns: Iterable[str]) -> str:
    runs = [(mode, len(list(group))) for mode, group in groupby(turns)]
    return ", ".join(f"{count} x {mode}" for mode, count in runs)

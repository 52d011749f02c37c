"""The tables that the harness writes to: one for each way in which a cursor gets its values.

Times are counted in seconds since 1970 in UTC. `margin` is the table's `settle`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

# Rows that are there before the first load, with keys from 1; every writer may change them.
OLD_ROWS = 60
# A session gives numbers back that it has held in its cache for longer than this.
CACHE_SECONDS = 2.0
TIE_SECONDS = 2.0

# What a load may rely on: the database vouches for the order (`database`), rows are visible within
# the margin after their cursor's time (`margin`) or after their number was drawn (`drawn`), or the
# table is read whole (`whole`).
Promise = Literal["database", "margin", "drawn", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKind:
    """One table. `column` declares its cursor, `touch` is the SQL that gives a changed row its value.

    `touch` is None where the application names the time, empty where a trigger does. `old` gives
    the old rows theirs, by their number `n`; `backdated` a value that lies `{seconds}` back.
    """

    name: str
    promise: Promise
    column: str | None = None
    cursor: str | None = None
    touch: str | None = None
    old: str = "localtimestamp - interval '3 days' + interval '1 minute' * n"
    backdated: str | None = None
    margin: float = 1.0
    tie: bool = False
    nulls: bool = False
    deletes: bool = False
    composite: bool = False
    before: str = ""
    after: str = ""
    fresh: bool = True
    slices: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its key."""
        return ("region", "id") if self.composite else ("id",)

    @property
    def unseen(self) -> bool:
        """Whether a row can be changed without its cursor."""
        return self.promise != "whole" and self.touch != ""

    @property
    def backdates(self) -> bool:
        """Whether a row can get a value that lies back."""
        return self.backdated is not None or (self.promise == "margin" and not self.tie)

    def key_text(self, key: int) -> str:
        """Name a row as the oracle does."""
        return f"r{key % 3} {key}" if self.composite else str(key)

    def where(self, first: int, last: int) -> str:
        """Select the rows with keys from `first` to `last`."""
        if first != last:
            return f"id BETWEEN {first} AND {last}"
        return f"id = {first} AND region = 'r{first % 3}'" if self.composite else f"id = {first}"

    def moment(self, now: float, back: float) -> float:
        """Choose the time that an application gives a row; ties all share that of their period."""
        return now // TIE_SECONDS * TIE_SECONDS if self.tie else now - back

    def ddl(self) -> str:
        """Make the table in the session's schema, with its old rows."""
        region = "region text NOT NULL, " if self.composite else ""
        cursor = f", cursor {self.column}" if self.column else ""
        columns = f"{region}id bigint NOT NULL, op bigint NOT NULL, name text, amount numeric(12,2)"
        old = ["'r' || n % 3"] * self.composite + ["n", "0", "'old'", "n / 4.0"]
        old += [self.old] * (self.column is not None)
        return f"""
            {self.before};
            CREATE TABLE {self.name} ({columns}{cursor}, PRIMARY KEY ({", ".join(self.key)}));
            INSERT INTO {self.name} SELECT {", ".join(old)} FROM generate_series(1, {OLD_ROWS}) AS n;
            {self.after}
        """

    def spec(self, schema: str) -> dict[str, object]:
        """Describe it as in a table file."""
        assigned = "database" if self.promise == "database" else "application"
        watermark: dict[str, object] = {"kind": "none"}
        if self.cursor:
            watermark = {"column": "cursor", "kind": self.cursor, "assigned": assigned}
        spec: dict[str, object] = {
            "table": f"{schema}.{self.name}",
            "key": list(self.key),
            "watermark": watermark,
            "settle": f"{self.margin:.0f}s",
            "fresh": self.fresh,
        }
        if self.slices:
            spec["slices"] = {"rows": self.slices, "parallel": 2}
        return spec


def literal(moment: float) -> str:
    """Write a time as SQL, in UTC, to the microsecond."""
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"timestamp '{text}'"


_BACK = "localtimestamp - interval '{seconds} seconds'"
_TRIGGER = """
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.cursor := clock_timestamp() AT TIME ZONE 'UTC'; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON by_trigger FOR EACH ROW EXECUTE FUNCTION stamp()
"""

_ALL = (
    TableKind(
        name="by_default",
        promise="database",
        column="timestamp(6) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')",
        cursor="timestamp",
        touch="now() AT TIME ZONE 'UTC'",
        backdated=_BACK,
        deletes=True,
        slices=400,
    ),
    TableKind(
        name="by_trigger",
        promise="database",
        column="timestamp(6) NOT NULL",
        cursor="timestamp",
        touch="",
        after=_TRIGGER,
    ),
    TableKind(
        name="by_application",
        promise="margin",
        column="timestamp(6) NOT NULL",
        cursor="timestamp",
        margin=5.0,
        deletes=True,
    ),
    TableKind(
        name="whole_seconds",
        promise="database",
        column="timestamp(0) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')",
        cursor="timestamp",
        touch="now() AT TIME ZONE 'UTC'",
    ),
    TableKind(
        name="zoned",
        promise="database",
        column="timestamptz NOT NULL DEFAULT now()",
        cursor="timestamp",
        touch="now()",
        old="now() - interval '3 days' + interval '1 minute' * n",
        backdated="now() - interval '{seconds} seconds'",
        deletes=True,
    ),
    TableKind(
        name="days",
        promise="database",
        column="date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date",
        cursor="date",
        touch="(now() AT TIME ZONE 'UTC')::date",
        old="current_date - 3 - n % 5",
        backdated="current_date - 2",
    ),
    TableKind(
        name="numbers",
        promise="database",
        column="bigint NOT NULL DEFAULT nextval('drawn')",
        cursor="integer",
        touch="nextval('drawn')",
        old="nextval('drawn')",
        backdated="nextval('drawn') - 100",
        before="CREATE SEQUENCE drawn",
        deletes=True,
        slices=300,
    ),
    TableKind(
        name="cached_numbers",
        promise="drawn",
        column="bigint NOT NULL DEFAULT nextval('held')",
        cursor="integer",
        touch="nextval('held')",
        old="nextval('held')",
        before="CREATE SEQUENCE held CACHE 20",
        margin=10.0,
    ),
    TableKind(
        name="with_nulls",
        promise="margin",
        column="timestamp(6)",
        cursor="timestamp",
        old="CASE WHEN n % 7 > 0 THEN localtimestamp - interval '1 hour' * n END",
        margin=5.0,
        nulls=True,
    ),
    TableKind(
        name="without_cursor",
        promise="whole",
        deletes=True,
    ),
    TableKind(
        name="composite_key",
        promise="database",
        column="timestamp(6) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')",
        cursor="timestamp",
        touch="now() AT TIME ZONE 'UTC'",
        composite=True,
        deletes=True,
    ),
    TableKind(
        name="mass_ties",
        promise="margin",
        column="timestamp(6) NOT NULL",
        cursor="timestamp",
        margin=6.0,
        tie=True,
    ),
    TableKind(
        name="not_fresh",
        promise="database",
        column="timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')",
        cursor="timestamp",
        touch="now() AT TIME ZONE 'UTC'",
        fresh=False,
    ),
)
KINDS = {kind.name: kind for kind in _ALL}

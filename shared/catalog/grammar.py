"""Every key of a table file but those under `source`: its shape, its default and its meaning."""

from datetime import timedelta
from typing import get_args

from shared.catalog import duration, target
from shared.catalog.columns_grammar import COLUMN_NAME, COLUMNS
from shared.catalog.deletion import Deletion
from shared.catalog.files_grammar import FILES
from shared.catalog.identifiers import parse_clock, parse_table
from shared.catalog.rest_grammar import REST
from shared.catalog.schedule import parse_schedule
from shared.catalog.section import EMPTY, Field, Fields, Section
from shared.catalog.shapes import Count, Flag, Lines, Listing, Text, Word
from shared.catalog.silver_grammar import QUALITY, SILVER
from shared.catalog.source_grammar import MOST_CONNECTIONS, SOURCE_SECTION
from shared.catalog.spec import (
    Assigned,
    CursorKind,
    DeleteSpec,
    Future,
    Nulls,
    OnDrift,
    OnEmpty,
    ReceiptLevel,
)

MOST_ROWS = 1_000_000_000
MOST_BYTES = 1_000_000_000


def _schedule(text: str) -> str | None:
    """Check a schedule and keep its text; `none` takes a schedule in `defaults` away."""
    if text == "none":
        return None
    parse_schedule(text)
    return text


# tables[].watermark

COLUMN: Field[str | None] = Field(
    name="column",
    shape=COLUMN_NAME,
    meaning="Column that grows whenever a row changes. Not for kinds change_tracking and none.",
    default=None,
)
CURSOR_KIND: Field[CursorKind] = Field(
    name="kind",
    shape=Word(get_args(CursorKind)),
    meaning="What the watermark counts in; none loads a full snapshot each time.",
    example="kind: timestamp",
)
CLOCK = Field(
    name="clock",
    shape=Text(parse=parse_clock, hint="write utc or an IANA zone such as Europe/Berlin"),
    meaning="Time zone of a zoneless column: utc or an IANA name. Only for timestamp and date.",
    default="utc",
)
ASSIGNED: Field[Assigned] = Field(
    name="assigned",
    shape=Word(get_args(Assigned)),
    meaning="Who sets the column: the application, or the database by default or trigger.",
    default="application",
)
FUTURE: Field[Future] = Field(
    name="future",
    shape=Word(get_args(Future)),
    meaning="Values ahead of the source's clock or sequence: stop the load, or read them with every "
    "load. Only for timestamp, date and integer.",
    default="stop",
)
START: Field[str | None] = Field(
    name="start",
    shape=Text(parse=str, hint='write a value of the column in quotes: "2026-01-31"'),
    meaning="Where the first load begins, this value included: rows below it are taken as loaded "
    "elsewhere. Without it the first load reads everything.",
    default=None,
)
WATERMARK = Field(
    name="watermark",
    shape=Section((COLUMN, CURSOR_KIND, CLOCK, ASSIGNED, FUTURE, START)),
    meaning="How new and changed rows are recognised.",
    example="watermark: {column: updated_at, kind: timestamp}, or {kind: none} for full snapshots",
)

# tables[].columns, slices

ROWS = Field(
    name="rows",
    shape=Count(most=MOST_ROWS),
    meaning="Rows that one activity reads.",
    default=1_000_000,
)
PARALLEL = Field(
    name="parallel",
    shape=Count(most=MOST_CONNECTIONS),
    meaning="Slices of one load read at once; at most max_connections, which also caps the default.",
    default=2,
)
SLICES = Field(
    name="slices",
    shape=Section((ROWS, PARALLEL)),
    meaning="How a load is cut into pieces.",
    default=EMPTY,
)

# tables[]

TABLE = Field(
    name="table",
    shape=Text(parse=parse_table, hint="write schema.table", pattern=r"^[^.]+\..+$"),
    meaning="Schema and table as the source spells them, without quotes; the first dot parts them.",
    example="table: dbo.DimUser",
)
KEY = Field(
    name="key",
    shape=Listing(of=COLUMN_NAME, hint="[user_id]", least=1, distinct=True),
    meaning="Columns that together identify a row.",
    example="key: [user_id]",
)
QUERY: Field[str | None] = Field(
    name="query",
    shape=Lines(hint="write one SELECT: query: SELECT id, at FROM shop.orders"),
    meaning="A SELECT whose rows are those of the table; `table` is then only a name.",
    default=None,
)
TARGET: Field[str | None] = Field(
    name="target",
    shape=Text(
        parse=target.parse_target,
        hint="write filesystem/path: bronze/crm/users",
        pattern=target.PATTERN,
    ),
    meaning="Folder in the lake, as filesystem/path. Left out: `bronze/<source>/<schema.table>`.",
    default=None,
)
SCHEDULE: Field[str | None] = Field(
    name="schedule",
    shape=Text(parse=_schedule, hint='write six NCRONTAB fields: "0 */15 * * * *", or none'),
    meaning="When to load: NCRONTAB with six fields, UTC. none: on request only.",
    default=None,
    shown="none",
)
DEBOUNCE = Field(
    name="debounce",
    shape=Text(
        parse=duration.parse_short,
        hint="write a duration with its unit, a day at most: 10s or 5m",
        pattern=duration.PATTERN,
    ),
    meaning="How long the load that an event asks for waits for more events; at most one load begins in that time.",
    default=timedelta(0),
    shown="0s",
)
SETTLE = Field(
    name="settle",
    shape=Text(
        parse=duration.parse_duration,
        hint="write a duration with its unit: 60s, 5m, 1h or 1d",
        pattern=duration.PATTERN,
    ),
    meaning="Margin that the bound keeps from now where the database cannot fence it exactly.",
    default=timedelta(seconds=60),
    shown="60s",
)
NULLS: Field[Nulls] = Field(
    name="nulls",
    shape=Word(get_args(Nulls)),
    meaning="Rows without a cursor value: land them, fail the load, or leave them out.",
    default="include",
)
ON_EMPTY: Field[OnEmpty] = Field(
    name="on_empty",
    shape=Word(get_args(OnEmpty)),
    meaning="A table that was loaded and holds no row any more: stop the load, or accept it.",
    default="stop",
)
HELD_BACK_ALERT: Field[timedelta | None] = Field(
    name="held_back_alert",
    shape=Text(
        parse=duration.parse_age,
        hint="write a duration with its unit: 30m or 1h, or none",
        pattern=rf"{duration.PATTERN}|^none$",
    ),
    meaning="How long an open transaction may hold the bound back before somebody is told; none: never.",
    default=timedelta(hours=1),
    shown="1h",
)
FRESH_WITHIN: Field[timedelta | None] = Field(
    name="fresh_within",
    shape=Text(
        parse=duration.parse_freshness,
        hint="write a duration with its unit: 30m or 1h, or none",
        pattern=rf"{duration.PATTERN}|^none$",
    ),
    meaning="How long ago the last good load may have begun before the table counts as late and somebody is told; none: any time.",
    default=None,
    shown="none",
)
FRESH = Field(
    name="fresh",
    shape=Flag(),
    meaning="Read what lies above the bound at once and again next time; false waits instead.",
    default=True,
)
ON_DRIFT: Field[OnDrift] = Field(
    name="on_drift",
    shape=Word(get_args(OnDrift)),
    meaning="Other columns at the source: take what is new, stop at any change, or set what is read aside.",
    default="add",
)
DELETES = Field(
    name="deletes",
    shape=Deletion(),
    meaning="How deleted rows are noticed: none, {soft: column}, {reconcile: 1d}, change_tracking. "
    "Watermark kind change_tracking has the last for its default.",
    default=DeleteSpec(),
    shown="none",
)
RECEIPT: Field[ReceiptLevel] = Field(
    name="receipt",
    shape=Word(get_args(ReceiptLevel)),
    meaning="What the source is asked to vouch for of each read: how many rows, what the values of "
    "each column add up to, or the hashes of the rows too.",
    default="values",
)
MAX_VALUE_BYTES = Field(
    name="max_value_bytes",
    shape=Count(most=MOST_BYTES),
    meaning="Bytes that one text or binary value may have as it lands; a longer one stops the load.",
    default=64_000_000,
)
LOADS_AFTER = Field(
    name="loads_after",
    shape=Listing(
        of=Text(parse=str, hint="write schema.table, or source/schema.table"),
        hint="[dbo.DimArtist]",
        distinct=True,
    ),
    meaning="Tables loaded before this one in the same order: schema.table of this source, "
    "or source/schema.table.",
    default=(),
)

# the file

_WITH_DEFAULTS = (
    SCHEDULE,
    DEBOUNCE,
    SETTLE,
    SLICES,
    NULLS,
    ON_EMPTY,
    HELD_BACK_ALERT,
    FRESH_WITHIN,
    FRESH,
    ON_DRIFT,
    DELETES,
    RECEIPT,
    MAX_VALUE_BYTES,
)

SOURCE = Field(
    name="source",
    shape=SOURCE_SECTION,
    meaning="The source system of this file.",
    example="source: with name, kind and connection",
)
DEFAULTS = Field(
    name="defaults",
    shape=Section(_WITH_DEFAULTS),
    meaning="Keys for every table below that does not write them itself; each replaced as a whole.",
    default=EMPTY,
)
TABLE_SECTION = Section(
    (
        *(TABLE, KEY, WATERMARK, FILES, REST, TARGET, QUERY, COLUMNS),
        *_WITH_DEFAULTS,
        *(QUALITY, SILVER, LOADS_AFTER),
    )
)
TABLES: Field[tuple[Fields, ...]] = Field(
    name="tables",
    shape=Listing(of=TABLE_SECTION, hint="- table: dbo.DimUser", least=1),
    meaning="The tables of this source.",
    example="tables: with at least one table",
)
FILE_SECTION = Section((SOURCE, DEFAULTS, TABLES))

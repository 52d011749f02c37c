"""What is loaded and how: the specs that the table files are read into."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from shared.catalog.column_spec import MASK_KEY, ColumnSpec, MaskSpec
from shared.catalog.files_spec import FilesSpec
from shared.catalog.rest_spec import RestSourceSpec, RestTableSpec

SourceKind: TypeAlias = Literal["sql", "rest", "files"]
CursorKind: TypeAlias = Literal[
    "timestamp", "date", "integer", "rowversion", "change_tracking", "none"
]
Isolation: TypeAlias = Literal["snapshot", "serializable"]
Assigned: TypeAlias = Literal["application", "database"]
Future: TypeAlias = Literal["stop", "read"]
Nulls: TypeAlias = Literal["include", "fail", "ignore"]
OnEmpty: TypeAlias = Literal["stop", "accept"]
ReceiptLevel: TypeAlias = Literal["rows", "values", "hashes"]
OnDrift: TypeAlias = Literal["add", "freeze", "quarantine"]
Deletes: TypeAlias = Literal["none", "soft", "reconcile", "change_tracking"]
Compare: TypeAlias = Literal["keys", "rows"]
Severity: TypeAlias = Literal["warn", "quarantine", "block"]

# To these a column's name is the same in upper and lower case.
FOLDING_ENGINES = ("mariadb", "mysql", "sqlserver")
_ALL_COLUMNS = ColumnSpec()
# Of these a query can stand for a table.
QUERY_ENGINES = ("postgresql", "sqlserver", "mariadb", "mysql")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """One source system. `connection` is a reference, `${NAME}` or `managed_identity`.

    `max_connections` holds over all runs and workers. `engine` is None unless the kind is sql.
    `server` and `database` go with `managed_identity`, which names neither. `isolation` says how a
    reader gets one state of a table: by a snapshot, or by locks that make writers wait. `location`
    is the folder of the landing zone that files arrive in, None unless the kind is files; `rest` is
    there for kind rest only. Neither of these kinds has a `connection`.
    `mask_key` is a reference to the key that masked columns are hashed with.
    """

    name: str
    kind: SourceKind
    engine: str | None
    connection: str
    max_connections: int = 4
    server: str | None = None
    database: str | None = None
    isolation: Isolation = "snapshot"
    location: str | None = None
    rest: RestSourceSpec | None = None
    mask_key: str = MASK_KEY

    @property
    def folds_case(self) -> bool:
        """Whether the engine takes column names that differ in upper and lower case only for one.

        SQL Server does so under its usual collations.
        """
        return self.engine in FOLDING_ENGINES


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorSpec:
    """What tells new rows from old ones.

    `clock` is the time zone of a zoneless column: `utc` or an IANA name. `future` says what to
    do with values ahead of the source's clock: stop the load, or read them every time. `start` is
    where the first load begins, that value included; without it the first load reads everything.
    """

    kind: CursorKind
    column: str | None
    clock: str = "utc"
    assigned: Assigned = "application"
    future: Future = "stop"
    start: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The clock as a time zone."""
        return ZoneInfo("UTC" if self.clock == "utc" else self.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSpec:
    """How a load is cut: the rows one activity reads, and how many activities read at once."""

    rows: int = 1_000_000
    parallel: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """One data quality rule: a SQL condition that every row has to meet."""

    name: str
    rule: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverSpec:
    """What silver has to know. `valid_from` is the column that says since when a row's values hold."""

    valid_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSpec:
    """How deleted rows are noticed. `column` belongs to soft, `every` and `compare` to reconcile."""

    how: Deletes = "none"
    column: str | None = None
    every: timedelta | None = None
    compare: Compare = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table of one source, complete: defaults applied, names resolved.

    `schedule` is NCRONTAB in UTC, None for a table that is loaded on request only. `loads_after`
    holds full names. `held_back_alert` is how long a bound may be held back before somebody is told,
    None for never. `fresh_within` is how long ago its last good load may have begun before it counts
    as late, None for any time. `debounce` is how long a load that an event asks for waits for more. `receipt` is
    how much of what is read the source has to vouch for. `files` is None unless the source is of kind
    files. With a `query` its rows are those of the table, which is then only a name. A text or binary
    value of more than `max_value_bytes` as it lands stops the load, which bounds the worker's memory.
    """

    source: SourceSpec
    table: str
    key: tuple[str, ...]
    cursor: CursorSpec
    target: str
    schedule: str | None = None
    debounce: timedelta = timedelta(0)
    settle: timedelta = timedelta(seconds=60)
    columns: ColumnSpec = _ALL_COLUMNS
    slices: SliceSpec = SliceSpec()
    nulls: Nulls = "include"
    on_empty: OnEmpty = "stop"
    held_back_alert: timedelta | None = timedelta(hours=1)
    fresh_within: timedelta | None = None
    fresh: bool = True
    on_drift: OnDrift = "add"
    deletes: DeleteSpec = DeleteSpec()
    quality: tuple[RuleSpec, ...] = ()
    loads_after: tuple[str, ...] = ()
    receipt: ReceiptLevel = "values"
    silver: SilverSpec = SilverSpec()
    files: FilesSpec | None = None
    rest: RestTableSpec | None = None
    query: str | None = None
    max_value_bytes: int = 64_000_000

    @property
    def name(self) -> str:
        """The full name, `source/schema.table`."""
        return f"{self.source.name}/{self.table}"

    @property
    def schema_name(self) -> str:
        """The part of `table` before its first dot."""
        return self.table.partition(".")[0]

    @property
    def table_name(self) -> str:
        """The part of `table` after its first dot; it may hold further dots."""
        return self.table.partition(".")[2]

    def excluded(self, names: Sequence[str]) -> frozenset[str]:
        """Give those of a table's columns that are left out, compared as the engine does.

        Where it takes `Secret` and `secret` for one, so does this: unless both are there.
        """
        if self.columns.include:
            return frozenset(names) - self._named(self.columns.include, names).keys()
        return frozenset(self._named(self.columns.exclude, names))

    def masks(self, names: Sequence[str]) -> dict[str, MaskSpec]:
        """Give the masks of those of a table's columns that have one, compared as the engine does."""
        written = dict(self.columns.mask)
        found = self._named(written, names)
        return {name: written[found[name]] for name in names if name in found}

    def unknown(self, names: Sequence[str]) -> tuple[str, ...]:
        """Give the columns that have to be there by `include` or `mask` and are not among the table's."""
        written = dict.fromkeys((*self.columns.include, *(name for name, _ in self.columns.mask)))
        found = set(self._named(written, names).values())
        return tuple(name for name in written if name not in found)

    @property
    def hashes_columns(self) -> bool:
        """Whether a column is masked by a keyed hash, so that a key is needed."""
        return any(mask.how == "sha256" for _, mask in self.columns.mask)

    def _named(self, written: Iterable[str], names: Sequence[str]) -> dict[str, str]:
        """Give each of a table's columns that is written, and as what."""
        wanted = dict.fromkeys(written)
        found = {name: name for name in names if name in wanted}
        if self.source.folds_case:
            folded = {name.casefold(): name for name in wanted if name not in found}
            found |= {
                name: folded[name.casefold()]
                for name in names
                if name not in found and name.casefold() in folded
            }
        return found

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with what a load reads and lands.

        When a load runs, after which others, what stops it or alerts, how many connections it may
        use, what its receipt proves and what silver makes of it does not count.
        """
        timeless = replace(
            self,
            schedule=None,
            loads_after=(),
            receipt="values",
            quality=(),
            source=replace(self.source, max_connections=1, rest=_unhurried(self.source.rest)),
            slices=replace(self.slices, parallel=1),
            deletes=replace(self.deletes, every=None, compare="keys"),
        )
        # Left out, not settled: older tables keep their fingerprint.
        written = _written(asdict(timeless))
        for key in _NOT_READ:
            del written[key]
        if "rest" in written["source"]:
            # Came later, and says where a source may lie, not what is read there.
            del written["source"]["rest"]["allow_private"]
        # timedelta is the only value that JSON does not know, and its text is exact.
        text = json.dumps(written, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()[:16]


# Keys that came later. Left out at their default, so that older tables keep their fingerprint.
_LATER = {
    "source": {
        "server": None,
        "database": None,
        "isolation": "snapshot",
        "location": None,
        "rest": None,
        "mask_key": MASK_KEY,
    },
    "columns": {"include": ()},
    "cursor": {"start": None},
    "deletes": {"compare": "keys"},
}
# Parts that came later, left out where there are none.
_LATER_WHOLE = ("files", "rest", "query")
# Keys that came later and change nothing of what is read and lands.
_NOT_READ = (
    "debounce",
    "on_empty",
    "held_back_alert",
    "fresh_within",
    "silver",
    "max_value_bytes",
)


def _written(spec: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in spec.items() if k != "receipt" and (v or k not in _LATER_WHOLE)}
    for part, defaults in _LATER.items():
        kept[part] = {k: v for k, v in spec[part].items() if k not in defaults or v != defaults[k]}
    kept["columns"]["mask"] = [
        (name, str(MaskSpec(**mask))) for name, mask in spec["columns"]["mask"]
    ]
    return kept


def _unhurried(rest: RestSourceSpec | None) -> RestSourceSpec | None:
    return None if rest is None else replace(rest, requests_per_second=None)

"""Table files that are wrong: each fault is found, and told with its file, line and field."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog import CatalogInvalid, Problem, parse_catalog

# The cases below change one thing in this file; its line numbers are what they expect.
GOOD = """\
source:
  name: crm
  kind: sql
  engine: postgresql
  connection: ${CRM_DB}
  max_connections: 4
defaults:
  settle: 60s
tables:
  - table: public.users
    key: [user_id]
    watermark: {column: updated_at, kind: timestamp}
    target: bronze/crm/users
    columns: {exclude: [secret]}
    slices: {rows: 1000, parallel: 2}
    schedule: "0 0 3 * * *"
  - table: public.orders
    key: [order_id]
    watermark:
      column: updated_at
      kind: timestamp
    loads_after: [public.users]
"""
SQLSERVER = ("engine: postgresql", "engine: sqlserver")
MARK = "{column: updated_at, kind: timestamp}"
TARGET = "bronze/crm/users"
SCHEDULE = '"0 0 3 * * *"'


def change(*edits: tuple[str, str]) -> str:
    """Write the good file with some text replaced, each where it stands first."""
    text = GOOD
    for written, instead in edits:
        assert written in text
        text = text.replace(written, instead, 1)
    return text


def problems_of(files: Mapping[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(CatalogInvalid) as caught:
        parse_catalog(files)
    return caught.value.problems


def swap(written: str, instead: str) -> str:
    return change((written, instead))


NOT_YAML = {
    "empty": ("", ":1: is empty"),
    "only a comment": ("# nothing\n", ":1: is empty"),
    "a list": ("- source\n", ":1: must be a mapping of keys and values, not a list"),
    "tab": (swap("  name", "\tname"), ":2: is indented with a tab; indent with spaces"),
    "bracket": (swap("[user_id]", "[user_id"), ":12: is not YAML: while parsing a flow sequence"),
    "bare reference in braces": (
        "source: {connection: ${CRM_DB}}\n",
        ":1: is not YAML: while parsing a flow mapping, did not find expected ',' or '}'; inside {...}",
    ),
    "two documents": (GOOD + "---\n" + GOOD, ":23: is not YAML: expected a single document"),
    "control character": (
        swap("name: crm", "name: é\n  # \x07"),
        ":3: is not YAML: control characters",
    ),
    "half a surrogate": (swap("crm", "\ud800"), ":1: is not Unicode text"),
    "unknown alias": (swap("[user_id]", "*id"), ":11: is not YAML: found undefined alias"),
    "alias in itself": (swap("[user_id]", "&id [*id]"), ":11: the alias *id stands inside"),
    "too deep": ("[" * 500, ":1: is nested more than 32 deep"),
    "too deep even for the parser": ("[" * 100_000, ":1: is nested more than 32 deep"),
    "deep by aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 40)),
        ":29: is nested more than 32 deep",
    ),
    "a billion laughs": (
        "a0: &a0 [x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
        ":7: holds more than 1000000 values with its aliases",
    ),
    "too long": ("#" * 4_000_001, ":1: is longer than 4000000 characters"),
}

WRONG_KEYS = {
    "unknown at the root": (GOOD + "tabels: []\n", ':23: tabels: is not a known key; did you mean "tables"?'),
    "unknown in source": (swap("max_connections", "maxconnections"), ':6: source.maxconnections: is not a known key; did you mean "max_connections"?'),
    "unknown in a table": (swap("target:", "path:"), ":13: tables[0].path: is not a known key; write one of table, key"),
    "unknown in a watermark": (swap("      column", "      colum"), ':20: tables[1].watermark.colum: is not a known key; did you mean "column"?'),
    "capitals": (swap("target:", "Target:"), ':13: tables[0].Target: is not a known key; did you mean "target"?'),
    "table key in defaults": (swap("settle: 60s", "key: [id]"), ":8: defaults.key: is not a known key"),
    "key written twice": (swap("target: bronze/crm/users", "key: [id]"), ":13: tables[0].key: is written twice, first in line 11"),
    "section written twice": (GOOD + "source: {}\n", ":23: source: is written twice, first in line 1"),
    "mask written twice": (swap("{exclude: [secret]}", "{mask: {a: sha256, a: sha256}}"), ":14: tables[0].columns.mask.a: is written twice"),
    "a truth value as key": (swap("target:", "yes:"), ":13: tables[0].?: the key must be text, not a truth value"),
    "a blank key": (swap("target:", "' ':"), ":13: tables[0].?: the key is empty, padded"),
    "merge key": (swap("target: bronze/crm/users", "<<: {}"), ":13: tables[0].<<: is not read"),
    "no source": (GOOD[GOOD.index("defaults"):], ":1: source: is missing; write source:"),
    "no tables": (GOOD[: GOOD.index("tables")], ":1: tables: is missing; write tables:"),
    "no source name": (swap("  name: crm\n", ""), ":1: source.name: is missing; write name: crm"),
    "no connection": (swap("  connection: ${CRM_DB}\n", ""), ":1: source.connection: is missing; write connection: ${CRM_DB}"),
    "no engine": (swap("  engine: postgresql\n", ""), ":1: source.engine: is missing; kind sql needs it"),
    "no table name": (swap("  - table: public.users\n    key", "  - key"), ":10: tables[0].table: is missing"),
    "no key": (swap("    key: [order_id]\n", ""), ":17: tables[1].key: is missing; write key: [user_id]"),
    "no watermark": (swap(f"    watermark: {MARK}\n", ""), ":10: tables[0].watermark: is missing; write watermark: {column: updated_at"),
    "no watermark kind": (swap(", kind: timestamp", ""), ":12: tables[0].watermark.kind: is missing"),
}  # fmt: skip

WRONG_VALUES = {
    "tables empty": (GOOD[: GOOD.index("tables")] + "tables: []\n", ":9: tables: is empty; write at least one"),
    "tables a mapping": (GOOD[: GOOD.index("tables")] + "tables: {}\n", ":9: tables: is a mapping; write a list"),
    "source a text": ("source: crm\n" + GOOD[GOOD.index("tables"):], ":1: source: must be a mapping of keys and values, not text"),
    "a table a text": (GOOD + "  - public.more\n", ":23: tables[2]: must be a mapping of keys and values, not text"),
    "kind unknown": (swap("kind: timestamp\n", "kind: timestmp\n"), ':21: tables[1].watermark.kind: "timestmp" is not known here; did you mean "timestamp"?'),
    "kind without a close word": (swap("kind: sql", "kind: ftp"), ':3: source.kind: "ftp" is not known here; write one of sql, rest, files'),
    "kind left blank": (swap("kind: sql", "kind:"), ":3: source.kind: is empty; write one of sql, rest, files"),
    "engine in capitals": (swap("postgresql", "PostgreSQL"), ":4: source.engine: 'PostgreSQL' cannot name an engine; did you mean \"postgresql\"?"),
    "source with a slash": (swap("name: crm", "name: a/b"), ":2: source.name: 'a/b' cannot name a source"),
    "yes for text": (swap("[user_id]", "[yes]"), ':11: tables[0].key[0]: is a truth value; if text is meant, quote it: "yes"'),
    "number for text": (swap("name: crm", "name: 7"), ':2: source.name: is a number; if text is meant, quote it: "7"'),
    "date for text": (swap("[user_id]", "[2026-01-01]"), ":11: tables[0].key[0]: is a date; write a column's name"),
    "padded text": (swap("[user_id]", "['user_id ']"), ":11: tables[0].key[0]: is empty or has spaces around it"),
    "line break in text": (swap("[user_id]", r'["user\nid"]'), ":11: tables[0].key[0]: holds a control character or a line break"),
    "own tag": (swap("name: crm", "name: !secret crm"), ":2: source.name: is a value with a tag of its own"),
    "python tag": (swap("crm", "!!python/object/apply:os.getcwd []"), ":2: source.name: is a list"),
    "yes for a flag": (swap("target: bronze/crm/users", "fresh: yes"), ":13: tables[0].fresh: is yes; write true or false"),
    "text for a flag": (swap("target: bronze/crm/users", "fresh: 'true'"), ":13: tables[0].fresh: is text; write true or false"),
    "text for a number": (swap("max_connections: 4", "max_connections: '4'"), ":6: source.max_connections: is text; write a whole number from 1 to 1000"),
    "octal": (swap("max_connections: 4", "max_connections: 010"), ":6: source.max_connections: is 010; write a whole number"),
    "fraction": (swap("rows: 1000", "rows: 1.5"), ":15: tables[0].slices.rows: is a number; write a whole number"),
    "no rows": (swap("rows: 1000", "rows: 0"), ":15: tables[0].slices.rows: is 0; write a whole number from 1 to"),
    "absurd rows": (swap("rows: 1000", "rows: " + "9" * 5000), ":15: tables[0].slices.rows: is 9999"),
    "key a text": (swap("[user_id]", "user_id"), ":11: tables[0].key: is text; write a list: [user_id]"),
    "key empty": (swap("[user_id]", "[]"), ":11: tables[0].key: is empty; write at least one: [user_id]"),
    "key repeats": (swap("[user_id]", "[a, b, a]"), ':11: tables[0].key[2]: "a" is in the list already'),
    "no schema": (swap("public.orders", "orders"), ":17: tables[1].table: 'orders' names no schema; write schema.table"),
    "quoted table": (swap("public.orders", "'[public].[orders]'"), ":17: tables[1].table: '[public].[orders]' is quoted; write the names bare"),
    "clock unknown": (swap("kind: timestamp}", "kind: timestamp, clock: Europe/Berln}"), ":12: tables[0].watermark.clock: 'Europe/Berln' is not an IANA time zone; did you mean \"Europe/Berlin\"?"),
    "clock a folder": (swap("kind: timestamp}", "kind: timestamp, clock: Europe}"), ":12: tables[0].watermark.clock: 'Europe' is not an IANA time zone"),
    "duration a number": (swap("settle: 60s", "settle: 60"), ":8: defaults.settle: is a number; write a duration with its unit: 60s, 5m, 1h or 1d"),
    "duration of two units": (swap("settle: 60s", "settle: 1h30m"), ":8: defaults.settle: '1h30m' is not a duration"),
    "duration negative": (swap("settle: 60s", "settle: -5s"), ":8: defaults.settle: must not be negative; write 0s or more"),
    "duration endless": (swap("settle: 60s", "settle: 999999999d"), ":8: defaults.settle: '999999999d' is too long; write at most 3650d"),
    "schedule of crontab": (swap(SCHEDULE, '"*/5 * * * *"'), ":16: tables[0].schedule: '*/5 * * * *' has 5 fields; write six (second minute hour day month weekday): put a 0"),
    "schedule out of range": (swap(SCHEDULE, '"0 60 * * * *"'), ":16: tables[0].schedule: the minute field cannot hold '60'; write 0 to 59"),
    "schedule that never comes": (swap(SCHEDULE, '"0 0 0 30 feb *"'), ":16: tables[0].schedule: '0 0 0 30 feb *' never comes"),
    "target without a path": (swap(TARGET, "bronze"), ":13: tables[0].target: 'bronze' has no path in its filesystem"),
    "target ends in a slash": (swap(TARGET, "bronze/"), ":13: tables[0].target: 'bronze/' has no path in its filesystem"),
    "target elsewhere": (swap(TARGET, "copper/users"), ":13: tables[0].target: 'copper/users' is in no known filesystem; begin with bronze, silver, gold, quarantine, landing"),
    "target absolute": (swap(TARGET, "/bronze/users"), ":13: tables[0].target: '/bronze/users' is in no known filesystem"),
    "target in staging": (swap(TARGET, "bronze/_staging/users"), ":13: tables[0].target: lies in _staging"),
    "target hidden": (swap(TARGET, "bronze/.users"), ":13: tables[0].target: has the segment '.users', which Hadoop hides"),
    "target climbing": (swap(TARGET, "bronze/crm/../x"), ":13: tables[0].target: has the segment '..'"),
    "target with a gap": (swap(TARGET, "bronze//users"), ":13: tables[0].target: has an empty segment"),
    "target unsafe": (swap(TARGET, "bronze/crm/a=b"), ":13: tables[0].target: has the segment 'a=b'; write only letters"),
    "target ends in a dot": (swap(TARGET, "bronze/crm."), ":13: tables[0].target: has the segment 'crm.', which ends with a dot"),
    "target long": (swap(TARGET, "bronze/" + "x" * 256), ":13: tables[0].target: has a segment longer than 255"),
    "mask of nothing": (swap("{exclude: [secret]}", "{mask: {a: truncate}}"), ":14: tables[0].columns.mask.a: truncate needs to know what is kept"),
    "mask of no characters": (swap("{exclude: [secret]}", "{mask: {a: {truncate: 0}}}"), ":14: tables[0].columns.mask.a.truncate: is 0; write a whole number from 1 to 1000"),
    "mask of an unknown unit": (swap("{exclude: [secret]}", "{mask: {a: {truncate: week}}}"), ":14: tables[0].columns.mask.a.truncate: is not known here; write a number of characters, or one of year"),
    "mask of another mapping": (swap("{exclude: [secret]}", "{mask: {a: {hash: 4}}}"), ":14: tables[0].columns.mask.a: is not known here; write sha256"),
    "mask key in the clear": (swap("  kind: sql", "  mask_key: hush\n  kind: sql"), ":3: source.mask_key: must not be written here in plain text"),
    "mask unknown": (swap("{exclude: [secret]}", "{mask: {a: md5}}"), ':14: tables[0].columns.mask.a: "md5" is not known here'),
    "soft without a column": (swap(f"target: {TARGET}", "deletes: soft"), ":13: tables[0].deletes: soft needs its column; write {soft: is_deleted}"),
    "soft left blank": (swap(f"target: {TARGET}", "deletes: {soft: }"), ":13: tables[0].deletes.soft: is empty; write the column"),
    "reconcile without an interval": (swap(f"target: {TARGET}", "deletes: reconcile"), ":13: tables[0].deletes: reconcile needs its interval"),
    "reconcile all the time": (swap(f"target: {TARGET}", "deletes: {reconcile: 0s}"), ":13: tables[0].deletes.reconcile: cannot happen every 0 seconds"),
    "two ways to notice deletes": (swap(f"target: {TARGET}", "deletes: {soft: gone, reconcile: 1d}"), ":13: tables[0].deletes: names 2 ways at once"),
    "something compared for soft deletes": (swap(f"target: {TARGET}", "deletes: {soft: gone, compare: rows}"), ":13: tables[0].deletes.compare: goes with reconcile only"),
    "unknown comparison": (swap(f"target: {TARGET}", "deletes: {reconcile: 1d, compare: all}"), ':13: tables[0].deletes.compare: "all" is not known here'),
    "no way to notice deletes": (swap(f"target: {TARGET}", "deletes: {}"), ":13: tables[0].deletes: names no ways at once"),
    "unknown way to notice deletes": (swap(f"target: {TARGET}", "deletes: hard"), ':13: tables[0].deletes: "hard" is not known here; write none, {soft'),
}  # fmt: skip

CONTRADICTIONS = {
    "identity without a database": (change(SQLSERVER, ("${CRM_DB}", "managed_identity\n  server: a")), ":1: source.database: is missing; connection: managed_identity names no server"),
    "identity for postgresql": (swap("connection: ${CRM_DB}", "connection: managed_identity\n  server: a\n  database: b"), ":5: source.connection: is for engine sqlserver"),
    "server beside a secret": (swap("${CRM_DB}", "${CRM_DB}\n  server: a"), ":6: source.server: goes with kind sql and connection: managed_identity only"),
    "start without a column": (swap(MARK, '{kind: none, start: "1"}'), ":12: tables[0].watermark.start: does not go with kind none"),
    "start of another kind": (swap("kind: timestamp}", 'kind: integer, start: "2026-01-31"}'), ':12: tables[0].watermark.start: "2026-01-31" is no value of kind integer'),
    "start that is no day": (swap("kind: timestamp}", 'kind: timestamp, start: "2026-13-31"}'), ':12: tables[0].watermark.start: "2026-13-31" is no value of kind timestamp'),
    "none with a column": (swap("kind: timestamp}", "kind: none}"), ":12: tables[0].watermark.column: does not go with kind none"),
    "timestamp without a column": (swap(MARK, "{kind: timestamp}"), ":12: tables[0].watermark.column: is missing; kind timestamp needs it"),
    "rowversion without a column": (change(SQLSERVER, (MARK, "{kind: rowversion}")), ":12: tables[0].watermark.column: is missing; kind rowversion needs it"),
    "rowversion on postgresql": (swap("kind: timestamp}", "kind: rowversion}"), ":12: tables[0].watermark.kind: postgresql has no rowversion, only sqlserver has"),
    "change tracking on postgresql": (swap(MARK, "{kind: change_tracking}"), ":12: tables[0].watermark.kind: postgresql has no change_tracking"),
    "deletes by change tracking on postgresql": (swap("settle: 60s", "deletes: change_tracking"), ":8: defaults.deletes: postgresql has no change_tracking"),
    "query of an engine without a dialect": (change(("engine: postgresql", "engine: oracle"), (f"target: {TARGET}", "query: SELECT 1 AS user_id")), ":13: tables[0].query: is read of postgresql, sqlserver, mariadb, mysql only"),
    "query by change tracking": (change((MARK, "{kind: change_tracking}"), (f"target: {TARGET}", "query: SELECT 1 AS user_id"), SQLSERVER), ":13: tables[0].query: does not go with kind change_tracking"),
    "query under locks": (change(("connection: ${CRM_DB}", "connection: ${CRM_DB}\n  isolation: serializable"), (f"target: {TARGET}", "query: SELECT 1 AS user_id")), ":14: tables[0].query: does not go with isolation: serializable"),
    "empty query": (swap(f"target: {TARGET}", 'query: ""'), ":13: tables[0].query: is empty"),
    "deletes by change tracking beside a column": (change(("target: bronze/crm/users", "deletes: change_tracking"), SQLSERVER), ":13: tables[0].deletes: change_tracking does not go with watermark kind timestamp"),
    "changes that wait": (change((MARK, "{kind: change_tracking}"), ("target: bronze/crm/users", "fresh: false"), SQLSERVER), ":13: tables[0].fresh: does not go with kind change_tracking"),
    "start of changes": (change((MARK, '{kind: change_tracking, start: "7"}'), SQLSERVER), ":12: tables[0].watermark.start: does not go with kind change_tracking"),
    "column of changes": (change((MARK, "{kind: change_tracking, column: v}"), SQLSERVER), ":12: tables[0].watermark.column: does not go with kind change_tracking"),
    "clock of an integer": (swap("kind: timestamp\n", "kind: integer\n      clock: utc\n"), ":22: tables[1].watermark.clock: does not go with kind integer, only with timestamp and date"),
    "future of none": (swap(MARK, "{kind: none, future: read}"), ":12: tables[0].watermark.future: does not go with kind none"),
    "assigned for none": (swap(MARK, "{kind: none, assigned: database}"), ":12: tables[0].watermark.assigned: does not go with kind none"),
    "nulls without a cursor": (change((MARK, "{kind: none}"), ("target: bronze/crm/users", "nulls: fail")), ":13: tables[0].nulls: does not go with kind none"),
    "key excluded": (swap("{exclude: [secret]}", "\n      exclude:\n        - a\n        - user_id"), ':17: tables[0].columns.exclude[1]: "user_id" is a key column and has to be read'),
    "cursor excluded": (swap("[secret]", "[updated_at]"), ':14: tables[0].columns.exclude[0]: "updated_at" is the cursor column'),
    "soft column excluded": (change(("[secret]", "[gone]"), ("target: bronze/crm/users", "deletes: {soft: gone}")), ':14: tables[0].columns.exclude[0]: "gone" is the soft delete column'),
    "key masked by less than a hash": (swap("{exclude: [secret]}", "{mask: {user_id: redact}}"), ':14: tables[0].columns.mask.user_id: "user_id" is a key column: rows that differ would get one key'),
    "key masked and reconciled": (change(("{exclude: [secret]}", "{mask: {user_id: sha256}}"), ("target: bronze/crm/users", "deletes: {reconcile: 1d}")), ":14: tables[0].columns.mask.user_id: \"user_id\" is a key column, and a hashed key cannot be compared with the source's"),
    "included and excluded": (swap("[secret]", "[secret], include: [user_id, updated_at]"), ":14: tables[0].columns.exclude: does not go with include"),
    "key not included": (swap("exclude: [secret]", "include: [updated_at]"), ':14: tables[0].columns.include: "user_id" is a key column and has to be read; put it on the list'),
    "mask not included": (swap("exclude: [secret]", "include: [user_id, updated_at], mask: {email: redact}"), ':14: tables[0].columns.include: "email" is masked; put it on the list'),
    "masked in two spellings": (change(SQLSERVER, ("{exclude: [secret]}", "{mask: {email: redact, Email: sha256}}")), ':14: tables[0].columns.mask.Email: "Email" is masked already in another spelling'),
    "cursor masked": (swap("{exclude: [secret]}", "{mask: {updated_at: sha256}}"), ':14: tables[0].columns.mask.updated_at: "updated_at" is the cursor column'),
    "masked and excluded": (swap("[secret]", "[secret], mask: {secret: sha256}"), ':14: tables[0].columns.mask.secret: "secret" is excluded as well'),
    "more slices than connections": (swap("parallel: 2", "parallel: 5"), ":15: tables[0].slices.parallel: is 5, more than the source's max_connections of 4"),
    "rule without a condition": (swap("target: bronze/crm/users", 'quality: [{name: a, rule: "", severity: warn}]'), ":13: tables[0].quality[0].rule: is empty"),
    "valid from excluded": (swap("target: bronze/crm/users", "silver: {valid_from: secret}"), ':14: tables[0].columns.exclude[0]: "secret" is the column that values hold from'),
    "rule named twice": (swap("target: bronze/crm/users", "quality: [{name: a, rule: x, severity: warn}, {name: a, rule: y, severity: warn}]"), ':13: tables[0].quality[1].name: "a" names another rule'),
    "table listed twice": (swap("public.orders", "public.users"), ":17: tables[1].table: is listed in crm.yml:10 already"),
    "targets the same": (swap("key: [order_id]", f"key: [order_id]\n    target: {TARGET}"), ":19: tables[1].target: bronze/crm/users is also the target of crm/public.users (crm.yml:13)"),
    "target inside another": (swap(TARGET, "bronze/crm"), ":17: tables[1].target: bronze/crm/public.orders lies inside bronze/crm, the target of crm/public.users (crm.yml:13)"),
    "loads after an unknown table": (swap("[public.users]", "[public.user]"), ":22: tables[1].loads_after[0]: there is no table crm/public.user; did you mean crm/public.users?"),
    "loads after itself": (swap("[public.users]", "[public.orders]"), ":22: tables[1].loads_after: goes round in a circle: crm/public.orders after crm/public.orders"),
    "loads in a circle": (swap(f"target: {TARGET}", "loads_after: [public.orders]"), ": goes round in a circle: crm/public."),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(text, told, id=name)
        for cases in (NOT_YAML, WRONG_KEYS, WRONG_VALUES, CONTRADICTIONS)
        for name, (text, told) in cases.items()
    ],
)
def test_a_fault_is_told_once_with_its_line_and_field(text: str, told: str) -> None:
    (problem,) = problems_of({"crm.yml": text})

    assert told in str(problem)
    assert str(problem).startswith("crm.yml:")


def test_the_good_file_is_good() -> None:
    assert len(parse_catalog({"crm.yml": GOOD})) == 2


def test_all_problems_of_all_files_are_told_in_their_order() -> None:
    first = change(
        ("max_connections: 4", "max_connections: 1"),
        ("settle: 60s", "settle: 60"),
        (SCHEDULE, '"0 0 * * *"'),
        ("[secret]", "[user_id]"),
        ("public.orders", "orders"),
    )
    second = change(("name: crm", "name: shop"), ("[public.users]", "[public.gone]"))

    told = problems_of({"z.yml": first, "a.yml": second, "b.yml": "["})
    assert [(problem.file, problem.line, problem.field) for problem in told] == [
        ("z.yml", 8, "defaults.settle"),
        ("z.yml", 14, "tables[0].columns.exclude[0]"),
        ("z.yml", 15, "tables[0].slices.parallel"),
        ("z.yml", 16, "tables[0].schedule"),
        ("z.yml", 17, "tables[1].table"),
        ("a.yml", 13, "tables[0].target"),
        ("b.yml", 2, ""),
    ]


def test_a_source_in_two_files_is_refused() -> None:
    other = change(("public.users", "x.a"), ("public.orders", "x.b"), ("public.users", "x.a"))
    told = problems_of({"a.yml": GOOD, "b.yml": other.replace(TARGET, "bronze/x")})

    assert [str(problem) for problem in told] == [
        'b.yml:2: source.name: "crm" is the source of a.yml:2 already; move the tables there, or rename it'
    ]


def test_targets_collide_across_files() -> None:
    told = problems_of({"a.yml": GOOD, "b.yml": swap("name: crm", "name: shop")})

    (line,) = map(str, told)
    assert line.startswith("b.yml:13: tables[0].target: bronze/crm/users is also the target of")
    assert line.endswith("crm/public.users (a.yml:13); write a target of its own")


def test_a_circle_across_files_is_refused() -> None:
    first = swap("[public.users]", "[shop/public.orders]")
    second = change(
        ("name: crm", "name: shop"),
        (TARGET, "bronze/shop/u"),
        ("[public.users]", "[crm/public.orders]"),
    )
    (problem,) = problems_of({"a.yml": first, "b.yml": second})

    assert "goes round in a circle" in problem.message
    assert "crm/public.orders after shop/public.orders" in problem.message


def test_no_table_is_called_unknown_while_another_file_cannot_be_read() -> None:
    first = swap("[public.users]", "[shop/public.orders]")
    told = problems_of({"a.yml": first, "b.yml": "source: {name: shop"})

    assert [problem.file for problem in told] == ["b.yml"]


@pytest.mark.parametrize(
    "connection",
    [
        "postgresql://me:hunter2@db/crm",
        "Driver={x};Pwd=hunter2",
        "{Pwd: hunter2}",
        "[hunter2]",
        "hunter2",
        "$hunter2",
        '"${DB};Pwd=hunter2"',
        '"${DB}\\nhunter2"',
        "!hunter2x hunter2",
        "'hunter2: [",
    ],
)
def test_a_plain_secret_is_refused_and_never_repeated(connection: str) -> None:
    told = problems_of({"crm.yml": swap("${CRM_DB}", connection)})

    assert told
    assert all(problem.line >= 5 for problem in told)
    assert "hunter2" not in repr(told)


@given(st.text() | st.text(alphabet="{}[]&*a:- \n'\"!%"))
def test_any_text_is_read_or_refused_in_order(text: str) -> None:
    with pytest.raises(CatalogInvalid):
        parse_catalog({"any.yml": text})


@given(st.data())
def test_any_damage_to_a_good_file_is_read_or_refused_in_order(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(start + 20, len(GOOD))))
    text = GOOD[:start] + data.draw(st.text(max_size=10)) + GOOD[end:]
    problems: tuple[Problem, ...] | None = None
    try:
        parse_catalog({"crm.yml": text})
    except CatalogInvalid as error:
        problems = error.problems
    assert problems != ()


def test_a_circle_is_told_in_the_direction_of_loading() -> None:
    third = "  - {table: s.c, key: [id], watermark: {kind: none}, loads_after: [public.orders]}\n"
    (problem,) = problems_of({"crm.yml": swap(f"target: {TARGET}", "loads_after: [s.c]") + third})
    told = problem.message.split(": ")[1].split("; ")[0].split(" after ")

    assert len(told) == 4
    assert told[0] == told[-1]
    assert set(pairwise(told)) == {
        ("crm/public.users", "crm/s.c"),
        ("crm/s.c", "crm/public.orders"),
        ("crm/public.orders", "crm/public.users"),
    }

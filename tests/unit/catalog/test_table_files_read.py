"""Table files that are right, and the specs they are read into."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from shared.catalog import (
    CatalogInvalid,
    ColumnSpec,
    CursorSpec,
    DeleteSpec,
    MaskSpec,
    RuleSpec,
    SilverSpec,
    SliceSpec,
    SourceSpec,
    TableSpec,
    UnknownSource,
    UnknownTable,
    parse_catalog,
    read_catalog,
)

EVERYTHING = dedent("""\
    # yaml-language-server: $schema=table.schema.json
    source:
      name: spotify
      kind: sql
      engine: sqlserver
      connection: ${SPOTIFY_DB}
      max_connections: 6
    defaults:
      schedule: "0 */15 * * * *"
      settle: 90s
    tables:
      - table: dbo.DimUser
        key: [user_id]
        watermark: {column: updated_at, kind: timestamp, clock: Europe/Berlin, assigned: database,
                    future: read}
        target: bronze/crm/users
        schedule: "0 0 3 * * mon-fri"
        settle: 5m
        columns: {exclude: [password_hash], mask: {email: sha256}}
        slices: {rows: 5000, parallel: 3}
        nulls: fail
        fresh: false
        on_drift: freeze
        deletes: {reconcile: 1d}
        quality:
          - {name: known_plan, rule: "plan IN ('Free', 'Premium')", severity: warn}
        silver: {valid_from: born_on}
        loads_after: [dbo.DimArtist]
      - table: dbo.DimArtist
        key: [artist_id]
        watermark: {kind: none}
    """)


def small(source: str, *tables: str) -> str:
    """Write a file with the least that tables need; `name after other` orders them."""
    lines = [f"source: {{name: {source}, kind: sql, engine: postgresql, connection: '${{DB}}'}}"]
    lines.append("tables:")
    for table in tables:
        name, _, after = table.partition(" after ")
        lines.append(
            f"  - {{table: {name}, key: [id], watermark: {{kind: none}}, loads_after: [{after}]}}"
        )
    return "\n".join(lines)


def names(tables: tuple[TableSpec, ...]) -> list[str]:
    return [table.name for table in tables]


def test_every_key_reaches_the_spec() -> None:
    catalog = parse_catalog({"spotify.yml": EVERYTHING})

    assert catalog.table("spotify/dbo.DimUser") == TableSpec(
        source=SourceSpec(
            name="spotify",
            kind="sql",
            engine="sqlserver",
            connection="${SPOTIFY_DB}",
            max_connections=6,
        ),
        table="dbo.DimUser",
        key=("user_id",),
        cursor=CursorSpec(
            kind="timestamp",
            column="updated_at",
            clock="Europe/Berlin",
            assigned="database",
            future="read",
        ),
        target="bronze/crm/users",
        schedule="0 0 3 * * mon-fri",
        settle=timedelta(minutes=5),
        columns=ColumnSpec(exclude=("password_hash",), mask=(("email", MaskSpec(how="sha256")),)),
        slices=SliceSpec(rows=5000, parallel=3),
        nulls="fail",
        fresh=False,
        on_drift="freeze",
        deletes=DeleteSpec(how="reconcile", every=timedelta(days=1)),
        quality=(RuleSpec(name="known_plan", rule="plan IN ('Free', 'Premium')", severity="warn"),),
        silver=SilverSpec(valid_from="born_on"),
        loads_after=("spotify/dbo.DimArtist",),
    )


def test_what_a_table_leaves_out_comes_from_the_files_defaults_then_from_ours() -> None:
    catalog = parse_catalog({"spotify.yml": EVERYTHING})
    table = catalog.table("spotify/dbo.DimArtist")

    assert (table.schedule, table.settle) == ("0 */15 * * * *", timedelta(seconds=90))
    assert table == TableSpec(
        source=table.source,
        table="dbo.DimArtist",
        key=("artist_id",),
        cursor=CursorSpec(kind="none", column=None),
        target="bronze/spotify/dbo.DimArtist",
        schedule="0 */15 * * * *",
        settle=timedelta(seconds=90),
    )


def test_a_key_of_a_table_replaces_the_whole_default() -> None:
    text = EVERYTHING.replace("  settle: 90s", "  slices: {rows: 7, parallel: 1}").replace(
        "slices: {rows: 5000, parallel: 3}", "slices: {parallel: 4}"
    )
    first, second = parse_catalog({"a.yml": text})

    assert first.slices == SliceSpec(parallel=4)
    assert second.slices == SliceSpec(rows=7, parallel=1)


def test_a_table_takes_the_default_schedule_away_with_none() -> None:
    text = EVERYTHING.replace('schedule: "0 0 3 * * mon-fri"', "schedule: none")

    assert parse_catalog({"a.yml": text}).tables[0].schedule is None


def test_default_parallelism_never_exceeds_the_sources_connections() -> None:
    text = EVERYTHING.replace("max_connections: 6", "max_connections: 1").replace(
        "parallel: 3", "parallel: 1"
    )

    assert parse_catalog({"a.yml": text}).tables[1].slices.parallel == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("none", DeleteSpec()),
        ("{soft: is_deleted}", DeleteSpec(how="soft", column="is_deleted")),
        ("{reconcile: 12h}", DeleteSpec(how="reconcile", every=timedelta(hours=12))),
        (
            "{reconcile: 7d, compare: rows}",
            DeleteSpec(how="reconcile", every=timedelta(days=7), compare="rows"),
        ),
    ],
)
def test_each_way_to_notice_deletes_is_read(written: str, read: DeleteSpec) -> None:
    text = EVERYTHING.replace("{reconcile: 1d}", written)

    assert parse_catalog({"a.yml": text}).tables[0].deletes == read


@pytest.mark.parametrize(
    ("defaults", "written", "how"),
    [
        ("", "", "change_tracking"),
        ("", "deletes: change_tracking", "change_tracking"),
        ("", "deletes: none", "none"),
        ("  deletes: none", "", "none"),
        ("", "deletes: {reconcile: 1d}", "reconcile"),
    ],
)
def test_tracked_changes_tell_of_deletes_unless_the_file_says_otherwise(
    defaults: str, written: str, how: str
) -> None:
    text = EVERYTHING.replace("  settle: 90s", f"  settle: 90s\n{defaults}").replace(
        "watermark: {kind: none}", f"watermark: {{kind: change_tracking}}\n    {written}"
    )

    assert parse_catalog({"a.yml": text}).tables[1].deletes.how == how


@pytest.mark.parametrize(
    "watermark",
    [
        "{column: v, kind: rowversion}",
        "{kind: change_tracking}",
        "{column: id, kind: integer, assigned: database}",
        "{column: day, kind: date, clock: UTC}",
    ],
)
def test_each_kind_of_watermark_is_read(watermark: str) -> None:
    text = EVERYTHING.replace("watermark: {kind: none}", f"watermark: {watermark}")
    cursor = parse_catalog({"a.yml": text}).tables[1].cursor

    assert cursor.kind in watermark
    assert cursor.clock == "utc"


def test_a_file_within_this_version_is_read() -> None:
    assert names(parse_catalog({"a.yml": small("crm", "public.users")}).tables) == [
        "crm/public.users"
    ]


def test_a_default_target_encodes_names_that_are_unsafe_in_paths() -> None:
    text = small("'CRM 2'", "public.Größe/Net")

    assert parse_catalog({"a.yml": text}).tables[0].target == (
        "bronze/CRM~202/public.Gr~C3~B6~C3~9Fe~2FNet"
    )


def test_only_the_first_dot_parts_schema_and_table() -> None:
    table = parse_catalog({"a.yml": small("crm", "public.orders.2024")}).tables[0]

    assert (table.schema_name, table.table_name) == ("public", "orders.2024")


def test_an_alias_stands_for_the_value_of_its_anchor() -> None:
    text = EVERYTHING.replace("key: [user_id]", "key: &id [id]").replace("[artist_id]", "*id")

    assert [table.key for table in parse_catalog({"a.yml": text})] == [
        ("id",),
        ("id",),
    ]


def test_the_clock_is_a_time_zone() -> None:
    assert CursorSpec(kind="date", column="day").zone == ZoneInfo("UTC")
    assert CursorSpec(kind="date", column="day", clock="Asia/Tokyo").zone == ZoneInfo("Asia/Tokyo")


def test_specs_cannot_be_changed() -> None:
    table = parse_catalog({"a.yml": small("crm", "public.users")}).tables[0]

    with pytest.raises(FrozenInstanceError):
        table.target = "bronze/elsewhere"  # pyright: ignore[reportAttributeAccessIssue] - that is the point


def test_tables_keep_the_order_of_the_files() -> None:
    files = {"b.yml": small("b", "s.z", "s.a"), "a.yml": small("a", "s.m")}

    assert names(tuple(parse_catalog(files))) == ["b/s.z", "b/s.a", "a/s.m"]


def test_how_fresh_a_table_has_to_be_is_a_duration_or_none() -> None:
    def read(line: str) -> timedelta | None:
        text = (
            "source: {name: a, kind: sql, engine: postgresql, connection: '${A}'}\n"
            f"defaults: {{fresh_within: 30m}}\ntables:\n  - {{table: s.t, key: [id], watermark: {{kind: none}}{line}}}\n"
        )
        return parse_catalog({"a.yml": text}).tables[0].fresh_within

    assert read("") == timedelta(minutes=30)
    assert read(", fresh_within: 2h") == timedelta(hours=2)
    assert read(", fresh_within: none") is None
    with pytest.raises(CatalogInvalid, match="write 1s or more"):
        read(", fresh_within: 0s")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", timedelta(hours=1)),
        ("held_back_alert: 30m", timedelta(minutes=30)),
        ("held_back_alert: none", None),
    ],
)
def test_the_age_of_a_bound_that_is_told_of_is_a_duration_or_none(
    written: str, read: timedelta | None
) -> None:
    text = small("crm", "s.users") + (
        f"\ndefaults: {{{written}, on_empty: accept}}" if written else ""
    )
    table = parse_catalog({"a.yml": text}).tables[0]

    assert table.held_back_alert == read
    assert table.on_empty == ("accept" if written else "stop")


def test_a_debounce_is_a_duration_and_none_where_nothing_is_written() -> None:
    text = small("crm", "s.users")
    given = parse_catalog({"a.yml": f"{text}\ndefaults: {{debounce: 10s}}"})

    assert parse_catalog({"a.yml": text}).tables[0].debounce == timedelta(0)
    assert given.tables[0].debounce == timedelta(seconds=10)


def test_the_fingerprint_stays_the_same_over_releases() -> None:
    table = parse_catalog({"a.yml": EVERYTHING}).tables[0]

    # What it was before there were rules and `silver`, which change nothing of what lands.
    assert table.fingerprint == "b92eeac04d9fdac2"


def test_the_fingerprint_ignores_when_and_how_fast_a_table_loads() -> None:
    table = parse_catalog({"a.yml": EVERYTHING}).tables[0]
    other = replace(
        table,
        schedule=None,
        loads_after=(),
        source=replace(table.source, max_connections=9),
        slices=replace(table.slices, parallel=1),
        deletes=replace(table.deletes, every=timedelta(days=7), compare="rows"),
        on_empty="accept",
        held_back_alert=None,
        fresh_within=timedelta(minutes=30),
        debounce=timedelta(minutes=1),
        quality=(),
        silver=SilverSpec(),
    )

    assert other.fingerprint == table.fingerprint


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("${SPOTIFY_DB}", "${OTHER_DB}"),
        ("[user_id]", "[user_id, region]"),
        ("column: updated_at", "column: changed_at"),
        ("Europe/Berlin", "utc"),
        ("future: read", "future: stop"),
        ("bronze/crm/users", "bronze/crm/people"),
        ("settle: 5m", "settle: 6m"),
        ("[password_hash]", "[]"),
        ("rows: 5000", "rows: 5001"),
        ("nulls: fail", "nulls: ignore"),
        ("fresh: false", "fresh: true"),
        ("freeze", "add"),
        ("{reconcile: 1d}", "{soft: gone}"),
    ],
)
def test_the_fingerprint_changes_with_what_a_load_does(written: str, instead: str) -> None:
    before, after = (
        parse_catalog({"a.yml": text}).tables[0].fingerprint
        for text in (EVERYTHING, EVERYTHING.replace(written, instead))
    )

    assert before != after


def test_an_unknown_table_is_refused_with_close_names() -> None:
    catalog = parse_catalog({"a.yml": small("crm", "public.users", "public.orders")})

    with pytest.raises(UnknownTable, match=r"'crm/public.user'; did you mean crm/public.users"):
        catalog.table("crm/public.user")


def test_a_selection_loads_each_table_after_those_it_waits_for() -> None:
    files = {
        "a.yml": small("a", "s.fact after s.dim", "s.dim after b/s.base", "s.free"),
        "b.yml": small("b", "s.base"),
    }
    catalog = parse_catalog(files)

    assert [names(wave) for wave in catalog.waves()] == [
        ["a/s.free", "b/s.base"],
        ["a/s.dim"],
        ["a/s.fact"],
    ]
    assert names(catalog.select(source="a")) == ["a/s.dim", "a/s.free", "a/s.fact"]
    assert names(catalog.select()) == ["a/s.free", "b/s.base", "a/s.dim", "a/s.fact"]


def test_order_holds_across_a_table_that_is_not_selected() -> None:
    catalog = parse_catalog({"a.yml": small("a", "s.c after s.b", "s.b after s.a", "s.a")})
    chosen = catalog.select(["a/s.c", "a/s.a"])

    assert names(chosen) == ["a/s.a", "a/s.c"]
    assert [names(wave) for wave in catalog.waves(chosen)] == [["a/s.a"], ["a/s.c"]]


def test_a_table_waits_only_for_what_it_loads_after() -> None:
    catalog = parse_catalog({"a.yml": small("a", "s.c after s.b", "s.b", "s.x")})
    chosen = catalog.select(["a/s.c", "a/s.x"])

    assert [names(wave) for wave in catalog.waves(chosen)] == [["a/s.c", "a/s.x"]]


def test_a_selection_names_what_it_does_not_know() -> None:
    catalog = parse_catalog({"a.yml": small("a", "s.t"), "b.yml": small("b", "s.t")})

    with pytest.raises(UnknownSource, match=r"'c'; there are a, b"):
        catalog.select(source="c")
    with pytest.raises(UnknownTable, match=r"b/s\.t"):
        catalog.select(["b/s.t"], source="a")
    assert catalog.select([]) == ()


def test_a_folder_is_read_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(small("b", "s.t"), encoding="utf-8")
    (tmp_path / "a.yml").write_text("\ufeff" + small("a", "s.t"), encoding="utf-8")
    (tmp_path / "table.schema.json").write_text("{}", encoding="utf-8")

    assert names(read_catalog(tmp_path).tables) == ["a/s.t", "b/s.t"]


def test_a_folder_without_table_files_is_refused(tmp_path: Path) -> None:
    for folder, fault in ((tmp_path, "holds no table file"), (tmp_path / "x", "is not a folder")):
        with pytest.raises(CatalogInvalid, match=fault):
            read_catalog(folder)


def test_a_file_that_would_be_passed_over_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(small("a", "s.t"), encoding="utf-8")
    (tmp_path / "b.yml").write_bytes(b"source:\n  name: caf\xe9\n")

    with pytest.raises(CatalogInvalid) as caught:
        read_catalog(tmp_path)
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml: is not read; rename it to end in .yml",
        "b.yml:2: is not UTF-8 text; save the file as UTF-8",
    ]

"""Puts what a file says, once it is checked, into specs."""

from shared.catalog import grammar as g
from shared.catalog import silver_grammar as v
from shared.catalog import source_grammar as s
from shared.catalog.agreement import Entry
from shared.catalog.column_spec import ColumnSpec
from shared.catalog.columns_grammar import EXCLUDE, INCLUDE, MASK
from shared.catalog.files_grammar import FILES, LOCATION, assemble_files
from shared.catalog.rest_assembly import assemble_rest_source, assemble_rest_table
from shared.catalog.section import Fields
from shared.catalog.spec import (
    CursorSpec,
    DeleteSpec,
    RuleSpec,
    SilverSpec,
    SliceSpec,
    SourceSpec,
    TableSpec,
)


def assemble_source(fields: Fields) -> SourceSpec:
    """Give the source that a checked file describes."""
    return SourceSpec(
        name=fields[s.NAME],
        kind=fields[s.SOURCE_KIND],
        engine=fields[s.ENGINE],
        # Only sql has one: files lie in the lake, and a REST interface has an address.
        connection=fields[s.CONNECTION] or "",
        max_connections=fields[s.MAX_CONNECTIONS],
        server=fields[s.SERVER],
        database=fields[s.DATABASE],
        isolation=fields[s.ISOLATION],
        location=fields[LOCATION],
        rest=assemble_rest_source(fields),
        mask_key=fields[s.MASK_KEY],
    )


def assemble_table(entry: Entry, source: SourceSpec) -> TableSpec:
    """Give the table that a checked entry describes."""
    fields = entry.table
    return TableSpec(
        source=source,
        table=fields[g.TABLE],
        key=fields[g.KEY],
        cursor=_assemble_cursor(fields[g.WATERMARK]),
        target=entry.target,
        schedule=fields[g.SCHEDULE],
        debounce=fields[g.DEBOUNCE],
        settle=fields[g.SETTLE],
        columns=_assemble_columns(fields[g.COLUMNS]),
        slices=_assemble_slices(fields[g.SLICES], source),
        nulls=fields[g.NULLS],
        on_empty=fields[g.ON_EMPTY],
        held_back_alert=fields[g.HELD_BACK_ALERT],
        fresh_within=fields[g.FRESH_WITHIN],
        fresh=fields[g.FRESH],
        on_drift=fields[g.ON_DRIFT],
        deletes=_assemble_deletes(fields),
        receipt=fields[g.RECEIPT],
        max_value_bytes=fields[g.MAX_VALUE_BYTES],
        quality=tuple(_assemble_rule(rule) for rule in fields[v.QUALITY]),
        loads_after=entry.loads_after,
        query=fields[g.QUERY],
        silver=SilverSpec(valid_from=fields[v.SILVER][v.VALID_FROM]),
        files=assemble_files(fields[FILES]),
        rest=assemble_rest_table(fields[g.REST]),
    )


def _assemble_columns(fields: Fields) -> ColumnSpec:
    return ColumnSpec(exclude=fields[EXCLUDE], mask=fields[MASK], include=fields[INCLUDE])


def _assemble_cursor(fields: Fields) -> CursorSpec:
    return CursorSpec(
        kind=fields[g.CURSOR_KIND],
        column=fields[g.COLUMN],
        clock=fields[g.CLOCK],
        assigned=fields[g.ASSIGNED],
        future=fields[g.FUTURE],
        start=fields[g.START],
    )


def _assemble_deletes(fields: Fields) -> DeleteSpec:
    """Take what is written; a table whose changes are tracked tells of its deletes unless that says no."""
    tracked = fields[g.WATERMARK][g.CURSOR_KIND] == "change_tracking"
    if tracked and not fields.says(g.DELETES):
        return DeleteSpec(how="change_tracking")
    return fields[g.DELETES]


def _assemble_slices(fields: Fields, source: SourceSpec) -> SliceSpec:
    # Only the default is capped: a written number beyond max_connections is refused before.
    return SliceSpec(rows=fields[g.ROWS], parallel=min(fields[g.PARALLEL], source.max_connections))


def _assemble_rule(fields: Fields) -> RuleSpec:
    return RuleSpec(name=fields[v.RULE_NAME], rule=fields[v.RULE], severity=fields[v.SEVERITY])

"""What has to hold for the columns that a table leaves out, takes alone, or masks."""

from collections.abc import Callable
from contextlib import suppress

from shared.catalog import grammar as g
from shared.catalog import silver_grammar as v
from shared.catalog import source_grammar as s
from shared.catalog.columns_grammar import EXCLUDE, INCLUDE, MASK
from shared.catalog.place import Unread
from shared.catalog.section import Fields
from shared.catalog.spec import FOLDING_ENGINES

_KEY = "a key column"


def needed_columns(table: Fields) -> dict[str, str]:
    """Give each column that a load cannot do without, and what it is needed as."""
    needed: dict[str, str] = {}
    with suppress(Unread):
        needed |= dict.fromkeys(table[g.KEY], _KEY)
    with suppress(Unread):
        if column := table[g.DELETES].column:
            needed[column] = "the soft delete column"
    with suppress(Unread):
        if column := table[v.SILVER][v.VALID_FROM]:
            needed[column] = "the column that values hold from"
    with suppress(Unread):
        if column := table[g.WATERMARK][g.COLUMN]:
            needed[column] = "the cursor column"
    return needed


def _same(source: Fields) -> Callable[[str], str]:
    """Give what is equal for two names that the engine takes for one."""
    return str.casefold if source[s.ENGINE] in FOLDING_ENGINES else str


def _needed_columns_are_read(table: Fields, source: Fields) -> None:
    same, columns = _same(source), table[g.COLUMNS]
    needed = {same(name): what for name, what in needed_columns(table).items()}
    for number, column in enumerate(columns[EXCLUDE]):
        if what := needed.get(same(column)):
            columns.at(EXCLUDE).item(number).report(
                f'"{column}" is {what} and has to be read; take it off the list'
            )


def _needed_columns_are_included(table: Fields, source: Fields) -> None:
    same, columns = _same(source), table[g.COLUMNS]
    included = {same(name) for name in columns[INCLUDE]}
    if not included:
        return
    if columns[EXCLUDE]:
        columns.at(EXCLUDE).report(
            "does not go with include, which names all that is read; keep one of the two"
        )
    needed = {name: f"is {what} and has to be read" for name, what in needed_columns(table).items()}
    needed |= {name: "is masked" for name, _ in columns[MASK] if name not in needed}
    for name, why in needed.items():
        if same(name) not in included:
            columns.at(INCLUDE).report(f'"{name}" {why}; put it on the list')


def _needed_columns_are_plain(table: Fields, source: Fields) -> None:
    """A key may be hashed, as equal values stay equal and others differ; what is compared by size may not."""
    same, columns = _same(source), table[g.COLUMNS]
    needed = {same(name): what for name, what in needed_columns(table).items()}
    for column, mask in columns[MASK]:
        what, at = needed.get(same(column)), columns.at(MASK).key(column)
        if what == _KEY and mask.how != "sha256":
            at.report(
                f'"{column}" is a key column: rows that differ would get one key; '
                "mask it by sha256 or not at all"
            )
        elif what == _KEY and _reconciles(table):
            at.report(
                f'"{column}" is a key column, and a hashed key cannot be compared with the source\'s; '
                "do not mask it, or take `deletes: {reconcile: ...}` away"
            )
        elif what is not None and what != _KEY:
            at.report(f'"{column}" is {what} and has to be read as it is; do not mask it')


def _reconciles(table: Fields) -> bool:
    with suppress(Unread):
        return table[g.DELETES].how == "reconcile"
    return False


def _masked_columns_are_read(table: Fields, source: Fields) -> None:
    same, columns = _same(source), table[g.COLUMNS]
    excluded = {same(name) for name in columns[EXCLUDE]}
    seen: set[str] = set()
    for column, _ in columns[MASK]:
        at = columns.at(MASK).key(column)
        if same(column) in excluded:
            at.report(f'"{column}" is excluded as well; keep one of the two')
        if same(column) in seen:
            at.report(f'"{column}" is masked already in another spelling; keep one of the two')
        seen.add(same(column))


def _kind_can_mask(table: Fields, source: Fields) -> None:
    """What a line or a record holds in the clear is set aside as it came, where it is malformed."""
    kind, columns = source[s.SOURCE_KIND], table[g.COLUMNS]
    written = {MASK: bool(columns[MASK]), INCLUDE: bool(columns[INCLUDE])}
    for key, used in written.items():
        if kind != "sql" and used:
            columns.at(key).report(f"not available in this version: {key.name} for kind {kind}")


COLUMN_RULES: tuple[Callable[[Fields, Fields], None], ...] = (
    _needed_columns_are_read,
    _needed_columns_are_included,
    _needed_columns_are_plain,
    _masked_columns_are_read,
    _kind_can_mask,
)

"""What can go wrong with a load, by cause. The docstring of a class is the remedy a user is told."""

from __future__ import annotations

from dataclasses import dataclass

from shared.loading.redaction import redact_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as data: what history, ledger, API and alerts carry. Never holds a secret."""

    type: str
    message: str
    remedy: str


class IngestError(Exception):
    """Look at the run's steps; the message names what failed."""

    @property
    def failure(self) -> Failure:
        """This error as data, with the remedy taken from the class."""
        remedy = " ".join((type(self).__doc__ or "").split())
        return Failure(type=type(self).__name__, message=redact_text(str(self)), remedy=remedy)


class TransientError(IngestError):
    """Nothing to do: the step is tried again with growing pauses."""


class PermanentError(IngestError):
    """Trying again would get the same answer: repair the cause, then rerun."""


class ConflictError(IngestError):
    """Another load got there first: nothing was published; rerun if the table is still behind."""


class SourceUnavailable(TransientError):
    """The source does not answer. Check its address and that it is up; the load tries again."""


class SourceThrottled(TransientError):
    """The source is busy or at its connection limit; the load tries again."""

    def __init__(self, message: str, pause_seconds: int = 0) -> None:
        super().__init__(message)
        # How long the source asks to be left alone; the step's own pauses are shorter.
        self.pause_seconds = pause_seconds


class PagesShifted(TransientError):
    """Records moved from page to page faster than they could be read, so that some may have been missed; nothing was landed and the load tries again. Let the source sort by what never changes (`rest: {params: {sort: id}}`), or load when it is quiet."""


class ConnectionSlotsTaken(TransientError):
    """All connections that `max_connections` allows are in use; the load waits for one."""


class LakeUnavailable(TransientError):
    """The data lake does not answer; the load tries again."""


class StateUnavailable(TransientError):
    """Table Storage does not answer; the load tries again."""


class CredentialRejected(PermanentError):
    """Repair what the message names (for a source the setting that `connection` names), then rerun."""


class CatalogBroken(PermanentError):
    """Repair the table files as the message says (`tidemark validate` shows the same); then rerun."""


class TableUnknown(PermanentError):
    """Put the table back into the table files, or order the loads of others."""


class TableMissing(PermanentError):
    """Create the table, repair `table`, or grant SELECT to the login; then rerun."""


class ColumnMissing(PermanentError):
    """Put the column back, or change `key` or `watermark` in the table's YAML; then rerun."""


class TypeUnsupported(PermanentError):
    """Exclude the column with `columns: {exclude: [...]}`, or cast it in a view at the source."""


class MaskKeyMissing(PermanentError):
    """Set the app setting that the message names (`source: {mask_key: ${NAME}}`) to a random text of at least 32 characters, and keep it: with another key all hashes change. Nothing was read."""


class MaskUnfit(PermanentError):
    """Mask the column in another way (`sha256` and `redact` fit every type), or exclude it."""


class ValueUnsupported(PermanentError):
    """The value cannot be landed exactly. Correct it at the source, or exclude the column."""


class ValueTooLarge(PermanentError):
    """Shorten the value at the source, exclude the column, or raise `max_value_bytes` where the worker has the memory: some eight times as much for each slice that is read at once."""


class SchemaDrifted(PermanentError):
    """Undo the change, or accept it as the message says: order an initial or snapshot load, list a column that is gone or changed under `columns: {exclude: [...]}`, or write `on_drift: add` for new ones. A change during a load needs only a new order."""


class CursorUnsound(PermanentError):
    """Choose a column of the declared `watermark.kind` that only grows when a row changes."""


class FutureCursor(PermanentError):
    """Correct the rows, declare the column's `clock`, or set `watermark: {future: read}` to load them with every run."""


class WatermarkAhead(PermanentError):
    """The source stands before what is loaded (restored, reseeded, newest rows deleted, or clock changed). Check it, then order an initial load of the table."""


class SourceReplaced(PermanentError):
    """The table or its server is not the one that was loaded last. Find out what it holds: reconcile the table with `compare: rows` or order an initial load; or set the watermark by hand to where both agree."""


class TrackingExpired(PermanentError):
    """The source has not kept all changes since the last load, so that nobody can say what they were. Load the table anew: order an initial load (mode `initial`), then a reconciliation, which finds the rows that were deleted meanwhile. If changes were cleaned up, let the database keep them for longer than loads may pause (`CHANGE_RETENTION`)."""


class TrackingUnavailable(PermanentError):
    """Let the source track the table's changes and the login see them, as the message says; then rerun. Or choose another `watermark` for the table."""


class SourceEmptied(PermanentError):
    """Find out why the table holds no row. If that is as it should be, set `on_empty: accept`; a reconciliation then tells the lake which rows are gone."""


class WatermarkForeign(PermanentError):
    """The cursor column is not of the type that the watermark was written for. Order an initial load of the table; nothing is skipped by it."""


class ClockUnknown(PermanentError):
    """Set the clocks of the source's server and of the worker right: the zone of the one is told by the other."""


class SnapshotUnavailable(PermanentError):
    """Let the source give one state of a table to each reader, as the message says; or set `source: {isolation: serializable}`, which makes writers wait."""


class NullCursor(PermanentError):
    """Fill the cursor column, or set `nulls: include` or `nulls: ignore`."""


class KeyUnsound(PermanentError):
    """Name columns in `key` that are never NULL and together differ in every row; then rerun."""


class CompareUnsupported(PermanentError):
    """Reconcile with `compare: keys`: this source cannot hash its rows as Tidemark does."""


class QueryUnsound(PermanentError):
    """Write one SELECT under the table's `query`, as the message says, or make a view of it at the source; then rerun."""


class QueryRefused(PermanentError):
    """The source refused the statement. Read its message; repair the table's YAML or the login's rights."""


class AddressRefused(PermanentError):
    """The source leads to another host, port or scheme, where requests and their secrets must not go. If it has moved, correct `base_url`; then rerun."""


class AnswerUnreadable(PermanentError):
    """What the source answers is not what `rest` in the table's YAML says. Correct `records` and the other paths there, or the source; then rerun."""


class PaginationUnsound(PermanentError):
    """The pages do not lead to an end, so that what was read proves nothing. Correct `rest: {pagination: ...}` in the table's YAML as the message says; then rerun."""


class DateMissing(PermanentError):
    """The source does not tell its time (`Date` in its answers), so that nothing says up to when it is loaded. Write `watermark: {kind: none}` for full snapshots, or let whatever removes the header keep it."""


class ReceiptBroken(PermanentError):
    """What was landed is not what was read; nothing was published. Rerun; if it happens again, report it with the run id."""


class ContractBroken(PermanentError):
    """Correct the rows at the source, or the rule under `quality` in the table's YAML; then rerun, and everything is read anew. Nothing was published."""


class RuleRefused(PermanentError):
    """Write the rule in the part of Spark's SQL that is judged at landing (see the page on silver, `tidemark validate` finds most), over columns that the table has; then rerun."""


class PlanUnreadable(PermanentError):
    """A file of the run's staging folder is missing or damaged. Order a new load of the table."""


class BadOrder(PermanentError):
    """Correct the order as the message says; nothing was done."""


class TurnLost(ConflictError):
    """The table's turn has passed to another run while this one was working; nothing was published."""


class WatermarkMoved(ConflictError):
    """The watermark was changed by somebody else during the load; nothing was advanced."""


class RunTaken(ConflictError):
    """A folder in bronze never changes. Order a new load of the table; report the run id."""


class Unexpected(PermanentError):
    """A fault in Tidemark itself. Report it with the run id; the log has the traceback."""

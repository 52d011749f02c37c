"""Turns the pages of a read into batches, and says at its end what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from shared.adapters.rest.columns import REST, Filling
from shared.adapters.rest.parameters import SpanFilter
from shared.adapters.rest.walking import Page, Walk
from shared.extraction.source import Notes

# Pages are gathered to batches of so many records.
_BATCH_RECORDS = 2_000


@dataclass(slots=True, kw_only=True)
class PageReading:
    """The rows of one read. `span` leaves out what was asked for only to be sure; None: nothing."""

    walk: Walk
    pages: Iterator[Page]
    filling: Filling
    span: SpanFilter | None
    undated: bool

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows, in the order in which they came."""
        held: list[Page] = []
        records = 0
        for page in self.pages:
            held.append(page)
            records += len(page.records)
            if records >= _BATCH_RECORDS:
                yield from self._fill(held)
                held, records = [], 0
        yield from self._fill(held)

    def notes(self) -> Notes:
        """Say how many pages there were, and what they held that was not planned."""
        findings: list[str] = []
        if self.filling.unknown:
            names = ", ".join(sorted(self.filling.unknown)[:20])
            findings.append(
                f"fields that are no columns yet landed in {REST}: {names}; a load that finds them in "
                "its sample makes them columns, or declare them under `rest: {types: ...}`"
            )
        if self.undated:
            findings.append("the source does not tell its time: _read_at is that of the worker")
        return Notes(pages=self.walk.pages, findings=tuple(findings))

    def _fill(self, pages: list[Page]) -> Iterator[pa.RecordBatch]:
        batch = self.filling.fill(pages)
        batch = batch if self.span is None else self.span.keep(batch)
        if batch.num_rows:
            yield batch

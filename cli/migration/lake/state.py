"""Reduces row images to the current state: of each key the last image, unless it is a delete."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cli.migration.lake.casting import FIRST, SECOND, THERE

_RANK, _KNOWN = "_rank", "_known"
_OWN = {FIRST, SECOND, THERE, _KNOWN}


def find_state(images: pa.Table, key: Sequence[str], cursor: str | None) -> pa.Table:
    """Give the rows that are there, one for each key.

    The image of the later file or run is the last one; within one file, that with the greatest
    `cursor`, and after it that further down. NULL comes before every value.
    """
    later = [FIRST, SECOND]
    if cursor is not None:
        images = images.append_column(_KNOWN, images[cursor].is_valid())
        later += [_KNOWN, cursor]
    order = pc.sort_indices(images, sort_keys=[(column, "ascending") for column in later])
    # Numbered in the order of the images, so that the highest number is a key's last.
    ranked = images.select(list(key)).take(order).append_column(_RANK, number_rows(len(order)))
    last = ranked.group_by(list(key)).aggregate([(_RANK, "max")])[f"{_RANK}_max"]
    rows = images.take(pa.chunked_array([order]).take(last))
    own = [column for column in rows.column_names if column in _OWN]
    return rows.filter(rows[THERE]).drop_columns(own)


def number_rows(rows: int) -> pa.Array:
    """Number rows from 0."""
    return pa.arange(0, rows)

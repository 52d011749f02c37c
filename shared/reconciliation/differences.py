"""The join: of one partition, which rows are missing in the lake, differ there, or are there in vain."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shared.loading.errors import KeyUnsound
from shared.reconciliation.keys import key_column

# Beside the key: what says of a row image of the lake whether it is the last, and whether it is there.
RUN_NO, READ_AT, THERE = "_run_no", "_read_at", "tidemark:there"
# Beside the key: whether a row of the source is one that loads leave out, and whether it is marked deleted.
LEFT_OUT, GONE = "tidemark:left out", "tidemark:gone"
# On both sides, where rows are compared: the hash of the columns that are not of the key.
HASH = "tidemark:hash"

IMAGE_FIELDS = (
    pa.field(RUN_NO, pa.int64()),
    pa.field(READ_AT, pa.timestamp("us", "UTC")),
    pa.field(THERE, pa.bool_()),
)
ROW_FIELDS = (pa.field(LEFT_OUT, pa.bool_()), pa.field(GONE, pa.bool_()))
HASH_FIELD = pa.field(HASH, pa.binary())


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Keys, and where rows are compared their hashes: of the source for missing and changed rows."""

    missing: pa.RecordBatch
    changed: pa.RecordBatch
    deleted: pa.RecordBatch


def find_differences(
    images: pa.RecordBatch, rows: pa.RecordBatch, key: tuple[str, ...]
) -> Differences:
    """Compare all images that the lake has of some keys with the rows that the source has of them.

    The last image of a key is the one with the greatest (`_run_no`, `_read_at`). A row that loads
    leave out on purpose is not missing, but one that the lake has is kept as the source has it. A
    row that is marked deleted is not there. An image without a hash differs from every row.

    Raises:
        KeyUnsound: two rows of the source have one key.
    """
    names = list(key)
    wanted = [*names, HASH] if HASH in rows.schema.names else names
    of_rows = key_column(rows.select(names))
    if len(pc.unique(of_rows)) != len(of_rows):
        raise KeyUnsound(f"several rows of the source have the same {', '.join(key)}")
    current = _current(images, key)
    live = rows.filter(pc.invert(rows.column(GONE)))
    of_live, of_current = key_column(live.select(names)), key_column(current.select(names))
    at = pc.index_in(of_live, value_set=of_current)
    found = pc.is_valid(at)
    missing = pc.and_not(pc.invert(found), live.column(LEFT_OUT))
    return Differences(
        missing=live.filter(missing).select(wanted),
        changed=_changed(live.filter(found), current.take(at.drop_null())).select(wanted),
        deleted=current.filter(pc.invert(pc.is_in(of_current, value_set=of_live))).select(wanted),
    )


def _current(images: pa.RecordBatch, key: tuple[str, ...]) -> pa.RecordBatch:
    """Give the last image of each key, of the keys whose last image is no delete."""
    order = pc.sort_indices(images, sort_keys=[(RUN_NO, "ascending"), (READ_AT, "ascending")])
    keys = key_column(images.select(list(key))).take(order)
    # Numbered in the order of their images, so that the highest number is a key's last.
    ranked = pa.table({"key": keys, "rank": pa.array(range(len(order)), pa.int64())})
    last = ranked.group_by("key", use_threads=False).aggregate([("rank", "max")])["rank_max"]
    latest = images.take(order.take(last.combine_chunks()))
    return latest.filter(latest.column(THERE))


def _changed(rows: pa.RecordBatch, images: pa.RecordBatch) -> pa.RecordBatch:
    """Give the rows whose image, at the same place, has another hash or none."""
    if HASH not in rows.schema.names:
        return rows.slice(0, 0)
    same = pc.equal(rows.column(HASH), images.column(HASH))
    return rows.filter(pc.invert(pc.fill_null(same, False)))  # noqa: FBT003 - Arrow takes it by position only

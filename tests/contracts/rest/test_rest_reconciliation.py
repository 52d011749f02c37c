"""All records are read for a comparison; of a key the last counts, and what moved past once is no delete."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from rest_rig import Rig, collection, item

from local.rest_api import Asked
from shared.landing.overlap import digest_rows
from shared.landing.row_hash import hash_rows
from shared.loading.span import Span

Serve = Callable[..., Rig]
COMPARED = ("name", "updated_at")


def scan(rig: Rig, columns: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give what was scanned, and the whole rows of the keys 2 and 77."""
    with (
        rig.session(columns) as session,
        session.scan(rig.spec, Span(), columns=("id",), hashed=COMPARED) as found,
    ):
        scanned = [row for batch in found.batches for row in batch.to_pylist()]
        wanted = next(iter(found.find(keys_of(found.schema))), None)
        return scanned, [] if wanted is None else wanted.to_pylist()


def keys_of(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([2, 77], schema.field("id").type)], names=["id"])


@pytest.mark.parametrize("way", ["offset", "page", "cursor", "next_url"])
def test_every_record_is_scanned_once_with_the_hash_of_what_is_compared(
    serve: Serve, way: str
) -> None:
    rig = serve(95, way)
    columns = rig.columns()
    scanned, found = scan(rig, columns)

    assert sorted(row["id"] for row in scanned) == list(range(1, 96))
    assert {row["id"] for row in found} == {2, 77}
    with rig.session(columns) as session, session.read(rig.spec, Span()) as reading:
        for batch in reading.batches:
            hashes = dict(
                zip(
                    batch.column("id").to_pylist(),
                    hash_rows(batch.select(list(COMPARED))),
                    strict=True,
                )
            )
            assert {row["id"]: row["tidemark:hash"] for row in scanned} == hashes
            assert digest_rows(batch.select(["id"]))


def test_a_record_that_moves_past_the_reader_is_not_taken_for_deleted(serve: Serve) -> None:
    # The newest first: what changes while it is unread moves to where was read already.
    rig = serve(collection(95, order=lambda r: [-ord(c) for c in r["updated_at"]]))
    columns = rig.columns()
    before = len(rig.api.asked)

    def change(asked: Asked) -> None:
        if asked.number == before + 3:
            rig.api.collection.put(item(2, name="moved", updated_at="2027-01-01T00:00:00Z"))

    rig.api.meddle = change
    scanned, found = scan(rig, columns)

    assert sorted(row["id"] for row in scanned) == list(range(1, 96))
    assert [row["name"] for row in found if row["id"] == 2] == ["moved"]

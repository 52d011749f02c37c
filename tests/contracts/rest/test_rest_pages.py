"""Every way of paging gives every record once, also while records move from page to page."""

from collections.abc import Callable

import pytest
from rest_rig import WAYS, Rig, collection, item

from local.rest_api import Asked, Fault
from shared.loading.errors import PagesShifted, PaginationUnsound

Serve = Callable[..., Rig]
GUARDED = ("offset", "page", "page-twice", "offset-twice")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("records", [0, 1, 10, 11, 20, 95, 240])
def test_each_way_of_paging_gives_every_record_once(serve: Serve, way: str, records: int) -> None:
    read = serve(records, way).read()

    assert read.ids == list(range(1, records + 1))
    assert read.notes.pages >= 1


@pytest.mark.parametrize("way", GUARDED)
@pytest.mark.parametrize("at", [2, 3, 4, 5])
def test_records_deleted_on_earlier_pages_hide_no_other(serve: Serve, way: str, at: int) -> None:
    rig = serve(230, way)
    columns = rig.columns()
    before = len(rig.api.asked)

    def delete(asked: Asked) -> None:
        if asked.number == before + at:
            rig.api.collection.delete(1, 2, 3, 5, 8, 13)

    rig.api.meddle = delete
    read = rig.read(known=columns)

    assert set(rig.api.collection.records) <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


@pytest.mark.parametrize("way", GUARDED)
def test_records_that_move_behind_when_they_change_hide_no_other(serve: Serve, way: str) -> None:
    rig = serve(collection(230, order=lambda r: (r["updated_at"], r["id"])), way)
    columns = rig.columns()
    before = len(rig.api.asked)
    untouched = set(range(40, 231))

    def change(asked: Asked) -> None:
        at = asked.number - before
        if 2 <= at <= 5:
            rig.api.collection.put(
                *(item(n, updated_at=f"2027-01-01T00:00:{at:02d}Z") for n in range(at, 36, 4))
            )

    rig.api.meddle = change
    read = rig.read(known=columns)

    assert untouched <= set(read.ids)
    # What was read twice, in two versions, comes in the order in which it was read.
    last = {row["id"]: row["name"] for row in read.rows}
    assert set(last) == set(range(1, 231))


def test_a_shrinking_collection_is_read_from_where_the_place_is_found_again(serve: Serve) -> None:
    rig = serve(500)
    columns = rig.columns()
    before = len(rig.api.asked)

    def shrink(asked: Asked) -> None:
        if asked.number == before + 40:
            rig.api.collection.delete(*range(1, 300))

    rig.api.meddle = shrink
    read = rig.read(known=columns)

    assert set(range(300, 501)) <= set(read.ids)


@pytest.mark.parametrize("way", ["cursor", "last", "link", "next_url"])
def test_a_page_that_comes_again_and_again_is_no_endless_read(serve: Serve, way: str) -> None:
    rig = serve(95, way)
    columns = rig.columns()

    def repeat(asked: Asked) -> None:
        # The server forgets where it was asked to go on.
        asked.query.pop("cursor", None)
        asked.query["page"] = "1"

    rig.api.meddle = repeat
    with pytest.raises(PaginationUnsound):
        rig.read(known=columns)
    assert len(rig.api.asked) < 30


def test_an_offset_that_is_not_heeded_is_no_end(serve: Serve) -> None:
    rig = serve(95)
    columns = rig.columns()

    def ignore(asked: Asked) -> None:
        asked.query["offset"] = "0"

    rig.api.meddle = ignore
    with pytest.raises(PaginationUnsound):
        rig.read(known=columns)


@pytest.mark.parametrize(("asked_for", "given"), [("5", "5"), ("50", "50")])
def test_a_page_size_that_is_not_heeded_is_told(serve: Serve, asked_for: str, given: str) -> None:
    rig = serve(95, "page")
    columns = rig.columns()

    def ignore(asked: Asked) -> None:
        asked.query["per_page"] = given

    rig.api.meddle = ignore
    with pytest.raises(PaginationUnsound):
        rig.read(known=columns)


def test_a_source_that_gives_less_than_it_is_asked_for_is_read_by_offset(serve: Serve) -> None:
    rig = serve(95)
    rig.api.most = 4

    assert rig.read().ids == list(range(1, 96))


def test_passes_that_never_agree_are_tried_again_later(serve: Serve) -> None:
    rig = serve(150, "page-twice")
    columns = rig.columns()
    numbers = iter(range(1000, 2000))

    def grow(asked: Asked) -> None:
        rig.api.collection.put(item(next(numbers)))

    rig.api.meddle = grow
    with pytest.raises(PagesShifted):
        rig.read(known=columns)


def test_fewer_records_than_the_source_counts_are_not_taken_for_whole(serve: Serve) -> None:
    rig = serve(95, "cursor", {"total": ("meta", "total")})
    columns = rig.columns()

    def hide(asked: Asked) -> None:
        if asked.query.get("cursor") == "50":
            asked.query["cursor"] = "53"

    rig.api.meddle = hide
    with pytest.raises(PagesShifted, match="92 records came and the source counts 95"):
        rig.read(known=columns)


def test_a_read_has_a_most_of_pages(serve: Serve) -> None:
    with pytest.raises(PaginationUnsound, match="more than 5 pages"):
        serve(95, "cursor", {"most_pages": 5}).read()


def test_a_page_behind_the_last_may_not_be_there(serve: Serve) -> None:
    rig = serve(150, "page-twice")

    rig.api.meddle = lambda asked: Fault(status=404) if int(asked.query["page"]) > 2 else None
    assert rig.read().ids == list(range(1, 151))

"""Which groups of an aggregate changes concern: those of changed rows, and those that name a changed member."""

from collections.abc import Sequence

import pytest
from gold_rig import Gold, Silver, at, small, spotify, stream, track

from lakehouse.delta import Lake
from lakehouse.gold import aggregates, parts

TRACKS, STREAMS = "spotify/dbo.DimTrack", "spotify/dbo.FactStream"
WEEKLY = "most_streamed_tracks_per_week"


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[tuple[object, ...]]]:
    """What was computed in groups, and which."""
    computed: list[Sequence[tuple[object, ...]]] = []
    in_groups = parts.in_groups

    def remembered(rows: object, table: object, groups: Sequence[tuple[object, ...]]) -> object:
        computed.append(groups)
        return in_groups(rows, table, groups)  # pyright: ignore[reportArgumentType] - passed on

    monkeypatch.setattr(parts, "in_groups", remembered)
    return computed


@pytest.mark.usefixtures("spark")
def test_a_member_that_is_looked_up_concerns_the_groups_that_name_it_and_no_other(
    lake: Lake, groups: list[Sequence[tuple[object, ...]]]
) -> None:
    silver = Silver(lake=lake)
    gold = Gold(lake=lake, model=small(spotify(), "fact_stream", WEEKLY))
    for number in range(1, 5):
        silver.put(TRACKS, track(number, at(0), track_name=f"t{number}"))
        # A week each, from the first Monday on; the first track is streamed in the last week too.
        silver.put(STREAMS, stream(number, at(7 * number), track_id=number))
    silver.put(STREAMS, stream(5, at(28), track_id=1))
    gold.refresh(silver.hand_over())
    silver.put(TRACKS, track(1, at(40), track_name="new"))
    done = gold.refresh(silver.hand_over())[WEEKLY]
    assert (done.whole, done.written) == (False, 2)
    weeks = {row[0] for found in groups for row in found}
    assert weeks == {at(7).date(), at(28).date()}
    names = {(row["week_start"], row["track_id"]): row["track_name"] for row in gold.rows(WEEKLY)}
    assert names == {
        (at(7).date(), 1): "new",
        (at(14).date(), 2): "t2",
        (at(21).date(), 3): "t3",
        (at(28).date(), 4): "t4",
        (at(28).date(), 1): "new",
    }


@pytest.mark.usefixtures("spark")
def test_groups_that_a_first_look_at_some_rows_does_not_see_are_refreshed_too(
    lake: Lake, groups: list[Sequence[tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "_SOME_ROWS", 1)
    silver = Silver(lake=lake)
    gold = Gold(lake=lake, model=small(spotify(), "fact_stream", WEEKLY))
    for number in range(1, 5):
        silver.put(STREAMS, stream(number, at(7 * number), track_id=1))
    gold.refresh(silver.hand_over())
    for number in (5, 6):
        silver.put(STREAMS, stream(number, at(7 * (number - 4)), track_id=1))
    gold.refresh(silver.hand_over())
    assert {row[0] for found in groups for row in found} == {at(7).date(), at(14).date()}
    streams = {row["week_start"]: row["streams"] for row in gold.rows(WEEKLY)}
    assert streams == {at(7 * week).date(): 2 if week < 3 else 1 for week in range(1, 5)}

"""Of the facts of a member that changed, those are looked up anew at whose time another version may hold."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from gold_rig import Gold, Row, Silver, artist, at, small, spotify, stream, track, user
from mortal_lakes import DyingLake, ProcessDied
from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.gold import parts
from lakehouse.gold.build import build_gold

USERS, ARTISTS = "spotify/dbo.DimUser", "spotify/dbo.DimArtist"
TRACKS, STREAMS = "spotify/dbo.DimTrack", "spotify/dbo.FactStream"
READ = at(200)
ALL = [10, 20, 30, 40]
"""The days of the four streams of listener 1 and track 1, which are their numbers too."""

LATER = {
    "a version that begins": ([(USERS, user(1, at(25), country="Canada"))], [30, 40]),
    "a version that begins with a stream": ([(USERS, user(1, at(30), country="Peru"))], [30, 40]),
    "a version that begins earlier": ([(USERS, user(1, at(12), country="Chile"))], [20, 30, 40]),
    "another text in the first version": ([(USERS, user(1, at(0), country="Chile"))], ALL),
    "a deletion": ([(USERS, {**user(1, at(35)), "_op": "delete"})], [40]),
    "the artist of the track": ([(ARTISTS, artist(1, at(25), genre="Dub"))], [30, 40]),
    "listener and track, each at a time of its own": (
        [(USERS, user(1, at(35), country="Peru")), (TRACKS, track(1, at(25), track_name="t"))],
        [30, 40],
    ),
    "a member that was unknown": ([(ARTISTS, artist(2, at(35)))], []),
    "nothing that is kept": ([(USERS, user(1, at(25)))], []),
}

SHORT = {"listener and track, each at a time of its own"}


@pytest.fixture
def silver(lake: Lake) -> Silver:
    made = Silver(lake=lake)
    made.put(USERS, user(1, at(0)), user(2, at(0)), read=READ)
    made.put(ARTISTS, artist(1, at(0)), read=READ)
    made.put(TRACKS, track(1, at(0)), track(2, at(0), artist_id=9), read=READ)
    others = [stream(day + 1, at(day), user_id=2, track_id=2) for day in ALL]
    made.put(STREAMS, *(stream(day, at(day)) for day in ALL), *others, read=READ)
    return made


@pytest.fixture
def gold(lake: Lake) -> Gold:
    return Gold(lake=lake, model=small(spotify(), "fact_stream", "daily_activity"))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The streams that each refresh looked up anew."""
    found: list[list[int]] = []
    affected_rows = parts.affected_rows

    def remembered(*given: object, **named: object) -> DataFrame:
        rows = affected_rows(*given, **named)  # pyright: ignore[reportArgumentType] - passed on
        found.append(sorted(row[0] for row in rows.select("stream_id").collect()))
        return rows

    monkeypatch.setattr(parts, "affected_rows", remembered)
    return found


@pytest.mark.parametrize(
    "change",
    [each if each in SHORT else pytest.param(each, marks=pytest.mark.long) for each in LATER],
)
def test_streams_are_looked_up_from_the_time_on_from_which_a_member_is_another(
    silver: Silver, gold: Gold, looked_up: list[list[int]], change: str
) -> None:
    gold.refresh(silver.hand_over())
    changes, streams = LATER[change]
    for table, row in changes:
        silver.put(table, row, read=at(201))
    gold.refresh(silver.hand_over())
    assert [number for found in looked_up for number in found] == streams
    assert gold.all_rows() == _whole(gold, silver)


@pytest.mark.long
def test_a_version_that_is_corrected_concerns_the_streams_from_the_earlier_time_on(
    silver: Silver, gold: Gold, looked_up: list[list[int]]
) -> None:
    silver.put(USERS, user(1, at(35), country="Peru"), read=at(201))
    gold.refresh(silver.hand_over())
    silver.put(USERS, user(1, at(15), country="Peru"), read=at(202))
    gold.refresh(silver.hand_over())
    assert looked_up == [[20, 30, 40]]
    assert gold.all_rows() == _whole(gold, silver)


@pytest.mark.parametrize(
    "writes",
    [each if each == 3 else pytest.param(each, marks=pytest.mark.long) for each in range(10)],
)
def test_what_changed_before_refreshes_died_is_looked_up_by_the_next(
    silver: Silver, gold: Gold, lake: Lake, writes: int
) -> None:
    gold.refresh(silver.hand_over())
    for number, day in ((1, 25), (2, 35)):
        silver.put(USERS, user(number, at(day), country="Peru"), read=at(200 + number))
        silver.put(ARTISTS, artist(number, at(day), genre="Dub"), read=at(200 + number))
        handover = silver.hand_over()
        dying = DyingLake(spark=lake.spark, root=lake.root, until=writes)
        with pytest.raises(ProcessDied):
            build_gold(dying, gold.model, handover)
    gold.refresh(handover)
    assert gold.all_rows() == _whole(gold, silver)


def _whole(gold: Gold, silver: Silver) -> dict[str, Sequence[Row]]:
    """What a model built at once has of the same silver."""
    again = Gold(lake=gold.lake, model=replace(gold.model, name="again"))
    again.refresh(silver.hand_over())
    return dict(again.all_rows())

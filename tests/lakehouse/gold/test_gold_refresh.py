"""A refresh in parts gives what building everything anew gives, and what DuckDB makes of silver."""

import os
import random
from dataclasses import replace

import pytest
from gold_oracle import recomputed
from gold_rig import Gold, Silver, artist, at, deleted, small, spotify, stream, track, user
from mortal_lakes import DyingLake, ProcessDied

from lakehouse.delta import Lake
from lakehouse.gold.build import build_gold

USERS, ARTISTS = "spotify/dbo.DimUser", "spotify/dbo.DimArtist"
TRACKS, STREAMS = "spotify/dbo.DimTrack", "spotify/dbo.FactStream"
COUNTRIES = ["Brasil", "Canada", "", None]
# More scripts: TIDEMARK_GOLD_SEEDS=20 pytest tests/lakehouse/gold
SEEDS = range(1, 1 + int(os.environ.get("TIDEMARK_GOLD_SEEDS", "1")))
KEPT = ("fact_stream", "top_tracks_per_country", "daily_activity")


def change(silver: Silver, rng: random.Random, run: int) -> None:
    """One run of each table: versions late, early, without a time; rows deleted and back."""
    times = [at(run), at(run), at(rng.randrange(run + 1)), None, at(99_000)]
    for number in rng.sample(range(1, 5), 2):
        row = user(number, rng.choice(times), country=rng.choice(COUNTRIES))
        silver.put(USERS, deleted(row, "user_id") if rng.random() < 0.25 else row, run=run)
    number = rng.randrange(1, 4)
    row = track(number, rng.choice(times), artist_id=rng.randrange(1, 4), track_name=f"t-{run}")
    silver.put(TRACKS, deleted(row, "track_id") if rng.random() < 0.2 else row, run=run)
    silver.put(ARTISTS, artist(rng.randrange(1, 4), rng.choice(times), genre=f"g{run}"), run=run)
    for number in rng.sample(range(1, 16), 5):
        when = rng.choice([None, *(at(rng.randrange(20)) for _ in range(4))])
        row = stream(number, when, user_id=rng.randrange(1, 6), track_id=rng.randrange(1, 5))
        silver.put(STREAMS, deleted(row, "stream_id") if rng.random() < 0.2 else row, run=run)


@pytest.mark.parametrize("seed", SEEDS)
def test_refreshes_in_parts_agree_with_a_rebuild_and_with_duckdb(lake: Lake, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    silver = Silver(lake=lake)
    gold = Gold(lake=lake, model=small(spotify(), *KEPT))
    for runs in ([1, 4], [2, 3]):  # handed over out of order
        for run in runs:
            change(silver, rng, run)
        handover = silver.hand_over()
        if handover.number > 1:
            dying = DyingLake(spark=lake.spark, root=lake.root, until=rng.randrange(8))
            with pytest.raises(ProcessDied):
                build_gold(dying, gold.model, handover)
        done = gold.refresh(handover)
        assert done["fact_stream"].whole == (handover.number == 1)
    again = Gold(lake=lake, model=replace(gold.model, name="again"))
    again.refresh(handover)
    assert gold.all_rows() == again.all_rows()
    assert {gold.delta(each.name).protocol().min_reader_version for each in gold.model.tables} == {
        1
    }
    for table, rows in recomputed(silver).items():
        assert gold.rows(table) == rows, table
    before = gold.commits()
    gold.refresh(handover)
    assert gold.commits() == before


@pytest.mark.long
def test_gold_is_readable_by_readers_of_version_1(lake: Lake) -> None:
    silver = Silver(lake=lake)
    gold = Gold(lake=lake, model=small(spotify(), *KEPT))
    silver.put(USERS, user(1, at(0)))
    silver.put(STREAMS, stream(1, at(1)), stream(2, at(1), user_id=7))
    gold.refresh(silver.hand_over())
    silver.put(USERS, user(7, at(0)))
    done = gold.refresh(silver.hand_over())
    assert not done["fact_stream"].whole
    for table in gold.model.tables:
        assert gold.delta(table.name).protocol().min_reader_version == 1
    # The member that was unknown has arrived, though the fact itself was not handed over again.
    keys = {row["stream_id"]: row["user_sk"] for row in gold.rows("fact_stream")}
    assert -1 not in keys.values()


@pytest.mark.long
def test_another_declaration_builds_the_table_and_those_made_of_it_anew(lake: Lake) -> None:
    silver = Silver(lake=lake)
    model = small(spotify(), "fact_stream", "daily_activity")
    silver.put(USERS, user(1, at(0)))
    silver.put(STREAMS, stream(1, at(1)))
    handover = silver.hand_over()
    Gold(lake=lake, model=model).refresh(handover)
    users = model.table("dim_user")
    fewer = replace(users, columns=users.columns[:2], first_valid_from=None)
    changed = replace(model, tables=(fewer, *model.tables[1:]))
    gold = Gold(lake=lake, model=changed)
    done = gold.refresh(handover)
    assert done["dim_user"].whole
    assert done["fact_stream"].whole
    assert set(gold.rows("dim_user")[0]) == {column.name for column in fewer.layout}
    keys = {row["user_sk"] for row in gold.rows("dim_user")}
    assert gold.rows("fact_stream")[0]["user_sk"] in keys

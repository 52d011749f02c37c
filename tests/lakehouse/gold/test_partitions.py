"""A refresh writes what differs, in the partitions where it differs, and says how many rows that were."""

from dataclasses import replace

import pytest
from gold_rig import Gold, Silver, at, small, spotify, stream, user

from lakehouse.delta import Lake
from lakehouse.errors import KeysRepeated
from lakehouse.gold.model import Model, Table

USERS, STREAMS = "spotify/dbo.DimUser", "spotify/dbo.FactStream"


def files(gold: Gold) -> dict[str, set[str]]:
    """The fact's files by the month in their paths."""
    found: dict[str, set[str]] = {}
    for uri in gold.delta("fact_stream").file_uris():
        found.setdefault(uri.split("/")[-2], set()).add(uri)
    return found


def with_table(model: Model, table: Table) -> Model:
    return replace(model, tables=tuple(table if t.name == table.name else t for t in model.tables))


@pytest.fixture
def silver(lake: Lake) -> Silver:
    silver = Silver(lake=lake)
    silver.put(USERS, user(1, at(0)))
    silver.put(STREAMS, stream(1, at(1)), stream(2, at(40)), stream(3, None, date_key=None))
    return silver


@pytest.fixture(
    params=[pytest.param(True, marks=pytest.mark.long), False], ids=["merges", "rewrites"]
)
def gold(lake: Lake, request: pytest.FixtureRequest) -> Gold:
    """A fact that is merged into, as on Databricks, or rewritten where much of it is concerned."""
    own = replace(lake, merges=request.param)
    return Gold(lake=own, model=small(spotify(), "fact_stream"))


@pytest.mark.long
def test_only_files_of_a_partition_that_differs_are_written(silver: Silver, gold: Gold) -> None:
    # So many that the one that differs is little.
    silver.put(STREAMS, *(stream(number, at(1)) for number in range(10, 16)))
    gold.refresh(silver.hand_over())
    before = files(gold)
    assert len(before) == 3
    silver.put(STREAMS, stream(2, at(40), listen_duration=77))
    assert gold.refresh(silver.hand_over())["fact_stream"].written == 1
    after = files(gold)
    differing = {month for month in after if after[month] != before[month]}
    assert differing == {"stream_month=202402"}


def test_a_fact_that_moves_to_another_partition_is_there_once(silver: Silver, gold: Gold) -> None:
    gold.refresh(silver.hand_over())
    silver.put(STREAMS, stream(1, at(41)), stream(3, at(1)))
    assert gold.refresh(silver.hand_over())["fact_stream"].written == 2
    months = {row["stream_id"]: row["stream_month"] for row in gold.rows("fact_stream")}
    assert months == {1: 202402, 2: 202402, 3: 202401}
    silver.put(STREAMS, stream(2, None, date_key=None))
    gold.refresh(silver.hand_over())
    months = {row["stream_id"]: row["stream_month"] for row in gold.rows("fact_stream")}
    assert months == {1: 202402, 2: None, 3: 202401}


@pytest.mark.long
def test_what_was_written_is_counted_by_the_rows_that_differ(silver: Silver, gold: Gold) -> None:
    assert gold.refresh(silver.hand_over())["fact_stream"].written == 3
    silver.put(STREAMS, stream(1, at(1)), stream(2, at(40), user_id=7), stream(9, at(2)))
    silver.put(STREAMS, {"stream_id": 3, "_op": "delete"})
    assert gold.refresh(silver.hand_over())["fact_stream"].written == 3
    silver.put(STREAMS, stream(1, at(1)))
    before = gold.commits()
    assert gold.refresh(silver.hand_over())["fact_stream"].written == 0
    differing = {path for path, count in gold.commits().items() if count != before[path]}
    assert all("_progress" in path for path in differing)


@pytest.mark.long
def test_a_table_declared_with_other_partitions_is_laid_out_anew(
    silver: Silver, gold: Gold, lake: Lake
) -> None:
    handover = silver.hand_over()
    gold.refresh(handover)
    rows = gold.rows("fact_stream")
    whole = replace(gold.model.table("fact_stream"), partition="")
    other = Gold(lake=lake, model=with_table(gold.model, whole))
    assert other.refresh(handover)["fact_stream"].whole
    assert other.delta("fact_stream").metadata().partition_columns == []
    assert other.rows("fact_stream") == rows


@pytest.mark.long
def test_two_rows_of_one_key_stop_the_refresh_also_where_one_of_them_is_there(
    silver: Silver, lake: Lake
) -> None:
    model = small(spotify(), "fact_stream", "daily_activity")
    daily = model.table("daily_activity")
    by_device = replace(daily, query=f"{daily.query}, device_type")
    gold = Gold(lake=lake, model=with_table(model, by_device))
    gold.refresh(silver.hand_over())
    before = gold.rows("daily_activity")
    silver.put(STREAMS, stream(9, at(1), device_type="Desktop"))
    with pytest.raises(KeysRepeated, match=r"daily_activity.*date_key=20240102"):
        gold.refresh(silver.hand_over())
    assert gold.rows("daily_activity") == before

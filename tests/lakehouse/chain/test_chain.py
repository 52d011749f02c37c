"""Whatever happens at the source, to loads and to refreshes, gold is what loads could see, and in the end the source."""

import os
import tempfile
from typing import Any

import pytest
from chain_source import TABLES
from chain_story import DAY, HOUR, Load, Round, stories
from chain_telling import Chain
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from mortal_lakes import MortalLake
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.journal import read_changes
from lakehouse.gold.model import Kind

# The long form: TIDEMARK_LONG=1 TIDEMARK_CHAIN_STORIES=200 TIDEMARK_CHAIN_SEED=7 pytest tests/lakehouse/chain
STORIES = int(os.environ.get("TIDEMARK_CHAIN_STORIES", "40"))
SEED = int(os.environ.get("TIDEMARK_CHAIN_SEED", "1"))
# One story takes some twenty seconds, most of them Spark's: too long to look for a shorter one.
SHORT = settings(
    max_examples=1,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=STORIES, derandomize=False)


def tell(spark: SparkSession, story: list[Round], *, rebuilds: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="chain_") as folder:
        try:
            Chain(lake=MortalLake(spark=spark, root=folder), rebuilds=rebuilds).tell(story)
        except BaseException as error:
            error.add_note(f"The story was {story!r}")
            raise


@SHORT
@given(story=stories(rounds=(2, 2)))
def test_gold_is_what_loads_could_see_and_in_the_end_the_source(
    spark: SparkSession, story: list[Round]
) -> None:
    # The first stories that are drawn are the simplest, in which hardly anything happens.
    assume(sum(each.refresh is not None for each in story) > 1)
    tell(spark, story)


@pytest.mark.long
@pytest.mark.timeout(0)
@seed(SEED)
@LONG
@given(story=stories(rounds=(1, 6)))
def test_gold_is_what_loads_could_see_in_many_stories(
    spark: SparkSession, story: list[Round]
) -> None:
    tell(spark, story, rebuilds=True)


def put(table: str, key: int, *values: Any) -> tuple[Any, ...]:
    return ("put", table, key, dict(zip(TABLES[table].values, values, strict=True)))


ALL = [Load(table=name) for name in TABLES]
# A sale comes before its item, which follows; a store is gone.
KNOWN_LATER = [
    Round(
        changes=[
            put("maker", 1, "A"),
            put("item", 1, 1, "x", -40 * DAY, None),
            put("store", 1, "K"),
            put("store", 2, "L"),
            put("sale", 1, 1, 1, 10 * HOUR, 5),
            put("sale", 2, 2, 2, 10 * HOUR, 7),
        ],
        loads=ALL,
    ),
    Round(
        changes=[put("item", 2, 1, "y", -40 * DAY, None), ("remove", "store", 2)],
        loads=[Load(table="item"), Load(table="store")],
    ),
]
FAULTS = {
    "members that changed are not followed": (
        "lakehouse.gold.parts._changed_members",
        lambda *_: {},
        "fact_sale",
    ),
    "changes of members are not read": (
        "lakehouse.gold.parts.read_changes",
        lambda *of: read_changes(*of) if of[2].kind is Kind.FACT else None,
        "fact_sale",
    ),
    "changes of members are said to come later": (
        "lakehouse.gold.journal._since",
        lambda _: F.lit("9999-12-31").cast("timestamp"),
        "fact_sale",
    ),
    "changes of facts are not read": (
        "lakehouse.gold.parts.read_changes",
        lambda *of: read_changes(*of) if of[2].kind is not Kind.FACT else None,
        "sales_per_country",
    ),
    "what a snapshot lacks is not gone": (
        "lakehouse.silver.current.add_tombstones",
        lambda _lake, _change, versions: versions.where("false"),
        "dim_store",
    ),
    "a published run is not written down": (
        "activities.advance_watermark._published",
        lambda *_: None,
        "handed over",
    ),
}


@pytest.mark.long
def test_nothing_is_wrong_in_the_story_that_is_broken_below(spark: SparkSession) -> None:
    tell(spark, KNOWN_LATER)


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    place, broken, noticed = FAULTS[fault]
    monkeypatch.setattr(place, broken)
    with pytest.raises(AssertionError, match=noticed):
        tell(spark, KNOWN_LATER)

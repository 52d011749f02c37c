"""The models that consumption is tested with: the two real ones, and one whose names are attacks."""

import os
from datetime import date
from pathlib import Path

from lakehouse.consumption.catalogue import Freshness
from lakehouse.consumption.places import Places
from lakehouse.gold.model import Column, Kind, Measure, Model, Relationship, Table
from lakehouse.gold.reading import read_model

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
# TIDEMARK_WRITE_GOLDEN=1 pytest tests/lakehouse/consumption writes the expected files anew.
WRITING = os.environ.get("TIDEMARK_WRITE_GOLDEN") == "1"

PLACES = Places(account="musiclake", catalog="prod", server="music.example", database="lake")
FRESHNESS = {
    "dim_user": Freshness(refreshed_at="2026-01-31T23:59:00Z", handover=17, rows=1234),
}

NASTY = "o'br\"ien]` <b>&amp; #(lf) $(x) \\ -- /* ; DROP TABLE t"
NASTY_TEXT = "it's\nGO\nDROP \"x\" <script>alert(1)</script> \\' ]]> */ $(x)"


def real_model(name: str) -> Model:
    return read_model(ROOT / "lakehouse" / "models" / name)


def nasty_model() -> Model:
    """A model in which every name and description tries to break out of its quotes."""

    def column(number: int, kind: str) -> Column:
        return Column(name=f"{NASTY} {number}", type=kind, description=NASTY_TEXT)

    dimension = Table(
        name=f"{NASTY} dimension",
        kind=Kind.SCD2,
        description=NASTY_TEXT,
        silver=f"a/{NASTY}",
        key=(f"{NASTY} 1",),
        surrogate=f"{NASTY} key",
        first_valid_from=date(1900, 1, 1),
        columns=(column(1, "int"), column(2, "string")),
    )
    fact = Table(
        name=f"{NASTY} fact",
        kind=Kind.FACT,
        description=NASTY_TEXT,
        silver=f"a/{NASTY}",
        key=(f"{NASTY} 1",),
        columns=(column(1, "bigint"), column(2, "decimal(10,2)"), column(3, "timestamp")),
        relationships=(Relationship(column=f"{NASTY} key", dimension=dimension.name),),
        measures=(
            Measure(name=f"{NASTY} a", function="sum", column=f"{NASTY} 2", description=NASTY_TEXT),
            Measure(name=f"{NASTY} b", function="count", format='"x" #,0'),
            Measure(
                name=f"{NASTY} c",
                function="ratio",
                numerator=f"{NASTY} a",
                denominator=f"{NASTY} b",
            ),
        ),
    )
    return Model(
        name=NASTY,
        title=NASTY_TEXT,
        description=NASTY_TEXT,
        readers=(NASTY,),
        tables=(dimension, fact),
    )

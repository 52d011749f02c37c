"""The keys of a table that only the lakehouse acts on: rules for its rows, and what silver has to know."""

from typing import get_args

from shared.catalog.section import EMPTY, Field, Fields, Section
from shared.catalog.shapes import Listing, Text, Word
from shared.catalog.spec import Severity

RULE_NAME = Field(
    name="name",
    shape=Text(parse=str, hint="write a short name such as known_plan"),
    meaning="Name of the rule, unique in its table.",
    example="name: known_plan",
)
RULE = Field(
    name="rule",
    shape=Text(parse=str, hint="write a SQL condition"),
    meaning="Condition in Spark's SQL that every row has to meet, at landing and in silver; one that is NULL is not met.",
    example="""rule: "plan IN ('Free', 'Premium')\"""",
)
SEVERITY: Field[Severity] = Field(
    name="severity",
    shape=Word(get_args(Severity)),
    meaning="What a broken rule does: count the rows, set them aside in silver, or block the load.",
    example="severity: warn",
)
QUALITY: Field[tuple[Fields, ...]] = Field(
    name="quality",
    shape=Listing(
        of=Section((RULE_NAME, RULE, SEVERITY)), hint="- {name: ..., rule: ..., severity: warn}"
    ),
    meaning="Rules that the rows have to meet, at landing and in silver.",
    default=(),
)
VALID_FROM: Field[str | None] = Field(
    name="valid_from",
    shape=Text(parse=str, hint="write a column's name as the source spells it"),
    meaning="Column that says since when a row's values hold. Without it the time of reading does.",
    default=None,
)
SILVER = Field(
    name="silver",
    shape=Section((VALID_FROM,)),
    meaning="What the lakehouse has to know of the table.",
    default=EMPTY,
)

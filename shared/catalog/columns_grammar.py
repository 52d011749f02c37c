"""The keys of a table under `columns`: which are read, and what lands in place of their values."""

from shared.catalog.column_spec import MaskSpec
from shared.catalog.masking import Mask
from shared.catalog.section import EMPTY, Field, Section
from shared.catalog.shapes import Listing, Pairs, Text

COLUMN_NAME = Text(parse=str, hint="write a column's name as the source spells it")
EXCLUDE = Field(
    name="exclude",
    shape=Listing(of=COLUMN_NAME, hint="[password_hash]", distinct=True),
    meaning="Columns that are never read.",
    default=(),
)
INCLUDE = Field(
    name="include",
    shape=Listing(of=COLUMN_NAME, hint="[user_id, country]", least=1, distinct=True),
    meaning="The only columns that are read, if it is written. Not beside exclude.",
    default=(),
)
MASK: Field[tuple[tuple[str, MaskSpec], ...]] = Field(
    name="mask",
    shape=Pairs(of=Mask()),
    meaning="Columns of which something else lands: a keyed hash, a fixed word, or what is kept of it.",
    default=(),
)
COLUMNS = Field(
    name="columns",
    shape=Section((INCLUDE, EXCLUDE, MASK)),
    meaning="Columns that are left out or hidden.",
    default=EMPTY,
)

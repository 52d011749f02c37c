"""The keys of a table file under `source`: their shapes, defaults and meanings."""

from typing import get_args

from shared.catalog import connection, rest_grammar
from shared.catalog.column_spec import MASK_KEY as DEFAULT_MASK_KEY
from shared.catalog.files_grammar import LOCATION
from shared.catalog.identifiers import parse_engine, parse_source
from shared.catalog.section import Field, Section
from shared.catalog.shapes import Count, Text, Word
from shared.catalog.spec import Isolation, SourceKind

MOST_CONNECTIONS = 1_000

NAME = Field(
    name="name",
    shape=Text(parse=parse_source, hint="write a short name such as crm", pattern=r"^[^/]+$"),
    meaning="Name of the source system, unique over all files; first part of every table's name.",
    example="name: crm",
)
SOURCE_KIND: Field[SourceKind] = Field(
    name="kind",
    shape=Word(get_args(SourceKind)),
    meaning="What the source is: a SQL database, a REST interface, or files.",
    example="kind: sql",
)
ENGINE: Field[str | None] = Field(
    name="engine",
    shape=Text(
        parse=parse_engine,
        hint="write the engine in lower case, such as postgresql",
        pattern="^[a-z][a-z0-9_]*$",
    ),
    meaning="Database engine, such as sqlserver or postgresql. Only for kind sql, and needed there.",
    default=None,
)
CONNECTION: Field[str | None] = Field(
    name="connection",
    shape=Text(
        parse=connection.parse_connection,
        hint="write ${ITS_NAME} or managed_identity",
        pattern=connection.PATTERN,
    ),
    meaning="Where the secret is kept: `${NAME}` of an environment variable, or managed_identity. "
    "Only for kind sql, and needed there.",
    default=None,
    example="connection: ${CRM_DB}",
)
MAX_CONNECTIONS = Field(
    name="max_connections",
    shape=Count(most=MOST_CONNECTIONS),
    meaning="Connections open to the source at once, over all runs and workers.",
    default=4,
)
_ADDRESS = "Only for kind sql with connection: managed_identity, and needed there."
SERVER: Field[str | None] = Field(
    name="server",
    shape=Text(parse=connection.parse_server, hint="write a host, or host,port"),
    meaning=f"Host of the database server. {_ADDRESS}",
    default=None,
)
DATABASE: Field[str | None] = Field(
    name="database",
    shape=Text(parse=connection.parse_database, hint="write the database's name"),
    meaning=f"Name of the database. {_ADDRESS}",
    default=None,
)
ISOLATION: Field[Isolation] = Field(
    name="isolation",
    shape=Word(get_args(Isolation)),
    meaning="How a reader gets one state of a table: snapshot, or serializable, which locks and "
    "makes writers wait. Only for kind sql.",
    default="snapshot",
)
MASK_KEY = Field(
    name="mask_key",
    shape=Text(
        parse=connection.parse_reference,
        hint="write ${ITS_NAME}",
        pattern=connection.REFERENCE,
    ),
    meaning="Where the key is kept that columns masked by sha256 are hashed with: `${NAME}` of an "
    "environment variable of at least 32 characters.",
    default=DEFAULT_MASK_KEY,
)
SOURCE_SECTION = Section(
    (
        *(NAME, SOURCE_KIND, ENGINE, CONNECTION, SERVER, DATABASE, LOCATION),
        *rest_grammar.SOURCE_KEYS,
        *(MAX_CONNECTIONS, ISOLATION, MASK_KEY),
    )
)

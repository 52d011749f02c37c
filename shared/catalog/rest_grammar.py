"""The keys of a table file that belong to kind rest: under `source`, and the section `rest` of a table."""

from datetime import timedelta
from typing import get_args

from shared.catalog import duration
from shared.catalog.rest_spec import Flatten, JsonPath, Paging, ParamFormat, Shifts
from shared.catalog.rest_values import (
    REFERENCE,
    TYPE_PATTERN,
    Rate,
    parse_path,
    parse_reference,
    parse_route,
    parse_type,
    parse_url,
)
from shared.catalog.section import EMPTY, Field, Fields, Section
from shared.catalog.shapes import Count, Flag, Pairs, Text, Word

_SECRET = Text(parse=parse_reference, hint="write ${ITS_NAME}", pattern=REFERENCE)
_NAME = Text(parse=str, hint="write the parameter's name")
_PATH = Text(parse=parse_path, hint="write names with dots: data.items")
_VALUES = Pairs(of=Text(parse=str, hint='write text, numbers in quotes: "7"'))


def _secret(name: str, meaning: str, example: str) -> Field[str]:
    return Field(name=name, shape=_SECRET, meaning=meaning, example=f"{name}: ${{{example}}}")


# source

BASE_URL: Field[str | None] = Field(
    name="base_url",
    shape=Text(parse=parse_url, hint="write https://api.example.com", pattern="^https?://"),
    meaning="Address that the paths of the tables begin at: https, or http on this machine alone. "
    "Only for kind rest, and needed there.",
    default=None,
)
KEY_HEADER: Field[str | None] = Field(
    name="header", shape=_NAME, meaning="Header that the key goes into.", default=None
)
KEY_QUERY: Field[str | None] = Field(
    name="query", shape=_NAME, meaning="Query parameter that the key goes into.", default=None
)
KEY_VALUE = _secret("value", "Reference to the key.", "CRM_KEY")
API_KEY = Field(
    name="api_key",
    shape=Section((KEY_HEADER, KEY_QUERY, KEY_VALUE)),
    meaning="A key that goes with every request, in a header or in the query.",
    default=EMPTY,
)
BEARER: Field[str | None] = Field(
    name="bearer", shape=_SECRET, meaning="Reference to a token that does not expire.", default=None
)
USER = _secret("user", "Reference to the login.", "CRM_USER")
PASSWORD = _secret("password", "Reference to the password.", "CRM_PASSWORD")
BASIC = Field(
    name="basic", shape=Section((USER, PASSWORD)), meaning="Login and password.", default=EMPTY
)
TOKEN_URL = Field(
    name="token_url",
    shape=Text(parse=parse_url, hint="write https://login.example.com/token"),
    meaning="Where tokens are given: https, or http on this machine alone.",
    example="token_url: https://login.example.com/token",
)
CLIENT_ID = _secret("client_id", "Reference to the client's id.", "CRM_CLIENT")
CLIENT_SECRET = _secret("client_secret", "Reference to the client's secret.", "CRM_SECRET")
SCOPE: Field[str | None] = Field(
    name="scope", shape=_NAME, meaning="What the token is asked for.", default=None
)
OAUTH2 = Field(
    name="oauth2",
    shape=Section((TOKEN_URL, CLIENT_ID, CLIENT_SECRET, SCOPE)),
    meaning="Client credentials; the token is fetched anew before it expires.",
    default=EMPTY,
)
AUTH = Field(
    name="auth",
    shape=Section((API_KEY, BEARER, BASIC, OAUTH2)),
    meaning="How requests are signed: one of api_key, bearer, basic, oauth2. Only for kind rest.",
    default=EMPTY,
)
REQUESTS_PER_SECOND: Field[float | None] = Field(
    name="requests_per_second",
    shape=Rate(),
    meaning="Requests that the source is sent at most, all connections together: each keeps to its "
    "share of max_connections. Only for kind rest.",
    default=None,
)

ALLOW_PRIVATE = Field(
    name="allow_private",
    shape=Flag(),
    meaning="Whether the interface may lie in a private network or on this machine. Otherwise a host "
    "whose address is not one of the internet is not connected to. Only for kind rest.",
    default=False,
)

# tables[].rest.pagination

PAGING_KIND: Field[Paging] = Field(
    name="kind",
    shape=Word(get_args(Paging)),
    meaning="What chooses the next page; none: one answer holds all.",
    example="kind: offset",
)
PARAM: Field[str | None] = Field(
    name="param",
    shape=_NAME,
    meaning="Parameter that chooses the page. Needed for page, offset and cursor.",
    default=None,
)
FIRST: Field[str] = Field(
    name="first",
    shape=Word(("0", "1")),
    meaning="Number of the first page, in quotes. Only for kind page.",
    default="1",
)
SIZE_PARAM: Field[str | None] = Field(
    name="size_param",
    shape=_NAME,
    meaning="Parameter that says how many records a page holds. Needed for offset.",
    default=None,
)
SIZE = Field(
    name="size",
    shape=Count(most=100_000),
    meaning="Records asked for at once; at most what the source gives. Goes with size_param.",
    default=100,
)
NEXT: Field[JsonPath | None] = Field(
    name="next",
    shape=_PATH,
    meaning="Where an answer holds the next cursor, or the next URL. Needed for next_url.",
    default=None,
)
LAST: Field[JsonPath | None] = Field(
    name="last",
    shape=_PATH,
    meaning="Field of a page's last record that is the next cursor. For kind cursor, instead of next.",
    default=None,
)
MORE: Field[JsonPath | None] = Field(
    name="more",
    shape=_PATH,
    meaning="Where an answer says true or false: whether there is a next page. For kind cursor.",
    default=None,
)
SHIFTS: Field[Shifts | None] = Field(
    name="shifts",
    shape=Word(get_args(Shifts)),
    meaning="Against records that move between pages while they are read: let each page overlap the one "
    "before, read until two passes are alike, or trust the source. Left out: overlap for offset and "
    "for page with size_param, twice for other pages, trust for the rest.",
    default=None,
)
PAGINATION = Field(
    name="pagination",
    shape=Section((PAGING_KIND, PARAM, FIRST, SIZE_PARAM, SIZE, NEXT, LAST, MORE, SHIFTS)),
    meaning="How one page leads to the next. Left out: one answer holds all records.",
    default=EMPTY,
)

# tables[].rest.incremental

SINCE = Field(
    name="param",
    shape=_NAME,
    meaning="Parameter for the value from which on records are wanted.",
    example="param: updated_since",
)
UNTIL: Field[str | None] = Field(
    name="until",
    shape=_NAME,
    meaning="Parameter for the value up to which records are wanted; a backfill needs it.",
    default=None,
)
FORMAT: Field[ParamFormat] = Field(
    name="format",
    shape=Word(get_args(ParamFormat)),
    meaning="How the value is written: 2026-01-31T12:00:00Z, 2026-01-31, seconds or milliseconds since "
    "1970, or plain as the watermark is.",
    default="iso",
)
RESOLUTION = Field(
    name="resolution",
    shape=Text(
        parse=duration.parse_duration,
        hint="write a duration with its unit: 1s or 1d",
        pattern=duration.PATTERN,
    ),
    meaning="Step in which the cursor's values, or the source's filter, count at most.",
    default=timedelta(seconds=1),
    shown="1s",
)
HIGHEST: Field[tuple[tuple[str, str], ...]] = Field(
    name="highest",
    shape=_VALUES,
    meaning="Parameters of a request whose first record has the greatest cursor value. Needed for "
    "kind integer.",
    default=(),
)
INCREMENTAL = Field(
    name="incremental",
    shape=Section((SINCE, UNTIL, FORMAT, RESOLUTION, HIGHEST)),
    meaning="How new records are asked for. Needed unless the watermark's kind is none.",
    default=EMPTY,
)

# tables[].rest

ROUTE = Field(
    name="path",
    shape=Text(parse=parse_route, hint="write /customers", pattern="^/"),
    meaning="Path of the records behind base_url.",
    example="path: /customers",
)
PARAMS: Field[tuple[tuple[str, str], ...]] = Field(
    name="params", shape=_VALUES, meaning="Query parameters of every request.", default=()
)
RECORDS: Field[JsonPath] = Field(
    name="records",
    shape=_PATH,
    meaning="Where an answer holds its list of records: names with dots, or $ for the whole answer.",
    default=(),
    shown="$",
)
TOTAL: Field[JsonPath | None] = Field(
    name="total",
    shape=_PATH,
    meaning="Where an answer says how many records there are in all; fewer are not taken for whole.",
    default=None,
)
FLATTEN: Field[Flatten] = Field(
    name="flatten",
    shape=Word(get_args(Flatten)),
    meaning="Objects inside a record: one column of JSON text, or a column for each of their fields "
    "(`address_city`). Lists are JSON text.",
    default="json",
)
DEPTH = Field(
    name="depth",
    shape=Count(most=8),
    meaning="How deep objects become columns; what lies deeper is JSON text. Goes with flatten: columns.",
    default=8,
)
FIELD_TYPES: Field[tuple[tuple[str, str], ...]] = Field(
    name="types",
    shape=Pairs(
        of=Text(parse=parse_type, hint="write a type: decimal(12,2)", pattern=TYPE_PATTERN)
    ),
    meaning="Types of columns; those that are not here are found out from the records.",
    default=(),
)
SAMPLE = Field(
    name="sample",
    shape=Count(most=1_000),
    meaning="Pages that are looked at for columns and types: the first ones where the table is not known "
    "yet, those with the records of the last day where it is.",
    default=5,
)
MOST_PAGES = Field(
    name="most_pages",
    shape=Count(most=10_000_000),
    meaning="A read with more pages is taken for endless and stopped.",
    default=100_000,
)
PAGE_BYTES = Field(
    name="page_bytes",
    shape=Count(most=1_073_741_824),
    meaning="A page with more bytes, unpacked, is refused; a worker holds some ten times as much.",
    default=33_554_432,
)
REST: Field[Fields] = Field(
    name="rest",
    shape=Section(
        (
            *(ROUTE, PARAMS, RECORDS, TOTAL, PAGINATION, INCREMENTAL, FLATTEN, DEPTH, FIELD_TYPES),
            *(SAMPLE, MOST_PAGES, PAGE_BYTES),
        )
    ),
    meaning="Where the records are and how they are asked for. Only for kind rest, and needed there.",
    default=EMPTY,
)
SOURCE_KEYS = (BASE_URL, AUTH, REQUESTS_PER_SECOND, ALLOW_PRIVATE)

"""What is loaded over REST and how: the specs that `auth` and `rest` of a table file are read into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

Auth: TypeAlias = Literal["none", "api_key", "bearer", "basic", "oauth2"]
Paging: TypeAlias = Literal["none", "page", "offset", "cursor", "link", "next_url"]
Shifts: TypeAlias = Literal["overlap", "twice", "trust"]
Flatten: TypeAlias = Literal["json", "columns"]
ParamFormat: TypeAlias = Literal["iso", "date", "unix", "unix_ms", "plain"]

# Names from the root of a JSON document down; empty is the root itself.
JsonPath: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSpec:
    """How requests are signed. Every secret is a reference, `${NAME}`, and never the secret itself.

    `name` is the header or query parameter of an API key, `place` says which of the two. `secret`
    is the key, the token, the password or the client's secret; `user` the login or client id.
    """

    how: Auth
    secret: str = ""
    name: str = ""
    place: Literal["header", "query"] = "header"
    user: str = ""
    token_url: str = ""
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSourceSpec:
    """One REST interface. `requests_per_second` holds over all connections together; None: no limit.

    `allow_private` lets it lie in a private network, or on this machine.
    """

    base_url: str
    auth: AuthSpec = AuthSpec(how="none")
    requests_per_second: float | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingSpec:
    """How one page leads to the next.

    `param` is the parameter that chooses a page (kinds page, offset, cursor), `first` the number of
    the first page. `size` records are asked for by `size_param`. `next` is where an answer holds the
    next cursor or URL, `last` the field of the last record that is the next cursor, `more` a truth
    value that says whether there is a next page. `shifts` says what is done against records that
    move from page to page while they are read.
    """

    kind: Paging = "none"
    param: str = ""
    first: int = 1
    size_param: str | None = None
    size: int = 100
    next: JsonPath | None = None
    last: JsonPath | None = None
    more: JsonPath | None = None
    shifts: Shifts = "trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalSpec:
    """How new records are asked for: by `param`, up to a value by `until`, if there is one.

    `resolution` is the step of the values: the lower end is asked for one step lower, and what is
    known already is left out here. `highest` are the parameters of a request whose first record has
    the greatest value; None where there is no such request.
    """

    param: str
    until: str | None = None
    format: ParamFormat = "iso"
    resolution: timedelta = timedelta(seconds=1)
    highest: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestTableSpec:
    """One collection of records.

    `params` go with every request. `records` leads to the list of records, `total` to the number of
    all of them. `types` are fields whose type is declared, `depth` is how deep objects become columns
    (0: never). `sample` pages are looked at for types where the table is not known yet.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    records: JsonPath = ()
    total: JsonPath | None = None
    paging: PagingSpec = PagingSpec()
    incremental: IncrementalSpec | None = None
    depth: int = 0
    types: tuple[tuple[str, str], ...] = ()
    sample: int = 5
    most_pages: int = 100_000
    page_bytes: int = 33_554_432

    def type_of(self, name: str) -> str | None:
        """Give the declared type of a column, None if there is none."""
        return dict(self.types).get(name)


def write_path(path: Sequence[str]) -> str:
    """Write a JSON path as a table file would."""
    return ".".join(path) or "$"

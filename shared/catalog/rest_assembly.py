"""Puts what a file says of a REST source and its tables, once it is checked, into specs."""

from shared.catalog import rest_grammar as r
from shared.catalog.rest_rules import LEAST_SIZES
from shared.catalog.rest_spec import (
    AuthSpec,
    IncrementalSpec,
    PagingSpec,
    RestSourceSpec,
    RestTableSpec,
    Shifts,
)
from shared.catalog.section import Fields


def assemble_rest_source(source: Fields) -> RestSourceSpec | None:
    """Give the address and how requests are signed; None of a source of another kind."""
    base_url = source[r.BASE_URL]
    if base_url is None:
        return None
    return RestSourceSpec(
        base_url=base_url,
        auth=_assemble_auth(source[r.AUTH]),
        requests_per_second=source[r.REQUESTS_PER_SECOND],
        allow_private=source[r.ALLOW_PRIVATE],
    )


def assemble_rest_table(rest: Fields) -> RestTableSpec | None:
    """Give what is asked of the source; None of a table of another kind."""
    if not rest.wrote(r.ROUTE):
        return None
    return RestTableSpec(
        path=rest[r.ROUTE],
        params=rest[r.PARAMS],
        records=rest[r.RECORDS],
        total=rest[r.TOTAL],
        paging=_assemble_paging(rest[r.PAGINATION]) if rest.wrote(r.PAGINATION) else PagingSpec(),
        incremental=(
            _assemble_incremental(rest[r.INCREMENTAL]) if rest.wrote(r.INCREMENTAL) else None
        ),
        depth=rest[r.DEPTH] if rest[r.FLATTEN] == "columns" else 0,
        types=rest[r.FIELD_TYPES],
        sample=rest[r.SAMPLE],
        most_pages=rest[r.MOST_PAGES],
        page_bytes=rest[r.PAGE_BYTES],
    )


def _assemble_auth(auth: Fields) -> AuthSpec:
    if auth.wrote(r.API_KEY):
        key = auth[r.API_KEY]
        header, query = key[r.KEY_HEADER], key[r.KEY_QUERY]
        return AuthSpec(
            how="api_key",
            secret=key[r.KEY_VALUE],
            name=header or query or "",
            place="header" if header else "query",
        )
    if auth.wrote(r.BEARER):
        return AuthSpec(how="bearer", secret=auth[r.BEARER] or "")
    if auth.wrote(r.BASIC):
        basic = auth[r.BASIC]
        return AuthSpec(how="basic", user=basic[r.USER], secret=basic[r.PASSWORD])
    if auth.wrote(r.OAUTH2):
        oauth = auth[r.OAUTH2]
        return AuthSpec(
            how="oauth2",
            user=oauth[r.CLIENT_ID],
            secret=oauth[r.CLIENT_SECRET],
            token_url=oauth[r.TOKEN_URL],
            scope=oauth[r.SCOPE],
        )
    return AuthSpec(how="none")


def _assemble_paging(paging: Fields) -> PagingSpec:
    return PagingSpec(
        kind=paging[r.PAGING_KIND],
        param=paging[r.PARAM] or "",
        first=int(paging[r.FIRST]),
        size_param=paging[r.SIZE_PARAM],
        size=paging[r.SIZE],
        next=paging[r.NEXT],
        last=paging[r.LAST],
        more=paging[r.MORE],
        shifts=paging[r.SHIFTS] or _usual_shifts(paging),
    )


def _usual_shifts(paging: Fields) -> Shifts:
    if paging[r.PAGING_KIND] not in ("page", "offset"):
        return "trust"
    enough = paging[r.SIZE] >= LEAST_SIZES[paging[r.PAGING_KIND]]
    return "overlap" if paging.wrote(r.SIZE_PARAM) and enough else "twice"


def _assemble_incremental(incremental: Fields) -> IncrementalSpec:
    return IncrementalSpec(
        param=incremental[r.SINCE],
        until=incremental[r.UNTIL],
        format=incremental[r.FORMAT],
        resolution=incremental[r.RESOLUTION],
        highest=incremental[r.HIGHEST] or None,
    )

"""Combinations of keys that cannot work in a REST source or one of its tables."""

from contextlib import suppress
from typing import Any

from shared.catalog import grammar as g
from shared.catalog import rest_grammar as r
from shared.catalog import source_grammar as s
from shared.catalog.place import Unread
from shared.catalog.section import Field, Fields

_WAYS = (r.API_KEY, r.BEARER, r.BASIC, r.OAUTH2)
_NEEDS_PARAM = ("page", "offset", "cursor")
# One record overlaps and one is new. Of numbered pages there has to be a size that does not end where
# reading stands: of the sizes from 10 to 20 one ends elsewhere up to 232,792,560 records.
LEAST_SIZES = {"offset": 2, "page": 20}
_KINDS = ("timestamp", "date", "integer", "none")


def check_rest_source(source: Fields) -> None:
    """Report what a REST source lacks, and what only a REST source has."""
    kind = source[s.SOURCE_KIND]
    if kind != "rest":
        for key in r.SOURCE_KEYS:
            if source.wrote(key):
                source.at(key).report(f"does not go with kind {kind}; remove it")
        return
    if not source.wrote(r.BASE_URL):
        source.at(r.BASE_URL).report(
            "is missing; kind rest needs it: base_url: https://api.example.com"
        )
    _check_auth(source[r.AUTH])


def _check_auth(auth: Fields) -> None:
    ways = [key for key in _WAYS if auth.wrote(key)]
    if len(ways) > 1:
        auth.place.report("signs requests in several ways at once; keep one of them")
    if ways == [r.API_KEY]:
        key = auth[r.API_KEY]
        if key.wrote(r.KEY_HEADER) == key.wrote(r.KEY_QUERY):
            key.place.report(
                "needs one place for the key; write header: X-Api-Key or query: api_key"
            )


def check_rest_table(table: Fields, source: Fields) -> None:
    """Report what contradicts itself in a table of a REST source."""
    kind = source[s.SOURCE_KIND]
    if kind != "rest":
        if table.wrote(g.REST):
            table.at(g.REST).report(f"does not go with kind {kind}; remove it")
        return
    if not table.wrote(g.REST):
        table.at(g.REST).report("is missing; kind rest needs it: rest: {path: /customers}")
        return
    for rule in (_flattening, _pagination, _watermark, _types):
        with suppress(Unread):
            rule(table, table[g.REST])


def _flattening(_table: Fields, rest: Fields) -> None:
    if rest.wrote(r.DEPTH) and rest[r.FLATTEN] == "json":
        rest.at(r.DEPTH).report("goes with flatten: columns; remove it, or write flatten: columns")


def _pagination(_table: Fields, rest: Fields) -> None:
    if not rest.wrote(r.PAGINATION):
        return
    paging = rest[r.PAGINATION]
    kind = paging[r.PAGING_KIND]
    if kind in _NEEDS_PARAM and not paging.wrote(r.PARAM):
        paging.at(r.PARAM).report(f"is missing; kind {kind} needs it: param: {kind}")
    if kind not in _NEEDS_PARAM and paging.wrote(r.PARAM):
        paging.at(r.PARAM).report(f"does not go with kind {kind}; remove it")
    if kind == "offset" and not paging.wrote(r.SIZE_PARAM):
        paging.at(r.SIZE_PARAM).report("is missing; kind offset needs it: size_param: limit")
    if kind == "next_url" and not paging.wrote(r.NEXT):
        paging.at(r.NEXT).report("is missing; kind next_url needs it: next: links.next")
    if kind == "cursor" and paging.wrote(r.NEXT) == paging.wrote(r.LAST):
        paging.at(r.NEXT).report("kind cursor needs one of `next` and `last`")
    _only(paging, r.FIRST, kind == "page", kind)
    _only(paging, r.LAST, kind == "cursor", kind)
    _only(paging, r.MORE, kind == "cursor", kind)
    _only(paging, r.NEXT, kind in ("cursor", "next_url"), kind)
    if paging.wrote(r.SIZE) and not paging.wrote(r.SIZE_PARAM):
        paging.at(r.SIZE).report("goes with size_param; write that as well")
    _shifts(paging, kind)


def _only(paging: Fields, key: Field[Any], fits: bool, kind: str) -> None:  # noqa: FBT001 - says what it is where it is called
    if paging.wrote(key) and not fits:
        paging.at(key).report(f"does not go with kind {kind}; remove it")


def _shifts(paging: Fields, kind: str) -> None:
    if not paging.wrote(r.SHIFTS) or paging[r.SHIFTS] != "overlap":
        return
    if kind not in ("page", "offset"):
        paging.at(r.SHIFTS).report(f"overlap does not go with kind {kind}; write twice or trust")
    elif not paging.wrote(r.SIZE_PARAM):
        paging.at(r.SHIFTS).report("overlap needs size_param; write twice, or size_param as well")
    elif paging[r.SIZE] < LEAST_SIZES[kind]:
        paging.at(r.SHIFTS).report(f"overlap needs a size of at least {LEAST_SIZES[kind]}")


def _watermark(table: Fields, rest: Fields) -> None:
    watermark = table[g.WATERMARK]
    kind = watermark[g.CURSOR_KIND]
    if kind not in _KINDS:
        watermark.at(g.CURSOR_KIND).report(
            f"a REST source has no {kind}; write {', '.join(_KINDS[:-1])} or none"
        )
        return
    if watermark[g.ASSIGNED] == "database":
        watermark.at(g.ASSIGNED).report(
            "a REST source shows no transactions; write assigned: application"
        )
    if kind == "none":
        if rest.wrote(r.INCREMENTAL):
            rest.at(r.INCREMENTAL).report("does not go with watermark kind none; remove it")
        return
    if not rest.wrote(r.INCREMENTAL):
        rest.at(r.INCREMENTAL).report(
            f"is missing; watermark kind {kind} needs it: incremental: {{param: updated_since}}"
        )
        return
    incremental = rest[r.INCREMENTAL]
    if kind == "integer" and not incremental[r.HIGHEST]:
        incremental.at(r.HIGHEST).report(
            'is missing; kind integer needs it: highest: {sort: "-id", limit: "1"}'
        )
    if kind == "integer" and incremental.wrote(r.FORMAT) and incremental[r.FORMAT] != "plain":
        incremental.at(r.FORMAT).report("does not go with kind integer; remove it")


def _types(table: Fields, rest: Fields) -> None:
    watermark = table[g.WATERMARK]
    fitting = {
        "timestamp": ("timestamp", "timestamptz", "instant", "unix", "unix_ms"),
        "date": ("date",),
        "integer": ("integer",),
    }.get(watermark[g.CURSOR_KIND])
    declared = dict(rest[r.FIELD_TYPES]).get(watermark[g.COLUMN] or "")
    if declared is not None and fitting is not None and declared not in fitting:
        rest.at(r.FIELD_TYPES).report(
            f"the cursor column is declared as {declared}; write {' or '.join(fitting)}"
        )

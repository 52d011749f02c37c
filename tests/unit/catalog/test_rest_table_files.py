"""Table files of kind rest: every key reaches the spec, and what cannot work is told by its place."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.catalog import CatalogInvalid, TableSpec, parse_catalog
from shared.catalog.rest_spec import (
    AuthSpec,
    IncrementalSpec,
    PagingSpec,
    RestSourceSpec,
    RestTableSpec,
)

GOOD = """\
source:
  name: shop
  kind: rest
  base_url: https://api.example.com/v1/
  auth: {api_key: {header: X-Api-Key, value: "${SHOP_KEY}"}}
  requests_per_second: 2.5
tables:
  - table: api.customers
    key: [id]
    watermark: {column: updated_at, kind: timestamp}
    rest:
      path: /customers
      params: {sort: id}
      records: $.data.items
      total: meta.total
      pagination: {kind: offset, param: offset, size_param: limit, size: 50}
      incremental: {param: since, until: before, format: unix, resolution: 5s, highest: {sort: "-id"}}
      flatten: columns
      depth: 2
      types: {credit: "decimal(12,2)"}
      sample: 7
      most_pages: 9
      page_bytes: 1000
"""


def read(text: str = GOOD) -> TableSpec:
    [table] = parse_catalog({"shop.yml": text}).tables
    return table


def change(*edits: tuple[str, str]) -> str:
    text = GOOD
    for written, instead in edits:
        assert written in text
        text = text.replace(written, instead, 1)
    return text


def test_every_key_reaches_the_spec() -> None:
    table = read()

    assert table.source.rest == RestSourceSpec(
        base_url="https://api.example.com/v1",
        auth=AuthSpec(how="api_key", secret="${SHOP_KEY}", name="X-Api-Key", place="header"),
        requests_per_second=2.5,
    )
    assert table.source.connection == ""
    assert table.rest == RestTableSpec(
        path="/customers",
        params=(("sort", "id"),),
        records=("data", "items"),
        total=("meta", "total"),
        paging=PagingSpec(
            kind="offset", param="offset", size_param="limit", size=50, shifts="overlap"
        ),
        incremental=IncrementalSpec(
            param="since",
            until="before",
            format="unix",
            resolution=timedelta(seconds=5),
            highest=(("sort", "-id"),),
        ),
        depth=2,
        types=(("credit", "decimal(12,2)"),),
        sample=7,
        most_pages=9,
        page_bytes=1000,
    )


AUTH = '{api_key: {header: X-Api-Key, value: "${SHOP_KEY}"}}'


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ('{api_key: {query: key, value: "${K}"}}', AuthSpec(how="api_key", secret="${K}", name="key", place="query")),
        ('{bearer: "${T}"}', AuthSpec(how="bearer", secret="${T}")),
        ('{basic: {user: "${U}", password: "${P}"}}', AuthSpec(how="basic", user="${U}", secret="${P}")),
        (
            '{oauth2: {token_url: "http://127.0.0.1:1/t", client_id: "${I}", client_secret: "${S}", scope: read}}',
            AuthSpec(how="oauth2", user="${I}", secret="${S}", token_url="http://127.0.0.1:1/t", scope="read"),
        ),
    ],
)  # fmt: skip
def test_each_way_to_sign_is_read(written: str, how: AuthSpec) -> None:
    rest = read(change((AUTH, written))).source.rest
    assert rest is not None
    assert rest.auth == how


@pytest.mark.parametrize(
    ("paging", "shifts"),
    [
        ("{kind: page, param: page, size_param: n}", "overlap"),
        ("{kind: page, param: page, size_param: n, size: 9}", "twice"),
        ("{kind: page, param: page}", "twice"),
        ("{kind: offset, param: o, size_param: n}", "overlap"),
        ("{kind: cursor, param: c, next: meta.next}", "trust"),
        ("{kind: link}", "trust"),
        ("{kind: next_url, next: next, shifts: twice}", "twice"),
    ],
)
def test_pages_are_guarded_as_their_kind_allows(paging: str, shifts: str) -> None:
    offset = "{kind: offset, param: offset, size_param: limit, size: 50}"
    rest = read(change((offset, paging))).rest
    assert rest is not None
    assert rest.paging.shifts == shifts


PAGING = "{kind: offset, param: offset, size_param: limit, size: 50}"
MARK = "{column: updated_at, kind: timestamp}"
SINCE = 'incremental: {param: since, until: before, format: unix, resolution: 5s, highest: {sort: "-id"}}'
WRONG = {
    "no address": (("  base_url: https://api.example.com/v1/\n", ""), "source.base_url: is missing"),
    "http elsewhere": (("https://api", "http://api"), ":4: source.base_url: is not https"),
    "login in the address": (("https://api", "https://u:hunter2@api"), ":4: source.base_url: holds a login"),
    "query in the address": (("/v1/", "/v1?key=hunter2"), ":4: source.base_url: holds a login, a query"),
    "connection": (("  requests_per_second: 2.5", "  connection: ${DB}"), ":6: source.connection: does not go with kind rest"),
    "engine": (("  requests_per_second: 2.5", "  engine: postgresql"), ":6: source.engine: does not go with kind rest"),
    "two ways to sign": ((AUTH, '{bearer: "${T}", basic: {user: "${U}", password: "${P}"}}'), ":5: source.auth: signs requests in several ways"),
    "no place for the key": ((AUTH, '{api_key: {value: "${K}"}}'), ":5: source.auth.api_key: needs one place"),
    "a plain secret": ((AUTH, "{bearer: hunter2}"), ":5: source.auth.bearer: must not be written here"),
    "no rate": (("2.5", "0"), ":6: source.requests_per_second: is 0; write a number"),
    "path elsewhere": (("/customers", "//evil.example/customers"), ":12: tables[0].rest.path: must begin with one slash"),
    "path up": (("/customers", "/a/../b"), ":12: tables[0].rest.path: leads out of its folder"),
    "wildcard": (("$.data.items", "data[*]"), ":14: tables[0].rest.records:"),
    "no param": ((PAGING, "{kind: page}"), "tables[0].rest.pagination.param: is missing; kind page"),
    "param for link": ((PAGING, "{kind: link, param: page}"), "pagination.param: does not go with kind link"),
    "no size for offset": ((PAGING, "{kind: offset, param: o}"), "pagination.size_param: is missing"),
    "no next": ((PAGING, "{kind: next_url}"), "pagination.next: is missing"),
    "next and last": ((PAGING, "{kind: cursor, param: c, next: n, last: id}"), "kind cursor needs one of"),
    "overlap of links": ((PAGING, "{kind: link, shifts: overlap}"), "overlap does not go with kind link"),
    "overlap of small pages": ((PAGING, "{kind: page, param: p, size_param: n, size: 5, shifts: overlap}"), "overlap needs a size of at least 20"),
    "rowversion": ((MARK, "{column: v, kind: rowversion}"), "tables[0].watermark.kind: a REST source has no rowversion"),
    "database": ((MARK, "{column: v, kind: timestamp, assigned: database}"), "watermark.assigned: a REST source shows no transactions"),
    "no incremental": ((SINCE + "\n", "sample: 5\n".replace("sample: 5", "")), "tables[0].rest.incremental: is missing"),
    "incremental of none": ((MARK, "{kind: none}"), "tables[0].rest.incremental: does not go with watermark kind none"),
    "no highest": ((', highest: {sort: "-id"}', ""), None),
    "type of the cursor": (('credit: "decimal(12,2)"', "updated_at: text"), "the cursor column is declared as text"),
    "no type": (('"decimal(12,2)"', "varchar"), "tables[0].rest.types.credit: 'varchar' is no type"),
    "depth of json": (("flatten: columns", "flatten: json"), "tables[0].rest.depth: goes with flatten: columns"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_told_by_its_place(edit: tuple[str, str], told: str | None) -> None:
    if told is None:
        edit, told = ("updated_at, kind: timestamp", "number, kind: integer"), None
    text = change(edit)
    if "kind: integer" in text:
        text = text.replace(', highest: {sort: "-id"}', "").replace("format: unix, ", "")
        told = "tables[0].rest.incremental.highest: is missing; kind integer"
    with pytest.raises(CatalogInvalid) as caught:
        parse_catalog({"shop.yml": text})
    [problem] = caught.value.problems
    assert told is not None
    assert told in str(problem)
    assert "hunter2" not in str(problem)


def test_keys_of_rest_do_not_go_with_sql() -> None:
    text = change(("kind: rest", "kind: sql\n  engine: postgresql\n  connection: ${DB}"))
    with pytest.raises(CatalogInvalid) as caught:
        parse_catalog({"shop.yml": text})
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {
        "source.base_url",
        "source.auth",
        "source.requests_per_second",
        "tables[0].rest",
    }


def test_the_fingerprint_ignores_the_rate_and_heeds_the_pages() -> None:
    table = read()
    rest, asked = table.source.rest, table.rest
    assert rest is not None
    assert asked is not None
    eased = replace(rest, requests_per_second=1, allow_private=True)
    slower = replace(table, source=replace(table.source, rest=eased))
    other = replace(table, rest=replace(asked, records=("rows",)))

    assert slower.fingerprint == table.fingerprint != other.fingerprint


def test_the_example_of_the_how_to_is_read() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "load-from-rest.md"
    example = page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]

    customers, countries = parse_catalog({"shop.yml": example}).tables
    assert customers.rest is not None
    assert customers.rest.paging.shifts == "overlap"
    assert countries.rest == RestTableSpec(path="/countries")

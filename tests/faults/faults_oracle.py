"""What must be true when everything has ended, whatever was made to fail on the way."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from e2e_api import FINAL, Api
from e2e_lake import published
from e2e_source import Source
from faults_scenario import orders

from local.oracle import compare
from shared.adapters.azure.clients import table_service
from shared.adapters.azure.entities import Entities
from shared.adapters.azure.table_states import AzureTableStates
from shared.catalog import read_catalog
from shared.runtime.wiring import STATE_TABLES


def complaints(
    source: Source, lake: Path, tables: Sequence[str], api: Api, settings: dict[str, str]
) -> list[str]:
    """Say all that is wrong: rows, images, manifests, turns, orders, and what the ledger says of runs."""
    found = list(_open_orders(api))
    for table in tables:
        found += _wrong_rows(source, lake, table)
        found += _wrong_turn(source.full(table), api, settings)
        found += _wrong_ledger(source, lake, table, api)
    return found


def _open_orders(api: Api) -> Iterator[str]:
    for order in orders(api):
        if order["state"] not in FINAL:
            yield f"order {order['order_id']} is still {order['state']}"


def _wrong_rows(source: Source, lake: Path, table: str) -> Iterator[str]:
    """Compare in full: lost, wrong and extra rows, images that are there twice, broken manifests."""
    found = compare(source.uri, read_catalog(source.tables).table(source.full(table)), lake)
    if not found.equal:
        yield str(found)
    if found.published_twice.count:
        yield f"{table}: doubled in bronze: {found.published_twice}"


def _wrong_turn(table: str, api: Api, settings: dict[str, str]) -> Iterator[str]:
    turn = read_states(settings).turn(table)
    if turn.holder or turn.claim or turn.waiting or turn.requested != turn.served:
        yield f"{table}: its turn is left as {turn}"
    view = api.table(table)
    if view["loading"] is not None:
        yield f"{table} is shown as being loaded by {view['loading']}"


def _wrong_ledger(source: Source, lake: Path, table: str, api: Api) -> Iterator[str]:
    runs = {run["run_id"]: run for run in api.runs(source.full(table))}
    shown = {each.manifest["run_id"]: each for each in published(lake, source.target(table))}
    for name, each in shown.items():
        run = runs.get(name)
        if run is None:
            yield f"{name} is in bronze, but not in the ledger"
            continue
        said = (run["state"], run["outcome"], run["rows"], run["files"])
        there = ("succeeded", "loaded", each.manifest["rows"], len(each.manifest["files"]))
        if said != there:
            yield f"{name}: the ledger says {said}, bronze {there}"
    for name, run in runs.items():
        if run["state"] not in FINAL:
            yield f"{name} is {run['state']} in the ledger for ever"
        if run["outcome"] == "loaded" and name not in shown:
            yield f"{name} is loaded by the ledger, but not in bronze: {json.dumps(run)}"


def read_states(settings: dict[str, str]) -> AzureTableStates:
    """Read turns and watermarks past the API, from where a worker keeps them."""
    url = settings["TIDEMARK_STATE_URL"]
    login = AzureNamedKeyCredential(url.rsplit("/", 1)[-1], settings["TIDEMARK_STATE_KEY"])
    client = table_service(url, login).get_table_client(STATE_TABLES["states"])
    return AzureTableStates(Entities(client))


def failures(order: Any) -> list[Any]:
    """What failed of an order, for a message."""
    return [part for part in order["tables"] if part["error"] is not None] or [order["error"]]

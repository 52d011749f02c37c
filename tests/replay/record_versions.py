"""Records what this version writes down, for later versions to go on with.

`python tests/replay/record_versions.py` runs loads of every kind on the embedded stack, and stores
what a new version finds when it is deployed in the middle of them: the histories of the
orchestrations, some of them cut off by a kill, and one of every record in state and lake.
Record anew to add something; what is there already stays, as versions before wrote it.
"""

import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
RECORDED = FOLDER / "recorded"
RECORDS = FOLDER / "records.json"
MANY = {"rows": 20, "parallel": 2}


def stored_types() -> Mapping[str, type]:
    """Give every type that is kept in Table Storage or in the lake, by its name."""
    # ruff: noqa: PLC0415 - imported once the path is set
    from shared.adapters.azure.slots import Slot
    from shared.lakehouse.handover import HandOver
    from shared.lakehouse.records import RefreshRecord
    from shared.lakehouse.releases import Release
    from shared.landing.publication import Manifest
    from shared.loading.plan import LoadPlan
    from shared.loading.published import PublishedRun
    from shared.loading.receipt import Landing, Receipt
    from shared.loading.turn import Turn
    from shared.loading.watermark import Watermark
    from shared.operations.dead_letters import DeadLetter
    from shared.operations.ledger import KeyUse
    from shared.operations.records import OrderRecord, RunRecord, WindowRecord

    kinds = (
        *(HandOver, RefreshRecord, Release, Manifest, LoadPlan, PublishedRun, Landing, Receipt),
        *(Slot, Turn, Watermark, DeadLetter, KeyUse, OrderRecord, RunRecord, WindowRecord),
    )
    return {kind.__name__: kind for kind in kinds}


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Drives a stack of its own, and reads what it has written."""

    stack: Any
    source: Any

    def history(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every orchestration that the host knows, by a name made of its flow and its table."""
        path = f"file:{self.stack.state / 'host' / 'hub.sqlite'}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as database:
            rows = list(database.execute("select id, name, output, status from instances"))
            for instance, flow, output, status in rows:
                events = [
                    json.loads(event)
                    for (event,) in database.execute(
                        "select event from history where instance = ? order by position",
                        (instance,),
                    )
                ]
                done = status == "Completed"
                yield (
                    instance,
                    {
                        "flow": flow,
                        "instance": instance,
                        "output": json.loads(output) if done and output else None,
                        "done": done,
                        "history": events,
                    },
                )

    def documents(self) -> Iterator[dict[str, Any]]:
        """Give everything in state and lake that is a JSON object."""
        for path in sorted(self.stack.lake.rglob("*.json")):
            content = json.loads(path.read_text())
            if isinstance(content, dict):
                yield content
        from azure.core.credentials import AzureNamedKeyCredential
        from azure.data.tables import TableServiceClient

        from local.azurite.process import ACCOUNT, KEY

        address = json.loads((self.stack.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
        with TableServiceClient(
            address, credential=AzureNamedKeyCredential(ACCOUNT, KEY)
        ) as service:
            for table in service.list_tables():
                for row in service.get_table_client(table.name).list_entities():
                    body = "".join(str(row[name]) for name in sorted(row) if name[:4] == "body")
                    content = json.loads(body) if body else None
                    if isinstance(content, dict):
                        yield content


def kind_of(document: dict[str, Any], kinds: Mapping[str, type]) -> str | None:
    """Name the type that has exactly the fields of a document."""
    names = [
        name
        for name, kind in kinds.items()
        if {field.name for field in fields(kind)} == set(document)
    ]
    return names[0] if len(names) == 1 else None


def drive(recorder: Recorder, gate: Any) -> Iterator[str]:
    """Load in every way; yields whenever there is something to be written down."""
    from e2e_api import Api, grid_event
    from e2e_source import STAMPED, create_items
    from e2e_waiting import await_value

    stack, source = recorder.stack, recorder.source
    create_items(source, "item", rows=100)
    create_items(source, "other", rows=10)
    item = source.declare("item", watermark=STAMPED, slices=MANY)
    other = source.declare("other", watermark={"kind": "none"}, loads_after=[f"{source.name}.item"])
    gone = source.declare("gone", watermark=STAMPED)
    with Api(stack.url) as api:
        failing = api.order([item, other, gone])
        # Nobody is told of it here: that there is nowhere to tell is all that is waited for.
        await_value(lambda: _is_over(api, failing), "the end of the order that fails")
        api.load(item)
        api.deliver([grid_event(item, 1), grid_event("no/such.table", 2)])
        api.await_served(item)
        order = api.post("/api/loads", {"tables": [other]}, key="once")["order_id"]
        api.wait_for_order(order)
        period = {"table": item, "from": "2020-01-01", "window": "3650d", "parallel": 1}
        api.wait_for_order(api.post("/api/backfills", period)["order_id"], "backfills")
        source.execute("DELETE FROM item WHERE id < 5")
        body = {"table": item, "compare": "rows"}
        api.wait_for_order(api.post("/api/reconciliations", body)["order_id"])
        api.post("/api/refreshes")
        yield "ended"
        gate.create("gated", "item")
        gated = source.declare("gated", watermark=STAMPED, slices=MANY)
        api.load(gated)
        source.execute("UPDATE item SET updated_at = clock_timestamp() - interval '10 minutes'")
        gate.close()
        api.order([gated, other])
        gate.await_waiting()
    yield "cut off"


def _is_over(api: Any, order_id: str) -> bool:
    ended = [
        each for each in api.instances("load_batch") if each["instanceId"].startswith(order_id)
    ]
    return bool(ended) and all(each["runtimeStatus"] == "Completed" for each in ended)


def record() -> None:
    """Run everything and write it down."""
    from e2e_job import RefreshJob
    from e2e_source import Gate, Source
    from e2e_stack import Stack

    from local import postgres
    from local.stack_process import SERVE

    with tempfile.TemporaryDirectory(prefix="tidemark-record-") as place:
        server = postgres.start(Path(place) / "postgres", fsync=False)
        job = RefreshJob(folder=Path(place) / "job").write()
        environ = {"TIDEMARK_E2E_DB": server.uri}
        stack = Stack(
            state=Path(place) / "state",
            tables=Path(place) / "tables",
            environ=environ,
            launcher=(*SERVE, "--jobs", str(job)),
        )
        stack.start()
        source = Source(name="shop", uri=server.uri, tables=stack.tables)
        source.execute("CREATE SCHEMA shop")
        gate = Gate(source)
        try:
            recorder = Recorder(stack=stack, source=source)
            documents: list[dict[str, Any]] = []
            for _ in drive(recorder, gate):
                documents += recorder.documents()
            stack.kill()
            write(dict(recorder.history()), documents)
        finally:
            gate.open()
            stack.stop()
            server.stop()


def write(histories: Mapping[str, dict[str, Any]], documents: list[dict[str, Any]]) -> None:
    """Write one event a line, and of each type of record those that differ in form."""
    RECORDED.mkdir(exist_ok=True)
    kinds = stored_types()
    counts: dict[str, int] = {}
    for history in histories.values():
        name = history["flow"] + ("" if history["done"] else "-cut-off")
        counts[name] = counts.get(name, 0) + 1
        lines = [json.dumps({key: history[key] for key in history if key != "history"})]
        lines += [json.dumps(event) for event in with_inputs(history)]
        (RECORDED / f"{name}-{counts[name]:02d}.jsonl").write_text("\n".join(lines) + "\n")
    records: dict[str, list[Any]] = {}
    forms: set[str] = set()
    for document in documents:
        kind = kind_of(document, kinds)
        form = f"{kind} {form_of(document)}"
        if kind is not None and form not in forms and len(records.get(kind, [])) < 4:
            forms.add(form)
            records.setdefault(kind, []).append(document)
    RECORDS.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")


def with_inputs(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Add what each step was given, of which the host's history has only the name."""
    from rehearsal import START, play, work_of

    events = [{"IsPlayed": False, **event} for event in known["history"]]
    _, tasks = play(known["flow"], events, known["instance"])
    given = {number: work_of(number, task, START).payload for number, task in tasks.items()}
    return [
        event | {"Input": json.dumps(given[event["EventId"]])}
        if given.get(event["EventId"]) is not None
        else event
        for event in known["history"]
    ]


def form_of(value: Any) -> Any:
    """Say which fields are there and which are empty, whatever they hold."""
    if isinstance(value, dict):
        return {name: form_of(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [form_of(value[0])] if value else []
    return type(value).__name__


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(FOLDER), str(FOLDER.parent / "e2e")]
    record()

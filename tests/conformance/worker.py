"""Indexes function_app.py and invokes it through Azure's own worker library, without a host.

Run by a Python 3.13 that has `azure-functions-runtime`: `python worker.py ROOT`. Prints one JSON
object. The host's side of the protocol, whose messages the library only passes on, is stood in for
by plain namespaces with the fields that it reads (the FunctionRpc messages of
github.com/Azure/azure-functions-language-worker-protobuf).
"""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message of the protocol: whatever fields it is given."""


class BindingInfo(Message):
    """One binding, with the protocol's numbers of data types and directions."""

    undefined, string, binary, stream = 0, 1, 2, 3
    in_, out, inout = 0, 1, 2


class StatusResult(Message):
    """How a request ended."""

    Failure, Success = 0, 1


PROTOS = Message(
    BindingInfo=BindingInfo,
    StatusResult=StatusResult,
    RpcFunctionMetadata=Message,
    RpcRetryOptions=Message,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
    RpcException=Message,
    FunctionMetadataResponse=Message,
)
ORDER_ID = "20260101T000000000Z-00000a"


async def check(root: str) -> dict[str, Any]:
    """Index the app, then call an activity, an orchestrator and a route."""
    import azure_functions_runtime as runtime  # noqa: PLC0415 - of the other Python
    from azure_functions_runtime.utils.threadpool import (  # noqa: PLC0415 - the same
        start_threadpool_executor,
    )

    start_threadpool_executor()
    init = Message(capabilities={}, function_app_directory=root)
    properties = {"host": "127.0.0.1", "protos": PROTOS}
    request = Message(request=Message(worker_init_request=init), properties=properties)
    started = await runtime.worker_init_request(request)
    found = await runtime.functions_metadata_request(Message())
    functions = {each.name: each for each in found.function_metadata_results or ()}
    return {
        "started": started.result.status == StatusResult.Success,
        "indexed": found.result.status == StatusResult.Success,
        "functions": {name: _triggers(each) for name, each in functions.items()},
        "activity": await _call(functions["take_turn"], "payload", _json({"order": "nonsense"})),
        "orchestrator": await _call(functions["load_batch"], "context", _first_episode()),
        "route": await _call(functions["get_table"], "req", _get("tables/none/none")),
    }


def _triggers(function: Any) -> list[str]:
    bindings = [json.loads(raw) for raw in function.raw_bindings]
    return [raw["type"] for raw in bindings if raw["type"].lower().endswith("trigger")]


async def _call(function: Any, name: str, datum: Any) -> dict[str, Any]:
    from azure_functions_runtime.native_invocation import (  # noqa: PLC0415 - of the other Python
        invocation_request_native,
    )

    ok, answer, *rest = await invocation_request_native(
        "invocation", function.function_id, [(name, datum)], {}
    )
    return {"ok": bool(ok), "answer": _plain(answer), "error": str(rest[1:2])}


def _plain(datum: Any) -> Any:
    value = getattr(datum, "value", datum)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return (
        value.decode()
        if isinstance(value, bytes)
        else value
        if isinstance(value, str)
        else str(value)
    )


def _datum(value: Any, kind: str) -> Any:
    from azure_functions_runtime.bindings.datumdef import Datum  # noqa: PLC0415 - of the other Python

    return Datum(value, kind)


def _json(value: Any) -> Any:
    return _datum(json.dumps(value), "json")


def _first_episode() -> Any:
    order = {
        "order_id": ORDER_ID,
        "tables": ["crm/dbo.A"],
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    base = {"EventId": -1, "IsPlayed": False, "Timestamp": "2026-01-01T00:00:00.000000Z"}
    given = json.dumps({"order": order})
    started = {"EventType": 0, "Name": "load_batch", "Version": "", "Input": given}
    context = {
        "history": [{"EventType": 12, **base}, {**started, **base}],
        "input": given,
        "instanceId": ORDER_ID,
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
        "maximumShortTimerDuration": "6.00:00:00",
        "longRunningTimerIntervalDuration": "3.00:00:00",
    }
    return _json(context)


def _get(path: str) -> Any:
    fields = {
        "method": _datum("GET", "string"),
        "url": _datum(f"http://127.0.0.1/api/{path}", "string"),
        "headers": {},
        "params": {"source": _datum("none", "string"), "table": _datum("none", "string")},
        "query": {},
        "body": _datum(b"", "bytes"),
    }
    return _datum(fields, "http")


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps(asyncio.run(check(sys.argv[1]))))  # noqa: T201 - its answer

# ruff: noqa: ANN201, BLE001  generators as users write them; the client raises plain Exception
"""One function for everything the host must serve; what ran is written to the file SAMPLE_TRACE."""

import asyncio
import json
import os
import time
from datetime import timedelta
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

QUICK = df.RetryOptions(first_retry_interval_in_milliseconds=1, max_number_of_attempts=3)


def trace(line: str) -> None:
    """Append a line; one write, so that threads do not mix theirs."""
    with Path(os.environ["SAMPLE_TRACE"]).open("a") as file:
        file.write(line + "\n")


def wait_for_gate(name: str) -> None:
    """Wait until a test has made the file of that name."""
    gate = Path(os.environ["SAMPLE_TRACE"]).parent / name
    while not gate.exists():
        time.sleep(0.002)


# --- HTTP


@app.route(route="echo/{a}/{b:int}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body().decode()
    answer = {
        "params": dict(req.route_params),
        "query": dict(req.params),
        "method": req.method,
        "body": body,
        "agent": req.headers.get("X-Agent"),
    }
    return func.HttpResponse(
        json.dumps(answer), status_code=201, headers={"X-Echo": "yes"}, mimetype="application/json"
    )


@app.route(route="echo/{a}/special", methods=["GET"])
async def special(req: func.HttpRequest) -> str:
    await asyncio.sleep(0)
    return f"special {req.route_params['a']}"


@app.route(route="files/{*rest}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def files(req: func.HttpRequest) -> str:
    return req.route_params.get("rest", "(none)")


@app.route(route="{ignored:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def root(req: func.HttpRequest) -> str:
    return "root"


@app.route(route="secret", auth_level=func.AuthLevel.ADMIN)
def secret(req: func.HttpRequest) -> str:
    return "opened"


@app.route(route="broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("the reason")


@app.route(route="nothing", auth_level=func.AuthLevel.ANONYMOUS)
def nothing(req: func.HttpRequest) -> None:
    return None


@app.route(route="slow", auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> str:
    trace("slow began")
    wait_for_gate("gate")
    return "slow done"


@app.route(route="who", auth_level=func.AuthLevel.ANONYMOUS)
def who(req: func.HttpRequest, context: func.Context) -> str:
    return f"{context.function_name} {len(context.invocation_id)}"


@app.route(route="start/{name}/{id?}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    given = json.loads(req.get_body() or b"null")
    name, wanted = req.route_params["name"], req.route_params.get("id")
    instance = await client.start_new(name, wanted, given)
    return client.create_check_status_response(req, instance)


@app.route(route="client/{what}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def through_client(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    what, instance = req.route_params["what"], req.route_params["id"]
    answer: object = None
    try:
        match what:
            case "start":
                answer = await client.start_new("child", instance, 1)
            case "event":
                await client.raise_event(instance, "go", req.get_json())
            case "terminate":
                await client.terminate(instance, "asked to")
            case "suspend":
                await client.suspend(instance, "asked to")
            case "resume":
                await client.resume(instance, "asked to")
            case "purge":
                answer = (await client.purge_instance_history(instance)).instances_deleted
            case "status":
                status = await client.get_status(instance, show_history=True, show_input=True)
                answer = status.to_json() if status else None
            case "list":
                found = await client.get_status_by(instance_id_prefix=instance)
                answer = [status.instance_id for status in found]
    except Exception as error:
        answer = {"raised": str(error)}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


# --- timers and events


@app.timer_trigger(schedule="%SAMPLE_SCHEDULE%", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    trace(f"tick past_due={timer.past_due}")
    if os.environ.get("SAMPLE_TICK_WAITS"):
        wait_for_gate("tick-gate")
    trace("tick done")


@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer", run_on_startup=True)
@app.durable_client_input(client_name="client")
async def at_startup(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    trace("started up")


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    if event.get_json().get("fail"):
        raise RuntimeError("told to")
    trace(f"event {event.id} {event.event_type}")


@app.event_grid_trigger(arg_name="event")
def on_cloud_event(event: func.CloudEvent) -> None:
    trace(f"cloud event {event.id} {event.type}")


# --- orchestrators


@app.orchestration_trigger(context_name="context")
def kitchen_sink(context: df.DurableOrchestrationContext):
    """Every construct once."""
    out = {}
    numbers = [context.call_activity("square", n) for n in range(10)]
    out["fan"] = yield context.task_all(numbers)
    children = [context.call_sub_orchestrator("child", n) for n in range(3)]
    out["children"] = yield context.task_all(children)
    out["retried"] = yield context.call_activity_with_retry("flaky", QUICK, context.instance_id)
    try:
        yield context.call_activity_with_retry("fails", QUICK, "boom")
    except Exception as error:
        out["failed"] = "boom" in str(error)
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(milliseconds=30))
    out["waited"] = context.current_utc_datetime - before >= timedelta(milliseconds=30)
    context.set_custom_status({"at": "the end"})
    out["counted"] = yield context.call_sub_orchestrator("counter", 0)
    return out


@app.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("square", context.get_input())
    return result


@app.orchestration_trigger(context_name="context")
def counter(context: df.DurableOrchestrationContext):
    n = yield context.call_activity("increment", context.get_input())
    if n < 4:
        context.continue_as_new(n)
        return None
    return n


@app.orchestration_trigger(context_name="context")
def wide(context: df.DurableOrchestrationContext):
    """200 activities in groups of 50."""
    size = 50
    groups = [list(range(n, n + size)) for n in range(0, 200, size)]
    parts = yield context.task_all([context.call_sub_orchestrator("group", g) for g in groups])
    return sum(parts)


@app.orchestration_trigger(context_name="context")
def group(context: df.DurableOrchestrationContext):
    results = yield context.task_all(
        [context.call_activity("square", n) for n in context.get_input()]
    )
    return sum(results)


@app.orchestration_trigger(context_name="context")
def gated(context: df.DurableOrchestrationContext):
    """Three activities that end and three that wait for the gate, then one more."""
    results = yield context.task_all(
        [context.call_activity("traced", n) for n in range(3)]
        + [context.call_activity("gated_activity", n) for n in range(3, 6)]
    )
    last = yield context.call_activity("traced", 99)
    return [*results, last]


@app.orchestration_trigger(context_name="context")
def waits_for_event(context: df.DurableOrchestrationContext):
    context.set_custom_status("waiting")
    went = context.wait_for_external_event("go")
    late = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    winner = yield context.task_any([went, late])
    if winner == late:
        return "too late"
    late.cancel()
    yield context.call_activity("traced", "after the event")
    return went.result


@app.orchestration_trigger(context_name="context")
def cancels(context: df.DurableOrchestrationContext):
    """A timer that is cancelled while the orchestration goes on."""
    late = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([context.call_activity("square", 1), late])
    late.cancel()
    result = yield context.call_activity("gated_activity", "after the cancel")
    return result


@app.orchestration_trigger(context_name="context")
def collects(context: df.DurableOrchestrationContext):
    """One event per execution, three executions."""
    seen = context.get_input() or []
    event = yield context.wait_for_external_event("item")
    seen = [*seen, event]
    if len(seen) < 3:
        yield context.call_activity("gated_activity", f"collect{len(seen)}")
        context.continue_as_new(seen)
        return None
    return seen


@app.orchestration_trigger(context_name="context")
def fails_fast(context: df.DurableOrchestrationContext):
    """The SDK goes on at the first failure; the extension waits for the sibling."""
    try:
        yield context.task_all(
            [context.call_activity("fails", "early"), context.call_activity("gated_activity", 1)]
        )
    except Exception:
        yield context.call_activity("traced", "next")
    return "over"


@app.orchestration_trigger(context_name="context")
def fails_beside_a_retry(context: df.DurableOrchestrationContext):
    """The retry's timer and the next step both want the next number."""
    try:
        yield context.task_all(
            [
                context.call_activity("fails", "early"),
                context.call_activity_with_retry("fails_after_gate", QUICK, "late"),
            ]
        )
    except Exception:
        yield context.call_activity("traced", "next")
    return "over"


@app.orchestration_trigger(context_name="context")
def ends_beside_a_sibling(context: df.DurableOrchestrationContext):
    yield context.task_all(
        [context.call_activity("fails", "early"), context.call_activity("gated_activity", 1)]
    )


@app.orchestration_trigger(context_name="context")
def slides(context: df.DurableOrchestrationContext):
    """A window of two over three activities: the second of them is slow."""
    first = context.call_activity("traced", "first")
    second = context.call_activity("gated_activity", "second")
    yield context.task_any([first, second])
    third = context.call_activity("gated_activity", "third")
    yield context.task_any([second, third])
    yield context.call_activity("traced", "fourth")
    return "over"


@app.orchestration_trigger(context_name="context")
def retries_child(context: df.DurableOrchestrationContext):
    result = yield context.call_sub_orchestrator_with_retry("flaky_child", QUICK, "x")
    return result


@app.orchestration_trigger(context_name="context")
def flaky_child(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("flaky", context.parent_instance_id)
    return result


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    result = yield context.call_sub_orchestrator(
        "waits_for_event", None, f"{context.instance_id}-child"
    )
    return result


@app.orchestration_trigger(context_name="context")
def mirror(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("traced", context.get_input())
    return result


@app.orchestration_trigger(context_name="context")
def mirror_gated(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("gated_activity", context.get_input())
    return result


@app.orchestration_trigger(context_name="context")
def raises(context: df.DurableOrchestrationContext):
    yield context.call_activity("square", 2)
    raise ValueError("not today")


@app.orchestration_trigger(context_name="context")
def changes_its_mind(context: df.DurableOrchestrationContext):
    """Not deterministic: it looks whether a file is there."""
    there = (Path(os.environ["SAMPLE_TRACE"]).parent / "changed").exists()
    yield context.call_activity("increment" if there else "square", 1)
    yield context.wait_for_external_event("go")
    return "over"


@app.orchestration_trigger(context_name="context")
def calls_the_unknown(context: df.DurableOrchestrationContext):
    yield context.call_activity("no_such_activity", 1)


@app.orchestration_trigger(context_name="context")
def sleeps(context: df.DurableOrchestrationContext):
    yield context.create_timer(context.current_utc_datetime + timedelta(days=10))
    return "rested"


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext):
    for n in range(context.get_input()):
        yield context.call_activity("stamp", n)


# --- activities


@app.activity_trigger(input_name="n")
def square(n: int) -> int:
    return n * n


@app.activity_trigger(input_name="n")
async def increment(n: int) -> int:
    await asyncio.sleep(0)
    return n + 1


_attempts: dict[str, int] = {}


@app.activity_trigger(input_name="who")
def flaky(who: str) -> str:
    """Fail twice per `who`, then succeed."""
    _attempts[who] = _attempts.get(who, 0) + 1
    if _attempts[who] <= 2:
        raise RuntimeError(f"attempt {_attempts[who]}")
    return f"attempt {_attempts[who]}"


@app.activity_trigger(input_name="why")
def fails(why: str) -> None:
    trace(f"fails {why}")
    raise RuntimeError(why)


@app.activity_trigger(input_name="why")
def fails_after_gate(why: str) -> None:
    trace("fails_after_gate began")
    wait_for_gate("gate")
    raise RuntimeError(why)


@app.activity_trigger(input_name="what")
def traced(what: object) -> object:
    trace(f"traced {what}")
    return what


@app.activity_trigger(input_name="what")
def gated_activity(what: object) -> object:
    trace(f"gated {what} began")
    wait_for_gate("gate")
    trace(f"gated {what} ended")
    return what


@app.activity_trigger(input_name="n")
def stamp(n: int) -> None:
    trace(f"stamp {time.perf_counter()}")

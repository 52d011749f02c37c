"""How an orchestration looks over HTTP: the durable extension's status payload."""

import json
from datetime import UTC, datetime
from typing import Any

from local.functions_host.history import CREATIONS, Event, EventType, completed_task
from local.functions_host.instances import Instance

_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_FAILED: "ExecutionFailed",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_INSTANCE_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_INSTANCE_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_RAISED: "EventRaised",
}


def status_payload(
    instance: Instance, *, show_input: bool, history: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The status of an instance; times in UTC, whole seconds, as the extension writes them."""
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status.value,
        "input": json.loads(instance.input) if show_input else None,
        "customStatus": _parse(instance.custom_status),
        "output": _parse(instance.output),
        "createdTime": _seconds(instance.created_at),
        "lastUpdatedTime": _seconds(instance.updated_at),
        "historyEvents": history,
    }


def history_payload(
    events: list[Event], *, show_input: bool, show_output: bool
) -> list[dict[str, Any]]:
    """The history for people: a task that has ended is one event, with its name and start."""
    created = {e["EventId"]: e for e in events if e["EventType"] in CREATIONS}
    ended = {completed_task(e) for e in events}
    shown: list[dict[str, Any]] = []
    for happened in events:
        name = _NAMES.get(happened["EventType"])
        if name is None or (happened["EventType"] in CREATIONS and happened["EventId"] in ended):
            continue
        line: dict[str, Any] = {"EventType": name, "Timestamp": happened["Timestamp"]}
        origin = created.get(completed_task(happened), happened)
        if origin is not happened:
            line["ScheduledTime"] = origin["Timestamp"]
        kept = {"FunctionName": origin.get("Name"), "FireAt": origin.get("FireAt")}
        if happened["EventType"] == EventType.EVENT_RAISED:
            kept = {"Name": happened["Name"]}
        kept["Reason"] = happened.get("Reason")
        if show_input:
            kept["Input"] = _parse(happened.get("Input"))
        if show_output:
            kept["Result"] = _parse(happened.get("Result"))
        shown.append(line | {key: value for key, value in kept.items() if value is not None})
    return shown


def _parse(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _seconds(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

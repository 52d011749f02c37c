"""How an orchestration begins and ends, and who is told."""

import json
import uuid
from dataclasses import replace

from local.functions_host.errors import InstanceExists
from local.functions_host.history import EventType, event
from local.functions_host.instances import Instance, InstanceTable, RuntimeStatus
from local.functions_host.mailbox import Mailbox


def new_execution() -> str:
    """An id that no other execution has."""
    return uuid.uuid4().hex


class Lifecycle:
    """Begins and ends orchestrations. Every method belongs inside a transaction."""

    def __init__(self, instances: InstanceTable, mailbox: Mailbox) -> None:
        self._instances = instances
        self._mailbox = mailbox

    def begin(self, instance: Instance) -> None:
        """Write a new orchestration in the place of a finished one of the same id.

        Raises:
            InstanceExists: one of that id has not finished.
        """
        old = self._instances.find(instance.id)
        if old is not None and not old.status.is_final:
            raise InstanceExists(
                f"An orchestration with the id {instance.id!r} is {old.status}. "
                "Wait until it has finished, terminate it, or choose another id."
            )
        self.purge(instance.id)
        self._instances.add(instance)

    def complete(self, instance: Instance, output: str, now: float) -> list[str]:
        """End well with an output (JSON text); the ids of those to be woken."""
        done = event(EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED, now, Result=output)
        return self._end(instance, RuntimeStatus.COMPLETED, output, done, now)

    def fail(self, instance: Instance, message: str, now: float) -> list[str]:
        """End with a failure; the ids of those to be woken."""
        reason = f"Orchestrator function '{instance.name}' failed: {message}"
        failed = event(
            EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, now, Reason=reason, Details=None
        )
        return self._end(instance, RuntimeStatus.FAILED, json.dumps(reason), failed, now)

    def terminate(self, instance: Instance, reason: str, now: float) -> list[str]:
        """End an orchestration and its children, theirs included; the ids of those to be woken."""
        woken: list[str] = []
        for child in self._instances.children(instance):
            if not child.status.is_final:
                woken += self.terminate(child, reason, now)
        failed = event(
            EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, now, Reason=reason, Details=None
        )
        output = json.dumps(reason)
        return woken + self._end(instance, RuntimeStatus.TERMINATED, output, failed, now)

    def continue_as_new(self, instance: Instance, given: str, now: float) -> Instance:
        """Begin a new execution under the same id; only unread external events stay."""
        execution = new_execution()
        self._mailbox.clear_history(instance.id)
        self._mailbox.remove_completions(instance.id)
        self._instances.begin_anew(instance.id, execution, given, now)
        return replace(instance, execution=execution, input=given)

    def purge(self, instance_id: str) -> None:
        """Forget an instance and all that belongs to it, whatever its state."""
        self._instances.remove(instance_id)
        self._mailbox.clear_history(instance_id)
        self._mailbox.remove_all(instance_id)
        self._mailbox.remove_activities(instance_id)

    def _end(
        self,
        instance: Instance,
        status: RuntimeStatus,
        output: str,
        to_parent: dict[str, object],
        now: float,
    ) -> list[str]:
        # Activities that were scheduled stay: on Azure their messages are on the way, too.
        self._instances.set_outcome(instance.id, status, output, now)
        self._mailbox.remove_all(instance.id)
        if instance.parent is None:
            return []
        parent = self._instances.find(instance.parent)
        if parent is None or parent.status.is_final:
            return []
        self._mailbox.post(
            parent.id,
            {**to_parent, "TaskScheduledId": instance.parent_task},
            due_at=now,
            execution=instance.parent_execution,
            task=instance.parent_task,
        )
        return [parent.id]

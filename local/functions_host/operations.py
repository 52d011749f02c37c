"""What can be asked of orchestrations from outside: start, look, tell, stop, forget."""

import logging
import uuid
from collections.abc import Callable, Collection

from local.functions_host.clock import Clock
from local.functions_host.errors import UnknownFunction
from local.functions_host.history import Event, EventType, event
from local.functions_host.hub import TaskHub
from local.functions_host.instances import FINAL, Instance, InstanceFilter, RuntimeStatus
from local.functions_host.lifecycle import new_execution

_log = logging.getLogger(__name__)
_PURGE_BATCH = 200


class Operations:
    """The operations of a durable client.

    Args:
        hub: where orchestrations are stored.
        clock: says when something was asked.
        orchestrators: names that can be started.
        default_version: version of instances that are started without one.
        wake: called with the ids of instances that have something new to read.
    """

    def __init__(
        self,
        *,
        hub: TaskHub,
        clock: Clock,
        orchestrators: Collection[str],
        default_version: str | None,
        wake: Callable[..., None],
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._orchestrators = orchestrators
        self._default_version = default_version
        self._wake = wake

    def start(self, name: str, instance_id: str | None, given: str, version: str | None) -> str:
        """Start an orchestration with an input (JSON text); its id.

        Raises:
            UnknownFunction: there is no such orchestrator.
            InstanceExists: an orchestration of that id has not finished.
        """
        if name not in self._orchestrators:
            known = ", ".join(sorted(self._orchestrators)) or "none"
            raise UnknownFunction(
                f"There is no orchestrator function {name!r}. There are: {known}."
            )
        now = self._clock.now()
        instance = Instance(
            id=instance_id or uuid.uuid4().hex,
            execution=new_execution(),
            name=name,
            version=version or self._default_version,
            input=given,
            status=RuntimeStatus.PENDING,
            created_at=now,
            updated_at=now,
        )
        with self._hub.database.transaction():
            self._hub.lifecycle.begin(instance)
        _log.info("orchestration started", extra={"instance": instance.id, "orchestrator": name})
        self._wake(instance.id)
        return instance.id

    def find(self, instance_id: str) -> Instance | None:
        """The instance of that id."""
        return self._hub.instances.find(instance_id)

    def history(self, instance_id: str) -> list[Event]:
        """The events of the current execution."""
        return self._hub.mailbox.history(instance_id)

    def page(self, wanted: InstanceFilter, after: tuple[float, str], limit: int) -> list[Instance]:
        """Instances by (created_at, id), after the given one."""
        return self._hub.instances.page(wanted, after, limit)

    def raise_event(self, instance: Instance, name: str, payload: str) -> None:
        """Send an external event with a payload (JSON text)."""
        now = self._clock.now()
        raised = event(EventType.EVENT_RAISED, now, Name=name, Input=payload)
        with self._hub.database.transaction():
            self._hub.mailbox.post(instance.id, raised, due_at=now)
        self._wake(instance.id)

    def terminate(self, instance: Instance, reason: str) -> None:
        """End an orchestration and its sub-orchestrations now."""
        with self._hub.database.transaction():
            current = self._hub.instances.find(instance.id)
            woken: list[str] = []
            if current is not None and not current.status.is_final:
                woken = self._hub.lifecycle.terminate(current, reason, self._clock.now())
        _log.info("orchestration terminated", extra={"instance": instance.id})
        self._wake(*woken)
        self._hub.announce()

    def suspend(self, instance: Instance) -> None:
        """Let an orchestration read no more messages until it is resumed."""
        self._move(instance, RuntimeStatus.SUSPENDED)

    def resume(self, instance: Instance) -> None:
        """Let a suspended orchestration go on."""
        self._move(instance, RuntimeStatus.RUNNING)
        self._wake(instance.id)

    def purge(self, instance: Instance) -> None:
        """Forget a finished orchestration."""
        with self._hub.database.transaction():
            self._hub.lifecycle.purge(instance.id)

    def purge_many(self, wanted: InstanceFilter) -> int:
        """Forget the finished orchestrations among those; how many they were."""
        purged, after = 0, (0.0, "")
        while found := self._hub.instances.page(wanted, after, _PURGE_BATCH):
            after = (found[-1].created_at, found[-1].id)
            finished = [instance for instance in found if instance.status in FINAL]
            for instance in finished:
                self.purge(instance)
            purged += len(finished)
        return purged

    def _move(self, instance: Instance, to: RuntimeStatus) -> None:
        with self._hub.database.transaction():
            current = self._hub.instances.find(instance.id)
            if current is None or current.status.is_final:
                return
            if to is RuntimeStatus.RUNNING and current.status is not RuntimeStatus.SUSPENDED:
                return
            self._hub.instances.set_status(instance.id, to, self._clock.now())

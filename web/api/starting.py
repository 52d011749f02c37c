"""Starts orchestrations, and asks the host of them: the only place that speaks with the Durable client."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from azure.durable_functions import DurableOrchestrationClient as Client
from azure.durable_functions import OrchestrationRuntimeStatus as Status
from azure.durable_functions.models.RpcManagementOptions import RpcManagementOptions

from shared.durable.encoding import encode_input
from shared.durable.steps import RefreshWork, refresh_lakehouse
from shared.lakehouse.refresh import REFRESH_INSTANCE
from shared.loading.errors import TransientError
from shared.operations.ordering import Start
from shared.operations.sweep import Life
from shared.runtime import wiring

__all__ = ["Client", "HostUnavailable", "begin", "begin_refresh", "life_of", "tell_history"]

_log = logging.getLogger(__name__)
_ALIVE = {Status.Running, Status.Pending, Status.Suspended, Status.ContinuedAsNew}

T = TypeVar("T")


class HostUnavailable(TransientError):
    """Look into `GET /api/orders` before you send it again: what was ordered is written down, and the next tick starts it."""


async def begin(client: Client, start: Start) -> None:
    """Start an orchestration, unless it is there: its instance id is the order's.

    While the app is paused the order stays written down; the sweep starts it afterwards.

    Raises:
        HostUnavailable: the host does not say whether it has started it. The sweep finds out.
    """
    if wiring.app().settings.paused or await life_of(client, start.instance) != "unknown":
        return
    given = encode_input(start.given)
    await _start(client, start.flow, start.instance, given, done={"alive", "ended"})


async def begin_refresh(client: Client) -> None:
    """Let the one orchestration that refreshes the lakehouse run, unless it does.

    One that is about to end may have looked before something was published: the next tick finds it.

    Raises:
        HostUnavailable: as `begin`.
    """
    if wiring.app().settings.paused or await life_of(client, REFRESH_INSTANCE) == "alive":
        return
    given = encode_input(RefreshWork())
    await _start(client, refresh_lakehouse.name, REFRESH_INSTANCE, given, done={"alive"})


async def life_of(client: Client, instance: str) -> Life:
    """Ask whether an orchestration goes on. Raises HostUnavailable."""
    status = await _asked(lambda: client.get_status(instance))
    if not status or status.runtime_status is None:
        return "unknown"
    return "alive" if status.runtime_status in _ALIVE else "ended"


async def tell_history(client: Client, instance: str) -> list[dict[str, Any]]:
    """Ask the host what it remembers of an orchestration; nothing of one that is not there any more.

    Raises:
        HostUnavailable: it does not answer.
    """
    # `get_status` loses it: the SDK looks for `history`, and the host writes `historyEvents`.
    bindings = client._orchestration_bindings  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    asked = RpcManagementOptions(instance_id=instance, show_history=True)
    address = asked.to_url(bindings.rpc_base_url)
    ask = client._get_async_request  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    _, told = await _asked(lambda: ask(address))
    found = told.get("historyEvents") if isinstance(told, dict) else None
    return found or []


async def _start(client: Client, flow: str, instance: str, given: Any, *, done: set[Life]) -> None:
    """Start an orchestration; of two that do so at once the host may refuse one, which is as well."""
    try:
        await _asked(lambda: client.start_new(flow, instance, given))
    except HostUnavailable:
        if await life_of(client, instance) not in done:
            raise


async def _asked(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask the host. Raises HostUnavailable."""
    try:
        return await ask()
    except Exception as error:
        # The SDK makes nothing more exact of what the host says than this, and passes on what its
        # HTTP client raises.
        _log.warning("the Functions host did not do what it was asked", exc_info=error)
        raise HostUnavailable(f"the Functions host says {type(error).__name__}") from error

"""Runs an app's functions: the real converters in and out, plain functions in threads."""

import asyncio
import contextlib
import functools
import threading
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.durable_functions.models.utils import http_utils
from azure.functions.meta import Datum

from local.functions_host.app import Function
from local.functions_host.threads import DaemonPool


@functools.cache
def user_loop() -> asyncio.AbstractEventLoop:
    """The event loop of the app's coroutines: one per process, as in the real worker.

    The durable client keeps one HTTP session per process, bound to the loop
    that first used it; a loop per host would leave the next host without.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="user-loop", daemon=True).start()
    return loop


def close_client_session(patience_seconds: float) -> None:
    """Close the HTTP session that the durable SDK keeps open for the whole process.

    A client that is used later opens a new one.
    """
    closing = asyncio.run_coroutine_threadsafe(
        http_utils._close_session(),  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public one
        user_loop(),
    )
    with contextlib.suppress(TimeoutError):  # a function of the app that blocks the loop
        closing.result(patience_seconds)


class InvocationContext(func.Context):
    """What a function finds in a parameter called `context`."""

    def __init__(self, function: Function, app_dir: Path) -> None:
        self._invocation_id = str(uuid.uuid4())
        self._function_name = function.name
        self._app_dir = str(app_dir)
        self._storage = threading.local()
        self._storage.invocation_id = self._invocation_id

    @property
    def invocation_id(self) -> str:
        """Unique for each run."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        """Where the real worker keeps the invocation id for threads of the function's own."""
        return self._storage

    @property
    def function_name(self) -> str:
        """The function that runs."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return self._app_dir

    @property
    def trace_context(self) -> Any:
        """None: the local host traces nothing."""
        return None

    @property
    def retry_context(self) -> Any:
        """None: the local host knows no retry policies."""
        return None


class Invoker:
    """Invokes functions.

    Args:
        app_dir: the app's folder.
        client: gives the JSON text of a durable client binding.
        pool: the threads of plain functions; what does not fit waits.
    """

    def __init__(self, app_dir: Path, client: Callable[[], str], pool: DaemonPool) -> None:
        self._app_dir = app_dir
        self._client = client
        self._pool = pool
        self._converters: Any = func.get_binding_registry()

    def invoke(
        self, function: Function, given: Datum, encode: Callable[[Any], Any] = lambda result: result
    ) -> "Future[Any]":
        """Start a function.

        Args:
            function: what to run.
            given: the trigger's value as the host would send it.
            encode: turns the result into what the caller wants, as part of the run.

        Returns:
            A future of the encoded result; it carries whatever the function, or a converter,
            raised. Cancelling it stops a coroutine, never a thread.
        """
        if function.is_async:
            return asyncio.run_coroutine_threadsafe(
                self._run_async(function, given, encode), user_loop()
            )
        return self._pool.submit(lambda: encode(function.code(**self._arguments(function, given))))

    def encode(self, binding: str, value: Any) -> Any:
        """Turn a result into the Datum of a binding by its converter."""
        return self._converters.get(binding).encode(value, expected_type=None)

    async def _run_async(
        self, function: Function, given: Datum, encode: Callable[[Any], Any]
    ) -> Any:
        answer: Coroutine[Any, Any, Any] = function.code(**self._arguments(function, given))
        return encode(await answer)

    def _arguments(self, function: Function, given: Datum) -> dict[str, Any]:
        trigger = function.trigger
        decode = self._converters.get(trigger.type).decode
        arguments: dict[str, Any] = {trigger.name: decode(given, trigger_metadata={})}
        for name in function.clients:
            client = Datum(self._client(), "string")
            arguments[name] = self._converters.get("durableClient").decode(
                client, trigger_metadata={}
            )
        if function.wants_context:
            arguments["context"] = InvocationContext(function, self._app_dir)
        return arguments

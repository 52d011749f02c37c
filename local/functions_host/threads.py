"""Threads that run functions: reused while there is work, and never in the way of the exit."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[Callable[[], Any], "Future[Any]"]


class DaemonPool:
    """A thread pool of daemon threads.

    `concurrent.futures.ThreadPoolExecutor` joins its threads when Python
    exits, so one function that hangs would keep the host from stopping.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0  # threads that wait and are not yet promised a job
        self._backlog = 0  # jobs that no thread is promised to

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Run a call on the next free thread."""
        future: Future[T] = Future()
        with self._lock:
            self._jobs.put((call, future))
            if self._free:
                self._free -= 1
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            else:
                self._backlog += 1
        return future

    def stop(self) -> None:
        """Let every thread end after what it runs now."""
        with self._lock:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            _settle(*job)
            # The next wait may be long: a result must not stay alive that long.
            del job
            with self._lock:
                if self._backlog:
                    self._backlog -= 1
                else:
                    self._free += 1


def _settle(call: Callable[[], Any], future: "Future[Any]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  the thread's boundary: the future carries it on
        future.set_exception(error)
    else:
        future.set_result(result)

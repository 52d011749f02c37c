"""Serves the functions, or the whole stack, until it is stopped, killed, or passes its crash point.

Most of what a life costs are its imports. So they are made once, in a process from which the lives
are forked: it has no threads, no connections, and nothing of an earlier life.

Beside the places of the host, every request to the storage is two places: `request leaves …` and
`request answered …`, the latter before the app has seen the answer.
"""

import faulthandler
import json
import os
import re
import select
import signal
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

import activities
import orchestrators  # noqa: F401 - imported before the lives are forked
import web.api.http  # noqa: F401 - imported before the lives are forked
from local.functions_host import Disturbance, FunctionsHost
from local.functions_host.log import log_to
from local.ports import free_port
from local.signals import catch_signals
from local.stack import REPOSITORY, StackOptions, run
from shared.adapters.azure import clients
from shared.durable import steps
from shared.operations import sweep
from shared.runtime import building  # noqa: F401 - imported before the lives are forked

# The same, with all that they need.
for _name in activities.__all__:
    getattr(activities, _name)

_ROW = re.compile(r"(\w+)\(PartitionKey='.*',RowKey='(.*)'\)")


def place_of(method: str, url: str, headers: Any, body: Any) -> str:
    """Name a request to the storage: what it does, and to what kind of thing."""
    path = unquote(urlsplit(url).path)
    if headers.get("x-ms-rename-source"):
        return f"rename {path.rsplit('/', 1)[-1]}"
    text = body if isinstance(body, bytes) else str(body or "").encode()
    if path.endswith("$batch"):
        return f"batch {'tidemarkstates' if b'tidemarkstates' in text else 'others'}"
    found = _ROW.search(path)
    if found is None:
        return f"{method} {path.rsplit('/', 1)[-1]}"
    claims = " with claim" if b'claim\\":{' in text else ""
    return f"{method} {found[1]} {found[2]}{claims}"


def watch_requests(disturbance: Disturbance) -> None:
    """Tell of every request before it is sent and when it is answered."""
    send = requests.Session.send

    def watched(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        method, url = request.method or "", request.url or ""
        place = place_of(method, url, request.headers, request.body)
        disturbance.passes(f"request leaves {place}")
        answer = send(session, request, **options)
        disturbance.passes(f"request answered {place}")
        return answer

    requests.Session.send = watched


def lose_patience() -> None:
    """Wait a second or two where the product waits for half a minute, so that a run of faults is short."""
    clients.LAKE_ANSWER_SECONDS = clients.TABLE_ANSWER_SECONDS = 3
    sweep.GRACE = type(sweep.GRACE)(seconds=3)
    for retry in (steps.STORE, steps.SOURCE):
        object.__setattr__(retry, "longest_pause", type(retry.first_pause)(seconds=2))


def serve(given: dict[str, Any]) -> int:
    """Serve until SIGTERM: `state`, `tables` and `tick` as for the stack; if `whole`, the storage too."""
    os.environ.update(given["environ"])
    faulthandler.enable()
    state, tables = Path(given["state"]), Path(given["tables"])
    disturbance = Disturbance.from_env(os.environ)
    watch_requests(disturbance)
    lose_patience()
    if given["whole"]:
        return run(StackOptions(state=state, tables=tables, tick=given["tick"], port=0))
    signals = catch_signals()
    log_to(state / "host.log")
    port = free_port()
    os.environ["TIDEMARK_BASE_URL"] = f"http://127.0.0.1:{port}"
    with FunctionsHost(REPOSITORY, state / "host", port=port, disturbance=disturbance) as host:
        print(f"ready {host.url}", flush=True)  # noqa: T201 - said to the rig
        signals.recv(1)
    return 0


def bear(given: dict[str, Any]) -> None:
    """Start a life as a group of its own, and say when it has ended; all ends with standard input."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        with Path(given["state"], "worker.err").open("a") as errors:
            os.dup2(errors.fileno(), sys.stderr.fileno())
        os._exit(serve(given))
    print(f"born {pid}", flush=True)  # noqa: T201 - the same
    life = os.pidfd_open(pid)
    if life not in select.select([sys.stdin, life], [], [])[0]:
        os.killpg(pid, signal.SIGKILL)
    os.close(life)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(f"ended {status}", flush=True)  # noqa: T201 - the same


def main() -> None:
    """Bear one life after the other, each from a line of JSON; what they share is imported only once."""
    while line := sys.stdin.readline():
        bear(json.loads(line))


if __name__ == "__main__":
    main()

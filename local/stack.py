"""The embedded stack: everything that Tidemark needs, on one machine, in the foreground."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from local import postgres
from local.azurite.install import InstallFailed, ensure_installed
from local.azurite.process import AzuriteFailed
from local.azurite.process import start as start_azurite
from local.databricks.process import WorkspaceNotStarted
from local.databricks.process import start as start_workspace
from local.databricks.refresh_job import REFRESH_JOB, is_installed, write_refresh_job
from local.datalake.process import DatalakeNotStarted
from local.datalake.process import start as start_datalake
from local.functions_host import FunctionsHost, HostError
from local.functions_host.log import log_to
from local.ports import free_port
from local.signals import catch_signals
from local.tether import StateInUse
from shared.runtime.wiring import STATE_TABLES

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / ".cache"
DEFAULT_TICK = "*/10 * * * * *"
REACH = "TIDEMARK_ALLOW_PRIVATE_HOSTS"
# What sources and webhooks of this machine have as addresses.
LOOPBACK = "127.0.0.0/8, ::1"
# Requests a minute: whoever has this machine may ask as fast as it answers.
UNHURRIED = "1000000"
SESSION_KEY = "TIDEMARK_SESSION_KEY"
SAMPLE_SETTINGS = ("SPOTIFY_DB", "NYCFLIGHTS_DB")

# What whoever starts it may set in another way.
_USUAL = {
    "TIDEMARK_LOGS": "json",
    "TIDEMARK_REQUESTS_PER_MINUTE": UNHURRIED,
    REACH: LOOPBACK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What to run: `state` survives, `tables` holds the table files, port 0 chooses a free one.

    `sample` starts the sample source, a PostgreSQL of its own with the demo's ten tables, and sets
    its connection strings. `jobs` is a job file of the Databricks workspace, whose job 1 refreshes the
    lakehouse; with `lakehouse` it is that of the lakehouse's package, if that is installed.
    """

    state: Path
    tables: Path
    port: int = 7071
    require_keys: bool = False
    tick: str = DEFAULT_TICK
    sample: bool = False
    jobs: Path | None = None
    lakehouse: bool = False


def run(options: StackOptions) -> int:
    """Serve until SIGTERM or SIGINT; 1 if a part cannot start. Prints `ready URL` when it is up."""
    signals = catch_signals()
    try:
        with running(options) as url:
            print(f"ready {url}", flush=True)  # noqa: T201 - the agreed sign for whoever started us
            print(f"operations page {url}/api/", flush=True)  # noqa: T201 - for the user
            signals.recv(1)
    except (
        AzuriteFailed,
        DatalakeNotStarted,
        HostError,
        InstallFailed,
        OSError,
        StateInUse,
        WorkspaceNotStarted,
        postgres.PostgresFailed,
    ) as error:
        print(f"tidemark dev cannot run: {error}{_hint(error)}", file=sys.stderr)  # noqa: T201 - for the user
        return 1
    return 0


def _hint(error: Exception) -> str:
    """Say what to do about a port that is taken."""
    if not (isinstance(error, OSError) and error.errno == errno.EADDRINUSE):
        return ""
    return ". End who listens there (`make demo-stop`), or choose another with --port"


@contextmanager
def running(options: StackOptions) -> Generator[str]:
    """Run every part, the host last; give its address. The parts die with this process."""
    state = options.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    log_to(state / "host.log")
    # Known before anything runs: what goes on from an earlier life may write links at once.
    port = options.port or free_port()
    with ExitStack() as stack:
        azurite = start_azurite(state / "azurite", install=ensure_installed(CACHE))
        stack.callback(azurite.stop)
        datalake = stack.enter_context(start_datalake(state / "lake"))
        settings = {
            "TIDEMARK_LAKE_URL": datalake.url,
            "TIDEMARK_LAKE_KEY": datalake.key,
            "TIDEMARK_STATE_URL": azurite.table_url,
            "TIDEMARK_STATE_KEY": azurite.key,
            "TIDEMARK_TABLES": str(options.tables.resolve()),
            "TIDEMARK_TICK": options.tick,
            "TIDEMARK_BASE_URL": f"http://127.0.0.1:{port}",
            SESSION_KEY: session_key(state / "session.key"),
            **{name: os.environ.get(name, usual) for name, usual in _USUAL.items()},
        }
        if options.sample:
            settings |= _start_sample(stack, state)
        settings |= _start_lakehouse(stack, options, state)
        free_connection_slots(azurite.table_url, azurite.account, azurite.key)
        os.environ.update(settings)
        host = stack.enter_context(
            FunctionsHost(
                REPOSITORY,
                state / "host",
                port=port,
                require_keys=options.require_keys,
            )
        )
        _write_address(state, host.url, settings)
        yield host.url


def _start_sample(stack: ExitStack, state: Path) -> dict[str, str]:
    """Start the sample source; give the settings by which table files name it."""
    # With its driver comes pandas, where that is installed: a second, which few stacks are asked to spend.
    from local.sample.load import ensure_sample  # noqa: PLC0415

    sample = postgres.start(state / "postgres")
    stack.callback(sample.stop)
    ensure_sample(sample.uri)
    # For whoever wants to change the sample; the port is a new one with each start.
    print(f"sample source: {sample.uri}", file=sys.stderr)  # noqa: T201 - for the user
    return dict.fromkeys(SAMPLE_SETTINGS, sample.uri)


def _start_lakehouse(stack: ExitStack, options: StackOptions, state: Path) -> dict[str, str]:
    """Start the workspace if there is a job for it; give the settings by which the app finds it."""
    jobs = options.jobs
    if jobs is None and options.lakehouse and is_installed():
        # Gold's models are those of the sample; other tables end in silver.
        found = sorted((REPOSITORY / "lakehouse" / "models").glob("*/")) if options.sample else []
        jobs = write_refresh_job(state / "jobs.json", lake=state / "lake", models=found)
    if jobs is None:
        return {}
    workspace = stack.enter_context(start_workspace(state / "databricks", jobs))
    return {
        "TIDEMARK_DATABRICKS_HOST": workspace.url,
        "TIDEMARK_DATABRICKS_TOKEN": workspace.token,
        "TIDEMARK_LAKEHOUSE_JOB": str(REFRESH_JOB),
    }


def free_connection_slots(url: str, account: str, key: str) -> None:
    """Free what a killed predecessor held: this stack is the only worker, and it has just begun."""
    login = AzureNamedKeyCredential(account, key)
    with TableServiceClient(url, credential=login) as service:
        service.delete_table(STATE_TABLES["slots"])


def session_key(path: Path) -> str:
    """Give the key that this state folder's sessions are signed with, new with the folder."""
    if not path.exists():
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        fresh.replace(path)
    return path.read_text()


def _write_address(state: Path, url: str, settings: Mapping[str, str]) -> None:
    """Leave the addresses in a file, for whoever wants to look. The keys are the well-known ones."""
    shown = {k: v for k, v in settings.items() if not k.endswith("_DB") and k != SESSION_KEY}
    shown = {"url": url, **shown}
    (state / "stack.json").write_text(json.dumps(shown, indent=1))

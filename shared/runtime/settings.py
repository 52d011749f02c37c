"""Everything the app takes from its environment, read once and checked together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from shared.runtime.alert_settings import AlertSettings, read_alert_settings

Access: TypeAlias = Literal["keys", "entra"]

USUAL_PACE = 240

# By this App Service tells an app that it checks who signs in before a request gets to it.
_VOUCHED = "WEBSITE_AUTH_ENABLED"

# What a setting holds whose secret App Service did not find.
_UNRESOLVED = "@Microsoft.KeyVault("

# To whom is told what the app does; read where it is chosen, in `telling` and `lineage`.
TELEMETRY = "TIDEMARK_TELEMETRY"
LOGS = "TIDEMARK_LOGS"
LINEAGE = "TIDEMARK_OPENLINEAGE"
LINEAGE_KEY = "TIDEMARK_OPENLINEAGE_KEY"
LINEAGE_NAMESPACE = "TIDEMARK_OPENLINEAGE_NAMESPACE"


class SettingsIncomplete(Exception):
    """Set the app settings that the message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """App settings.

    `tables` is the folder of table files, or `lake:<filesystem>/<path>` for one in the lake.
    The keys and the token are None where managed identity is used. `base_url` is where links in
    alerts lead, `alerts` are the channels by which they leave. Without a `lakehouse_job` nothing is
    handed to the lakehouse. While `paused`, orders are taken and none is begun. `session_key` signs
    the sessions of the operations page, which links to the `data_docs_url`.
    """

    lake_url: str
    lake_key: str | None
    state_url: str
    state_key: str | None
    tables: str
    base_url: str
    alerts: AlertSettings
    databricks_host: str = ""
    databricks_token: str | None = None
    lakehouse_job: int | None = None
    paused: bool = False
    session_key: str | None = None
    data_docs_url: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings. Raises SettingsIncomplete with every name that is missing or wrong."""
        wanted = ("TIDEMARK_LAKE_URL", "TIDEMARK_STATE_URL", "TIDEMARK_TABLES")
        missing = [name for name in wanted if not environ.get(name)]
        if missing:
            raise SettingsIncomplete(f"app settings missing: {', '.join(missing)}")
        job = environ.get("TIDEMARK_LAKEHOUSE_JOB") or None
        _check_job(job, environ.get("TIDEMARK_DATABRICKS_HOST"))
        return cls(
            lake_url=environ["TIDEMARK_LAKE_URL"],
            lake_key=environ.get("TIDEMARK_LAKE_KEY") or None,
            state_url=environ["TIDEMARK_STATE_URL"],
            state_key=environ.get("TIDEMARK_STATE_KEY") or None,
            tables=environ["TIDEMARK_TABLES"],
            base_url=environ.get("TIDEMARK_BASE_URL", "").rstrip("/"),
            alerts=_read_alerts(environ),
            databricks_host=environ.get("TIDEMARK_DATABRICKS_HOST", "").rstrip("/"),
            databricks_token=environ.get("TIDEMARK_DATABRICKS_TOKEN") or None,
            lakehouse_job=int(job) if job else None,
            paused=_read_switch("TIDEMARK_PAUSED", environ),
            session_key=_read_secret("TIDEMARK_SESSION_KEY", environ),
            data_docs_url=environ.get("TIDEMARK_DATA_DOCS_URL", ""),
        )

    def __repr__(self) -> str:
        """Show nothing secret."""
        return f"Settings(lake_url={self.lake_url!r}, state_url={self.state_url!r})"


def _read_secret(name: str, environ: Mapping[str, str]) -> str | None:
    """Give a secret; None where there is none in the vault: the text of the reference is known to everybody."""
    found = environ.get(name) or None
    return None if found is not None and found.startswith(_UNRESOLVED) else found


def _read_switch(name: str, environ: Mapping[str, str]) -> bool:
    said = environ.get(name, "").lower()
    if said not in ("", "false", "true"):
        raise SettingsIncomplete(f"{name} has to be true or false")
    return said == "true"


def is_vouched(environ: Mapping[str, str]) -> bool:
    """Whether App Service Authentication stands before the app."""
    return environ.get(_VOUCHED, "").lower() == "true"


def needs_key(environ: Mapping[str, str]) -> bool:
    """Whether the host has to ask for a function key: always, unless Entra ID says who asks."""
    return not (environ.get("TIDEMARK_ACCESS") == "entra" and is_vouched(environ))


def access_of(environ: Mapping[str, str]) -> Access:
    """Who says who asks: the host by function keys, or App Service Authentication with Entra ID.

    Raises:
        SettingsIncomplete: TIDEMARK_ACCESS is something else.
    """
    access = environ.get("TIDEMARK_ACCESS") or "keys"
    if access not in get_args(Access):
        raise SettingsIncomplete("TIDEMARK_ACCESS has to be keys or entra")
    return cast("Access", access)


def pace_of(environ: Mapping[str, str]) -> int:
    """How many requests that change something or cost much a caller may send in a minute.

    Raises:
        SettingsIncomplete: TIDEMARK_REQUESTS_PER_MINUTE is no number that makes sense.
    """
    text = environ.get("TIDEMARK_REQUESTS_PER_MINUTE") or str(USUAL_PACE)
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise SettingsIncomplete("TIDEMARK_REQUESTS_PER_MINUTE has to be from 1 to 9999999")
    return int(text)


def _read_alerts(environ: Mapping[str, str]) -> AlertSettings:
    problems: list[str] = []
    found = read_alert_settings(environ, problems.append)
    if problems:
        raise SettingsIncomplete(f"app settings wrong: {'; '.join(problems)}")
    return found


def _check_job(job: str | None, host: str | None) -> None:
    if job is None:
        return
    if not (job.isascii() and job.isdigit()):
        raise SettingsIncomplete("TIDEMARK_LAKEHOUSE_JOB has to be the number of a job")
    if not host:
        raise SettingsIncomplete("app settings missing: TIDEMARK_DATABRICKS_HOST")

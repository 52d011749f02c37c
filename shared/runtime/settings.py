"""Everything the app takes from its environment, read once and checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.alert_settings import AlertSettings, read_alert_settings


class SettingsIncomplete(Exception):
    """Set the app settings that the message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """App settings.

    `tables` is the folder of table files, or `lake:<filesystem>/<path>` for one in the lake.
    The keys and the token are None where managed identity is used. `base_url` is where links in
    alerts lead, `alerts` are the channels by which they leave. Without a `lakehouse_job` nothing is
    handed to the lakehouse.
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
        )

    def __repr__(self) -> str:
        """Show nothing secret."""
        return f"Settings(lake_url={self.lake_url!r}, state_url={self.state_url!r})"


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

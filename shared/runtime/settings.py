"""Everything the app takes from its environment, read once and checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsIncomplete(Exception):
    """Set the app settings that the message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """App settings.

    `tables` is the folder of table files, or `lake:<filesystem>/<path>` for one in the lake.
    The keys are None where managed identity is used. `base_url` is where links in alerts lead.
    """

    lake_url: str
    lake_key: str | None
    state_url: str
    state_key: str | None
    tables: str
    base_url: str
    alert_webhook: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings. Raises SettingsIncomplete with every name that is missing."""
        wanted = ("TIDEMARK_LAKE_URL", "TIDEMARK_STATE_URL", "TIDEMARK_TABLES")
        missing = [name for name in wanted if not environ.get(name)]
        if missing:
            raise SettingsIncomplete(f"app settings missing: {', '.join(missing)}")
        return cls(
            lake_url=environ["TIDEMARK_LAKE_URL"],
            lake_key=environ.get("TIDEMARK_LAKE_KEY") or None,
            state_url=environ["TIDEMARK_STATE_URL"],
            state_key=environ.get("TIDEMARK_STATE_KEY") or None,
            tables=environ["TIDEMARK_TABLES"],
            base_url=environ.get("TIDEMARK_BASE_URL", "").rstrip("/"),
            alert_webhook=environ.get("TIDEMARK_ALERT_WEBHOOK") or None,
        )

    def __repr__(self) -> str:
        """Show nothing secret."""
        return f"Settings(lake_url={self.lake_url!r}, state_url={self.state_url!r})"

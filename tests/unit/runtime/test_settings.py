"""App settings are read once; all that is missing is named together, and no key is ever shown."""

from dataclasses import FrozenInstanceError

import pytest

from shared.runtime.settings import Settings, SettingsIncomplete

ENVIRON = {
    "TIDEMARK_LAKE_URL": "https://lake",
    "TIDEMARK_STATE_URL": "https://state",
    "TIDEMARK_TABLES": "tables",
}


def test_every_missing_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsIncomplete) as missing:
        Settings.from_env({"TIDEMARK_LAKE_URL": ""})
    for name in ENVIRON:
        assert name in str(missing.value)


def test_without_keys_managed_identity_is_meant() -> None:
    settings = Settings.from_env({**ENVIRON, "TIDEMARK_LAKE_KEY": ""})
    assert (settings.lake_key, settings.state_key, settings.alerts.webhook) == (None, None, None)


def test_links_are_built_without_a_double_slash() -> None:
    settings = Settings.from_env({**ENVIRON, "TIDEMARK_BASE_URL": "https://host/"})
    assert settings.base_url == "https://host"


def test_no_key_and_no_webhook_is_shown() -> None:
    secrets = {
        "TIDEMARK_LAKE_KEY": "key-one",
        "TIDEMARK_STATE_KEY": "key-two",
        "TIDEMARK_ALERT_WEBHOOK": "https://hook/three",
        "TIDEMARK_DATABRICKS_TOKEN": "token-four",
    }
    shown = repr(Settings.from_env({**ENVIRON, **secrets}))
    assert not any(secret in shown for secret in secrets.values())


def test_settings_do_not_change() -> None:
    settings = Settings.from_env(ENVIRON)
    with pytest.raises(FrozenInstanceError):
        settings.tables = "other"  # type: ignore[misc] - the point of it


def test_a_job_of_the_lakehouse_is_a_number_and_needs_its_workspace() -> None:
    job = {"TIDEMARK_LAKEHOUSE_JOB": "7", "TIDEMARK_DATABRICKS_HOST": "https://adb.example/"}
    found = Settings.from_env({**ENVIRON, **job})
    assert (found.lakehouse_job, found.databricks_host) == (7, "https://adb.example")
    assert Settings.from_env({**ENVIRON, "TIDEMARK_LAKEHOUSE_JOB": ""}).lakehouse_job is None
    for broken in ({**job, "TIDEMARK_LAKEHOUSE_JOB": "seven"}, {"TIDEMARK_LAKEHOUSE_JOB": "7"}):
        with pytest.raises(SettingsIncomplete, match="TIDEMARK_"):
            Settings.from_env({**ENVIRON, **broken})


@pytest.mark.parametrize(
    ("said", "paused"), [(None, False), ("", False), ("true", True), ("False", False)]
)
def test_the_app_is_paused_where_it_is_said(said: str | None, paused: bool) -> None:  # noqa: FBT001 - a case
    more = {"TIDEMARK_PAUSED": said} if said is not None else {}
    assert Settings.from_env({**ENVIRON, **more}).paused is paused


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsIncomplete, match="TIDEMARK_PAUSED"):
        Settings.from_env({**ENVIRON, "TIDEMARK_PAUSED": "yes please"})


def test_a_session_key_that_is_not_in_the_vault_is_none() -> None:
    said = "@Microsoft.KeyVault(VaultName=kv;SecretName=session-key)"
    settings = Settings.from_env({**ENVIRON, "TIDEMARK_SESSION_KEY": said})
    assert settings.session_key is None

"""References to secrets, and the values they stand for."""

import pytest

from shared.catalog import MissingSetting, resolve


def test_a_reference_gives_the_settings_value() -> None:
    assert resolve("${CRM_DB}", {"CRM_DB": "postgresql://db/crm"}) == "postgresql://db/crm"


def test_managed_identity_stands_for_itself() -> None:
    assert resolve("managed_identity", {}) == "managed_identity"


@pytest.mark.parametrize("environ", [{}, {"CRM_DB": ""}, {"CRM_DB": " "}])
def test_a_setting_that_is_missing_or_blank_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=r"^CRM_DB is not set") as caught:
        resolve("${CRM_DB}", environ)
    assert caught.value.setting == "CRM_DB"


def test_an_unresolved_vault_reference_is_not_taken_for_a_connection() -> None:
    environ = {"CRM_DB": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/crm)"}

    with pytest.raises(MissingSetting, match="did not resolve") as caught:
        resolve("${CRM_DB}", environ)
    assert "vault.azure.net" not in f"{caught.value}{caught.value!r}"


@pytest.mark.parametrize("connection", ["Pwd=hunter2", "${A}hunter2", "${hunter2", "${}", "${A}\n"])
def test_what_is_no_reference_is_refused_without_repeating_it(connection: str) -> None:
    with pytest.raises(ValueError, match="plain text") as caught:
        resolve(connection, {"A": "x"})
    assert "hunter2" not in f"{caught.value}{caught.value!r}"

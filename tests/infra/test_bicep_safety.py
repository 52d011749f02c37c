"""Rules that no template may break: no keys, no old TLS, nothing public, no secret in the open."""

import re

import pytest
from bicep_source import ROOT, Resource, Template, parameter_files, templates, walk

SECRET = re.compile(
    r"password|secret|token|accesskey|accountkey|connectionstring|sas", re.IGNORECASE
)
# Names that only sound like one: an object id, and a map of settings to the names of secrets.
HARMLESS = {"secretsOfficer"}


def every(kind: str) -> list[Resource]:
    found = [each for template in templates().values() for each in template.of_type(kind)]
    assert found, f"there is no {kind}"
    return found


@pytest.fixture(params=sorted(templates()))
def template(request: pytest.FixtureRequest) -> Template:
    return templates()[request.param]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowSharedKeyAccess", False),
        ("allowBlobPublicAccess", False),
        ("allowCrossTenantReplication", False),
        ("isLocalUserEnabled", False),
        ("supportsHttpsTrafficOnly", True),
        ("defaultToOAuthAuthentication", True),
        ("minimumTlsVersion", "TLS1_2"),
    ],
)
def test_every_account_of_storage_is_closed(name: str, value: object) -> None:
    for account in every("Microsoft.Storage/storageAccounts"):
        assert account.properties.get(name) == value


def test_no_container_is_public() -> None:
    for container in every("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert container.properties["publicAccess"] == "None"


def test_only_the_lake_has_a_hierarchical_namespace() -> None:
    kinds = {
        each.name: account.properties.get("isHnsEnabled", False)
        for each in templates().values()
        for account in each.of_type("Microsoft.Storage/storageAccounts")
    }
    assert kinds == {"modules/lake.bicep": True, "modules/state.bicep": False}


def test_who_sends_events_or_telemetry_is_an_identity() -> None:
    assert [
        each.properties["disableLocalAuth"] for each in every("Microsoft.EventGrid/topics")
    ] == [True]
    for component in every("Microsoft.Insights/components"):
        assert component.properties["DisableLocalAuth"] is True


def test_the_app_is_reached_by_https_and_by_no_password() -> None:
    [app] = every("Microsoft.Web/sites")
    assert app.properties["httpsOnly"] is True
    site = app.properties["siteConfig"]
    assert site["minTlsVersion"] == site["scmMinTlsVersion"] == "1.2"
    assert site["ftpsState"] == "Disabled"
    policies = every("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {policy.body["name"] for policy in policies} == {"ftp", "scm"}
    assert not any(policy.properties["allow"] for policy in policies)


def test_the_vault_is_read_by_roles_and_forgets_nothing_at_once() -> None:
    [vault] = every("Microsoft.KeyVault/vaults")
    assert vault.properties["enableRbacAuthorization"] is True
    assert vault.properties["enablePurgeProtection"] is True


def test_no_key_is_read_or_put_out(template: Template) -> None:
    assert re.search(r"\blist\w*(Keys|Credentials|Secrets|Sas)\b", template.text) is None
    assert not [key for key, _ in walk(template.parsed) if key == "adminPassword"]


def test_a_parameter_that_sounds_like_a_secret_is_secure(template: Template) -> None:
    for name, said in template.parameters.items():
        if SECRET.search(name) and name not in HARMLESS:
            assert "secure" in {each["type"] for each in said["decorators"]}, name


def test_no_secret_is_in_a_file_of_parameters() -> None:
    for text in parameter_files().values():
        assert (
            re.search(r"(pwd|password|sharedaccesskey|accountkey)\s*=", text, re.IGNORECASE) is None
        )
        assert "://" not in text


def test_what_azd_is_given_is_not_checked_in() -> None:
    assert "infra/main.bicepparam" in (ROOT / ".gitignore").read_text().splitlines()


def test_every_event_that_cannot_be_delivered_is_kept() -> None:
    kinds = ("systemTopics", "topics")
    for kind in kinds:
        [subscription] = every(f"Microsoft.EventGrid/{kind}/eventSubscriptions")
        letters = subscription.properties["deadLetterWithResourceIdentity"]
        assert letters["deadLetterDestination"]["endpointType"] == "StorageBlob"
        assert set(subscription.properties["retryPolicy"]) == {
            "maxDeliveryAttempts",
            "eventTimeToLiveInMinutes",
        }

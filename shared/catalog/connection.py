"""References to secrets: their form in the table files, and their value from the environment."""

import re
from collections.abc import Mapping
from typing import Final

from shared.catalog.known_secrets import remember_secret

MANAGED_IDENTITY: Final = "managed_identity"
REFERENCE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
PATTERN = r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|managed_identity)$"

# An app setting whose Key Vault reference does not resolve holds the reference itself; see
# "Use Key Vault references as app settings" in the Azure App Service documentation.
_UNRESOLVED = "@Microsoft.KeyVault("


class MissingSetting(Exception):
    """Set the environment variable (on Azure the app setting) that the message names."""

    def __init__(self, setting: str, fault: str) -> None:
        super().__init__(setting, fault)
        self.setting = setting
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.setting} {self.fault}"


def parse_connection(text: str) -> str:
    """Give a reference back as it is.

    Raises:
        ValueError: it is something else. The message does not repeat it: it may be a secret.
    """
    if re.fullmatch(PATTERN, text) is None:
        raise ValueError(
            "must not be written here in plain text; put the connection string into an "
            "environment variable (on Azure an app setting) and write ${ITS_NAME}, "
            f"or write {MANAGED_IDENTITY}"
        )
    return text


def parse_reference(text: str) -> str:
    """Give `${NAME}` back as it is. Raises ValueError, which does not repeat it: it may be a secret."""
    if re.fullmatch(REFERENCE, text) is None:
        raise ValueError(
            "must not be written here in plain text; put it into an environment variable (on Azure "
            "an app setting) and write ${ITS_NAME}"
        )
    return text


def parse_server(text: str) -> str:
    """Give `host`, or `host,port` as SQL Server writes it, back. Raises ValueError."""
    if re.fullmatch(r"[A-Za-z0-9._:\\-]+(,\d{1,5})?", text) is None:
        raise ValueError(f"{text!r} is no server; write its host, or host,port")
    return text


def parse_database(text: str) -> str:
    """Give a database's name back. Raises ValueError if it could be taken for more than a name."""
    if set(text) & set(";{}="):
        raise ValueError(f"{text!r} cannot name a database; write its bare name")
    return text


def resolve(connection: str, environ: Mapping[str, str]) -> str:
    """Give the connection string that a reference stands for, `managed_identity` as it is.

    Raises:
        MissingSetting: the variable is not set, is empty, or its Key Vault reference failed.
        ValueError: `connection` is not a reference.
    """
    if parse_connection(connection) == MANAGED_IDENTITY:
        return connection
    return read_setting(connection, environ, meant="the source's connection string")


def read_setting(reference: str, environ: Mapping[str, str], *, meant: str) -> str:
    """Give the value that `${NAME}` stands for. Raises MissingSetting as `resolve`."""
    setting = reference[2:-1]
    value = environ.get(setting, "")
    if not value.strip():
        raise MissingSetting(setting, f"is not set; set it to {meant}")
    if value.startswith(_UNRESOLVED):
        raise MissingSetting(
            setting,
            "is a Key Vault reference that Azure did not resolve; "
            "check the vault's name, the secret's name and the app's right to read it",
        )
    remember_secret(value)
    return value

"""How the app shows the workspace who it is: a token, or its managed identity by Microsoft Entra ID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from databricks.sdk.core import Config
from databricks.sdk.credentials_provider import CredentialsProvider, CredentialsStrategy

# The application that stands for Azure Databricks in every tenant
# (https://learn.microsoft.com/azure/databricks/dev-tools/auth/aad-token-manual).
_SCOPE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default"
PRODUCT = "tidemark"
PRODUCT_VERSION = "0.1.0"
# A request is tried again for so long; what takes longer is for Durable's timers.
RETRY_SECONDS = 10
ANSWER_SECONDS = 20


class IdentityLogin(CredentialsStrategy):
    """Tokens of an identity of Azure's, new ones as they expire.

    The SDK's own way asks the metadata address of virtual machines, which Functions do not have.
    """

    def __init__(self, credential: Any) -> None:
        self._credential = credential

    def auth_type(self) -> str:
        return "tidemark-identity"

    def __call__(self, cfg: Config) -> CredentialsProvider:  # noqa: ARG002 - the SDK's own name
        return self._headers

    def _headers(self) -> dict[str, str]:
        # The credential keeps its token until shortly before it expires.
        return {"Authorization": f"Bearer {self._credential.get_token(_SCOPE).token}"}


def configure(host: str, token: str | None, identity: Callable[[], Any]) -> Config:
    """Make the SDK's settings, with nothing taken from the environment's own Databricks settings."""
    login: dict[str, Any] = (
        {"token": token, "auth_type": "pat"}
        if token
        else {"credentials_strategy": IdentityLogin(identity())}
    )
    return Config(
        host=host,
        product=PRODUCT,
        product_version=PRODUCT_VERSION,
        retry_timeout_seconds=RETRY_SECONDS,
        http_timeout_seconds=ANSWER_SECONDS,
        **login,
    )

"""People who have signed in with Entra ID, as the platform would tell the app of them."""

import json
from base64 import b64encode

import httpx
from e2e_api import Api
from e2e_waiting import PATIENCE_SECONDS

SOURCE = "guarded"
TABLE = f"{SOURCE}/{SOURCE}.item"
# The local host then plays App Service Authentication, and takes the headers of the tests for its.
ENTRA = {"TIDEMARK_ACCESS": "entra", "WEBSITE_AUTH_ENABLED": "True"}


def principal(name: str, *roles: str) -> dict[str, str]:
    """The header that App Service Authentication writes."""
    claims = [{"typ": "preferred_username", "val": name}]
    claims += [{"typ": "roles", "val": role} for role in roles]
    document = {"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": claims}
    return {"X-MS-CLIENT-PRINCIPAL": b64encode(json.dumps(document).encode()).decode()}


class Person(Api):
    """Somebody with roles."""

    def __init__(self, url: str, name: str, *roles: str) -> None:
        super().__init__(url)
        self.name = name
        self.http.headers.update(principal(name, *roles))

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send anything; gives the answer whatever it is."""
        return self.http.request(method, path, json=body, timeout=PATIENCE_SECONDS)

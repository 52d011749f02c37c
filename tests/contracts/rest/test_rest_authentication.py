"""Every way to sign a request, tokens that end, and settings that are missing."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from rest_rig import Rig

from local.rest_api import Asked, Fault
from shared.catalog.rest_spec import AuthSpec
from shared.loading.errors import CredentialRejected

Serve = Callable[..., Rig]
ENVIRON = {"K": "key 1", "T": "token-1", "U": "ann", "P": "pass:word", "I": "client", "S": "s/cret"}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


SIGNED: dict[str, tuple[AuthSpec, Callable[[Asked], bool]]] = {
    "header": (
        AuthSpec(how="api_key", secret="${K}", name="X-Api-Key"),
        lambda asked: asked.headers.get("x-api-key") == "key 1",
    ),
    "query": (
        AuthSpec(how="api_key", secret="${K}", name="key", place="query"),
        lambda asked: asked.query.get("key") == "key 1",
    ),
    "bearer": (
        AuthSpec(how="bearer", secret="${T}"),
        lambda asked: asked.headers.get("authorization") == "Bearer token-1",
    ),
    "basic": (
        AuthSpec(how="basic", user="${U}", secret="${P}"),
        lambda asked: asked.headers.get("authorization") == basic("ann", "pass:word"),
    ),
}


@pytest.mark.parametrize(("auth", "admits"), SIGNED.values(), ids=SIGNED)
def test_every_request_is_signed(
    serve: Serve, auth: AuthSpec, admits: Callable[[Asked], bool]
) -> None:
    rig = serve(25, auth=auth, environ=ENVIRON)
    rig.api.admits = admits

    assert rig.read().ids == list(range(1, 26))


@pytest.mark.parametrize("auth", [spec for spec, _ in SIGNED.values()], ids=SIGNED)
def test_a_setting_that_is_missing_is_named(serve: Serve, auth: AuthSpec) -> None:
    rig = serve(5, auth=auth, environ={})
    with pytest.raises(CredentialRejected, match=r"^[KTUP] is not set$"):
        rig.read()
    assert rig.api.asked == []


def test_a_secret_that_no_header_can_have_is_not_repeated(serve: Serve) -> None:
    rig = serve(5, auth=SIGNED["bearer"][0], environ={"T": "two\nlines"})
    with pytest.raises(CredentialRejected) as caught:
        rig.read()
    assert "two" not in str(caught.value)


class Tokens:
    """Gives tokens to a client, and knows which of them still hold."""

    def __init__(self, rig: Rig, *, form_only: bool = False, life: Any = 3600) -> None:
        self.given, self.form_only, self.life = 0, form_only, life
        self.holds: set[str] = set()
        rig.api.meddle, rig.api.admits = self.meddle, self.admits
        rig.auth = AuthSpec(
            how="oauth2",
            user="${I}",
            secret="${S}",
            token_url=f"{rig.api.url}/token",
            scope="read all",
        )
        rig.environ = ENVIRON

    def meddle(self, asked: Asked) -> Fault | None:
        if asked.path != "/token":
            return None
        assert asked.form["grant_type"] == "client_credentials"
        assert asked.form["scope"] == "read all"
        by_form = asked.form.get("client_secret") == "s/cret"
        by_header = asked.headers.get("authorization") == basic("client", "s%2Fcret")
        assert by_form + by_header == 1
        if self.form_only and not by_form:
            return Fault(status=401)
        self.given += 1
        token = f"t{self.given}"
        self.holds = {token}
        body = f'{{"access_token": "{token}", "token_type": "bearer", "expires_in": {self.life}}}'
        return Fault(body=body.encode())

    def admits(self, asked: Asked) -> bool:
        return asked.headers.get("authorization", "").removeprefix("Bearer ") in self.holds


@pytest.mark.parametrize("form_only", [False, True])
def test_a_token_is_fetched_once_for_a_read(serve: Serve, form_only: bool) -> None:  # noqa: FBT001
    rig = serve(55)
    tokens = Tokens(rig, form_only=form_only)

    assert rig.read(known=rig.columns()).ids == list(range(1, 56))
    assert tokens.given == 2


def test_a_token_is_fetched_anew_before_it_ends(serve: Serve) -> None:
    rig = serve(55)
    tokens = Tokens(rig, life=10)
    columns = rig.columns()
    before = tokens.given
    answered = rig.api.meddle

    def slowly(asked: Asked) -> Fault | None:
        rig.clock.time += 6
        return answered(asked)

    rig.api.meddle = slowly
    assert rig.read(known=columns).ids == list(range(1, 56))
    assert tokens.given > before + 2
    assert all(asked.path != "/token" or asked.form for asked in rig.api.asked)


def test_a_token_that_was_withdrawn_is_fetched_anew_once(serve: Serve) -> None:
    rig = serve(55)
    tokens = Tokens(rig)
    columns = rig.columns()
    answered, before = rig.api.meddle, len(rig.api.asked)

    def withdraw(asked: Asked) -> Fault | None:
        if asked.number == before + 4:
            tokens.holds = set()
        return answered(asked)

    rig.api.meddle = withdraw
    assert rig.read(known=columns).ids == list(range(1, 56))
    assert tokens.given == 3


def test_a_token_that_never_holds_is_a_rejected_credential(serve: Serve) -> None:
    rig = serve(5)
    tokens = Tokens(rig)
    rig.api.admits = lambda _: False
    with pytest.raises(CredentialRejected, match="is not taken"):
        rig.read()
    assert tokens.given == 2


def test_a_client_that_is_refused_is_a_rejected_credential(serve: Serve) -> None:
    rig = serve(5)
    Tokens(rig)
    rig.api.meddle = lambda _: Fault(status=400)
    with pytest.raises(CredentialRejected, match="token_url"):
        rig.read()


@pytest.mark.parametrize("status", [200, 301, 404, 405])
def test_an_interface_that_takes_the_signature_is_up(serve: Serve, status: int) -> None:
    rig = serve(5)
    rig.api.meddle = lambda _: Fault(status=status)
    with rig.session() as session:
        session.ping()


def test_an_interface_that_does_not_take_the_signature_is_down(serve: Serve) -> None:
    rig = serve(5, auth=SIGNED["bearer"][0], environ=ENVIRON)
    rig.api.admits = lambda _: False
    with rig.session() as session, pytest.raises(CredentialRejected):
        session.ping()

"""Who asks is what the platform vouches for, and each route lets in its role and those above it."""

import json
from base64 import b64encode
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.app import load_app
from local.stack import REPOSITORY
from shared.runtime.settings import SettingsIncomplete, needs_key
from web.access.caller import ROLES, Caller, NotAllowed, NotSignedIn, identify, require
from web.access.door import SentFromElsewhere, admit
from web.access.permissions import PERMISSIONS, RouteClosed, permission_of
from web.api.openapi import document

ENTRA = {"TIDEMARK_ACCESS": "entra", "WEBSITE_AUTH_ENABLED": "True"}
LONG_ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def asked(headers: dict[str, str] | None = None, **params: str) -> func.HttpRequest:
    url = "https://tidemark.example/api/loads"
    return func.HttpRequest("POST", url, headers=headers or {}, params=params, body=b"")


def signed_in(*claims: tuple[str, str], provider: str = "aad", **more: str) -> func.HttpRequest:
    listed = [{"typ": kind, "val": value} for kind, value in claims]
    return presented({"auth_typ": provider, "claims": listed, **more})


def presented(principal: Any) -> func.HttpRequest:
    header = b64encode(json.dumps(principal).encode()).decode()
    return asked({"x-ms-client-principal": header})


ANNA = ("preferred_username", "anna@example.com")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ([("roles", "Tidemark.Read")], "read"),
        ([(LONG_ROLE, "Tidemark.Operate")], "operate"),
        ([("roles", "Tidemark.Read"), ("roles", "Tidemark.Administer")], "administer"),
        ([("roles", "Tidemark.Operate"), ("roles", "Owner")], "operate"),
    ],
)
def test_a_caller_has_the_highest_of_the_roles_that_entra_gives(
    claims: list[tuple[str, str]], role: str
) -> None:
    caller = identify(signed_in(ANNA, *claims), ENTRA)
    assert caller == Caller(name="anna@example.com", role=role, how="entra")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "claims",
    [
        [],
        [("roles", "tidemark.read")],
        [("groups", "Tidemark.Administer")],
        [("http://example.com/role", "Tidemark.Administer")],
    ],
)
def test_whoever_has_no_role_of_the_app_is_not_allowed(claims: list[tuple[str, str]]) -> None:
    with pytest.raises(NotAllowed, match=r"anna@example\.com has none"):
        identify(signed_in(ANNA, *claims), ENTRA)


def test_a_claim_is_no_role_because_the_principal_calls_it_one() -> None:
    with pytest.raises(NotAllowed):
        identify(signed_in(ANNA, ("nickname", "Tidemark.Administer"), role_typ="nickname"), ENTRA)


def test_an_application_is_named_by_its_id() -> None:
    caller = identify(signed_in(("roles", "Tidemark.Read"), ("azp", "0f1e")), ENTRA)
    assert caller.name == "0f1e"


NOBODY = {
    "nothing": asked(),
    "no base64": asked({"x-ms-client-principal": "@@"}),
    "no JSON": asked({"x-ms-client-principal": b64encode(b"{").decode()}),
    "not UTF-8": asked({"x-ms-client-principal": b64encode(b'"\xff"').decode()}),
    "two at once": asked({"x-ms-client-principal": "e30=,e30="}),
    "nested without end": asked({"x-ms-client-principal": b64encode(b"[" * 30_000).decode()}),
    "a list": presented([]),
    "no claims": presented({"auth_typ": "aad"}),
    "claims of odd forms": presented({"auth_typ": "aad", "claims": [1, {"typ": 1}, {"typ": "a"}]}),
    "another provider": signed_in(ANNA, ("roles", "Tidemark.Administer"), provider="github"),
    "roles and no name": signed_in(("roles", "Tidemark.Administer")),
    "a name that nobody sees": signed_in(("oid", "\n"), ("roles", "Tidemark.Administer")),
}


@pytest.mark.parametrize("request_", NOBODY.values(), ids=NOBODY)
def test_whom_the_platform_does_not_name_is_nobody(request_: func.HttpRequest) -> None:
    with pytest.raises(NotSignedIn):
        identify(request_, ENTRA)


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_no_header_makes_anything_but_a_refusal(header: str) -> None:
    with pytest.raises((NotSignedIn, NotAllowed)):
        identify(asked({"x-ms-client-principal": header}), ENTRA)


@pytest.mark.parametrize("said", ["", "false", "1"])
def test_without_the_platform_before_it_the_header_lets_nobody_in(said: str) -> None:
    request = signed_in(ANNA, ("roles", "Tidemark.Administer"))
    with pytest.raises(NotSignedIn, match="not on"):
        identify(request, {"TIDEMARK_ACCESS": "entra", "WEBSITE_AUTH_ENABLED": said})


def test_by_key_whoever_the_host_let_in_may_do_everything_and_the_header_counts_nothing() -> None:
    caller = identify(signed_in(ANNA, ("roles", "Tidemark.Read")), {})
    assert caller == Caller(name="no key", role="administer", how="key")


def test_keys_are_told_apart_and_not_shown() -> None:
    by_header = identify(asked({"x-functions-key": "first"}), {})
    by_query = identify(asked(code="first"), {})
    other = identify(asked({"x-functions-key": "second"}), {})
    assert by_header == by_query != other
    assert "first" not in by_header.name


def test_an_unknown_setting_lets_nobody_in() -> None:
    with pytest.raises(SettingsIncomplete):
        identify(asked({"x-functions-key": "k"}), {"TIDEMARK_ACCESS": "anybody"})


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, True),
        ({"TIDEMARK_ACCESS": "keys", "WEBSITE_AUTH_ENABLED": "True"}, True),
        ({"TIDEMARK_ACCESS": "entra"}, True),
        ({"TIDEMARK_ACCESS": "Entra", "WEBSITE_AUTH_ENABLED": "True"}, True),
        (ENTRA, False),
    ],
)
def test_the_host_asks_for_a_key_unless_entra_really_stands_before_it(
    environ: dict[str, str], needed: object
) -> None:
    assert needs_key(environ) is needed


PAGES = ("get_home", "page_below", "post_page_session")


@pytest.mark.parametrize("has", ROLES)
@pytest.mark.parametrize("needed", ROLES)
def test_a_role_may_do_what_the_lower_ones_may(has: Any, needed: Any) -> None:
    caller = Caller(name="anna", role=has, how="page")
    if ROLES.index(has) >= ROLES.index(needed):
        require(caller, needed)
    else:
        with pytest.raises(NotAllowed, match=f"needs the role {needed}"):
            require(caller, needed)


def test_every_route_of_the_app_has_a_role_and_there_is_no_other() -> None:
    served = {
        (function.name, method.value, function.trigger.route)
        for function in load_app(REPOSITORY).http.values()
        for method in function.trigger.methods
        # Pages know who asks by a session of their own, and ask for the role of what they do.
        if function.name not in PAGES
    }
    assert {(each.name, each.method, each.route) for each in PERMISSIONS} == served


def test_what_only_shows_changes_nothing_and_what_changes_needs_more_than_to_read() -> None:
    assert [each.name for each in PERMISSIONS if each.method == "GET" and each.changes] == []
    assert [each.name for each in PERMISSIONS if each.method != "GET" and each.role == "read"] == []
    silent = [each.name for each in PERMISSIONS if each.method != "GET" and not each.changes]
    assert silent == ["post_plans"]


def test_a_route_that_nobody_wrote_a_role_for_lets_nobody_in() -> None:
    with pytest.raises(RouteClosed):
        permission_of("post_surprises")
    with pytest.raises(RouteClosed):
        admit("post_surprises", asked({"x-functions-key": "k"}))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "odd"])
def test_a_page_of_another_site_changes_nothing(site: str) -> None:
    with pytest.raises(SentFromElsewhere):
        admit("post_loads", asked({"sec-fetch-site": site}))
    assert admit("get_runs", asked({"sec-fetch-site": site}))


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}])
def test_programs_and_the_apps_own_pages_may_act(headers: dict[str, str]) -> None:
    assert admit("post_loads", asked(headers)).role == "administer"


def test_the_description_says_what_role_each_operation_needs() -> None:
    found = {
        operation["operationId"]: operation["x-role"]
        for item in document("https://tidemark.example")["paths"].values()
        for operation in item.values()
    }
    assert found == {each.name: each.role for each in PERMISSIONS}

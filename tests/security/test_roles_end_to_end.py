"""Through the whole system: nobody without a role, and everybody what his role allows."""

import httpx
import pytest
from security_rig import TABLE, Person

from web.access.caller import ROLES
from web.access.permissions import PERMISSIONS, Permission

NOWHERE = {"id": "nothing", "number": "999", "source": "no", "table": "no.such"}


def path_of(permission: Permission) -> str:
    path = f"/api/{permission.route}"
    for name, value in NOWHERE.items():
        path = path.replace(f"{{{name}}}", value)
    return path


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda each: each.name)
def test_nobody_gets_past_the_door_of_any_route(
    nobody: httpx.Client, permission: Permission
) -> None:
    answer = nobody.request(permission.method, path_of(permission))
    assert (answer.status_code, answer.json()["type"]) == (
        401,
        "urn:tidemark:problem:not-signed-in",
    )


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda each: each.name)
def test_a_role_below_is_refused_at_every_route(
    reader: Person, operator: Person, permission: Permission
) -> None:
    lower = [reader, operator][: ROLES.index(permission.role)]
    answers = [person.send(permission.method, path_of(permission)) for person in lower]
    assert [answer.status_code for answer in answers] == [403] * len(lower)
    assert all(permission.role in answer.json()["detail"] for answer in answers)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda each: each.name)
def test_the_role_that_a_route_needs_is_enough(
    reader: Person, operator: Person, administrator: Person, permission: Permission
) -> None:
    person = [reader, operator, administrator][ROLES.index(permission.role)]
    # What it asks for there is not: only the door is looked at.
    body = {"odd": True} if permission.method in ("POST", "PUT") else None
    answer = person.send(permission.method, path_of(permission), body)
    assert answer.status_code not in (401, 403)


def test_whoever_may_operate_may_refresh_and_not_release_rows_that_broke_a_rule(
    operator: Person, administrator: Person
) -> None:
    asked = {"release": [{"table": TABLE}]}
    answers = [
        operator.send("POST", "/api/refreshes", {}),
        operator.send("POST", "/api/refreshes", asked),
        administrator.send("POST", "/api/refreshes", asked),
    ]
    # There is no lakehouse here: whoever may is told so.
    assert [answer.status_code for answer in answers] == [409, 403, 409]


def test_what_is_answered_to_nobody_tells_nothing_of_what_there_is(nobody: httpx.Client) -> None:
    there, missing = (nobody.get(f"/api/tables/{n}") for n in (TABLE, "no/no.such"))
    assert there.json() == missing.json()

"""What each route needs: one table, and whoever is not in it is not let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.loading.errors import PermanentError
from web.access.caller import Role


class RouteClosed(PermanentError):
    """Write the route's role into the table of permissions: a route without one answers nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A route and the role that it needs; `name` is that of the function behind it.

    `changes` says that it changes something, which is recorded; `dear` that it costs much to answer.
    """

    name: str
    method: str
    route: str
    role: Role
    changes: bool = False
    dear: bool = False


def _shows(name: str, route: str, *, dear: bool = False) -> Permission:
    return Permission(name=name, method="GET", route=route, role="read", dear=dear)


def _acts(name: str, method: str, route: str, role: Role = "operate") -> Permission:
    return Permission(name=name, method=method, route=route, role=role, changes=True)


_TABLE = "tables/{source}/{table}"

PERMISSIONS: tuple[Permission, ...] = (
    _acts("post_loads", "POST", "loads"),
    # It writes nothing, and opens a connection to the source.
    Permission(name="post_plans", method="POST", route="plans", role="operate", dear=True),
    _acts("post_backfills", "POST", "backfills"),
    _shows("get_backfill", "backfills/{id}"),
    _acts("delete_backfill", "DELETE", "backfills/{id}"),
    _acts("post_reconciliations", "POST", "reconciliations"),
    _shows("get_orders", "orders", dear=True),
    _shows("get_order", "orders/{id}"),
    _acts("delete_order", "DELETE", "orders/{id}"),
    _shows("get_tables", "tables", dear=True),
    _shows("get_table", _TABLE),
    _shows("get_watermarks", f"{_TABLE}/watermarks", dear=True),
    _acts("put_watermark", "PUT", f"{_TABLE}/watermark", "administer"),
    _acts("post_rollback", "POST", f"{_TABLE}/watermark/rollback", "administer"),
    _shows("get_runs", "runs", dear=True),
    _shows("get_run", "runs/{id}"),
    _acts("delete_run", "DELETE", "runs/{id}"),
    _acts("post_rerun", "POST", "runs/{id}/rerun"),
    # With `release` rows pass that broke a rule: see RELEASES.
    _acts("post_refreshes", "POST", "refreshes"),
    _shows("get_refreshes", "refreshes", dear=True),
    _shows("get_refresh", "refreshes/{number}"),
    _acts("delete_refresh", "DELETE", "refreshes/{number}"),
    _shows("get_incidents", "incidents", dear=True),
    _shows("get_letters", "deadletters", dear=True),
    _shows("get_letter", "deadletters/{id}"),
    _acts("post_replay", "POST", "deadletters/{id}/replay"),
    Permission(name="get_audit", method="GET", route="audit", role="administer", dear=True),
    _shows("get_health", "health", dear=True),
    _shows("get_openapi", "openapi.json"),
)

# What a refresh needs that lets rows through which broke a rule.
RELEASES: Role = "administer"

_BY_NAME: Mapping[str, Permission] = {each.name: each for each in PERMISSIONS}


def permission_of(name: str) -> Permission:
    """Give what a route needs, by the name of its function. Raises RouteClosed if nothing is written."""
    found = _BY_NAME.get(name)
    if found is None:
        raise RouteClosed(f"no role is written for the route {name}")
    return found

"""What the app says of itself, as the API answers it, and how it looks to people."""

from __future__ import annotations

from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import Failure
from cli.formats import clean
from cli.layout import list_facts, make_grid, render_failure


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency."""

    status: Literal["up", "down"]
    error: str | None = None
    note: str | None = None
    count: int | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Every dependency by name."""

    status: Literal["up", "down"]
    checks: dict[str, Check]
    paused: bool = False


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a load of a table could begin: None, or what would stop it."""

    table: str
    stops: Failure | None = None


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """All that was asked. `running` counts orders that have begun and not ended, if it was asked."""

    health: Health
    version: str
    operations: int
    plans: tuple[Planned, ...] = ()
    running: int | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is down and no plan is stopped."""
        return self.health.status == "up" and all(plan.stops is None for plan in self.plans)

    @property
    def is_drained(self) -> bool:
        """Whether nothing runs, and nothing will begin."""
        return self.health.paused and self.running == 0


def render_examined(found: Examined) -> RenderableType:
    """Show each dependency with what is wrong with it."""
    grid = make_grid("check", "status", "what")
    for name, check in found.health.checks.items():
        style = "green" if check.status == "up" else "bold red"
        what = check.error or check.note or ""
        grid.add_row(clean(name), Text(check.status, style=style), clean(what))
    facts = list_facts(
        ("version", found.version),
        ("operations", str(found.operations)),
        ("paused", "yes: no order is begun" if found.health.paused else None),
        ("running orders", None if found.running is None else str(found.running)),
    )
    plans = [
        Text(f"{clean(plan.table)}: could be loaded")
        if plan.stops is None
        else render_failure(plan.stops, plan.table)
        for plan in found.plans
    ]
    return Group(grid, facts, *plans)

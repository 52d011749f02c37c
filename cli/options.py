"""The options that every command takes, before its name or after it, and the form of table names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

DEFAULT_URL = "http://127.0.0.1:7071"
_META = "tidemark.options"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class TableName(click.ParamType[str]):
    """A table's full name, `source/schema.table`."""

    name = "table"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        source, _, table = value.partition("/")
        if not source or not table:
            self.fail(
                f"{value!r} is not a table's full name: write source/schema.table", param, ctx
            )
        return value


TABLE = TableName()


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Remember a value; one written after the command's name wins over one written before it."""
    kept: dict[str, object] = ctx.meta.setdefault(_META, {})
    name = str(param.name)
    if name not in kept or ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        kept[name] = value


def given(name: str) -> Any:
    """Give the value of a common option of the command that is running."""
    return click.get_current_context().meta[_META][name]


_AS_JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Print the result as JSON; everything else goes to standard error.",
)
_URL = click.option(
    "--url",
    envvar="TIDEMARK_URL",
    show_envvar=True,
    default=DEFAULT_URL,
    show_default=True,
    expose_value=False,
    callback=_keep,
    help="Address of the app.",
)
_KEY = click.option(
    "--key",
    envvar="TIDEMARK_KEY",
    show_envvar=True,
    expose_value=False,
    callback=_keep,
    help="Function key of the app, sent as x-functions-key and never printed.",
)
_TOKEN = click.option(
    "--token",
    envvar="TIDEMARK_TOKEN",
    show_envvar=True,
    expose_value=False,
    callback=_keep,
    help="Access token of Entra ID, sent as a bearer token and never printed.",
)


def takes_json(command: Decorated) -> Decorated:
    """Add `--json`, for commands that do not talk to the app."""
    return _AS_JSON(command)


def takes_address(command: Decorated) -> Decorated:
    """Add `--url`, `--key`, `--token` and `--json`."""
    return _URL(_KEY(_TOKEN(_AS_JSON(command))))

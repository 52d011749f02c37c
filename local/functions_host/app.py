"""Indexes a Python function app through the public `azure.functions` API."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.decorators.core import Binding, Trigger
from azure.functions.decorators.function_app import Function as IndexedFunction

from local.functions_host.errors import BadApp

_TRIGGERS = frozenset(
    {"httpTrigger", "timerTrigger", "eventGridTrigger", "orchestrationTrigger", "activityTrigger"}
)
_OTHER_BINDINGS = frozenset({"durableClient", "http"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the app: its trigger, its durable client parameters, and its code."""

    name: str
    trigger: Trigger
    clients: tuple[str, ...]
    code: Callable[..., Any]
    wants_context: bool

    @property
    def is_async(self) -> bool:
        """Whether calling it makes a coroutine."""
        return inspect.iscoroutinefunction(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app's functions by kind; the durable ones under the names orchestrators call them by."""

    http: dict[str, Function] = field(default_factory=dict)
    timers: dict[str, Function] = field(default_factory=dict)
    event_grid: dict[str, Function] = field(default_factory=dict)
    orchestrators: dict[str, Function] = field(default_factory=dict)
    activities: dict[str, Function] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """All function names, sorted."""
        kinds = (self.http, self.timers, self.event_grid, self.orchestrators, self.activities)
        return sorted(function.name for kind in kinds for function in kind.values())


def load_app(app_dir: Path) -> App:
    """Import `function_app.py` from a folder, anew, and index it.

    The folder stays on `sys.path`; modules that function_app.py imports are
    those of this process, imported once.

    Raises:
        BadApp: there is none, or it has a function this host cannot serve. Errors of the
            import itself pass through.
    """
    path = app_dir / "function_app.py"
    spec = importlib.util.spec_from_file_location("function_app", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise BadApp(f"{path} is missing; point the host at the folder that holds function_app.py")
    if str(app_dir) not in sys.path:
        sys.path.insert(0, str(app_dir))
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    spec.loader.exec_module(module)
    registers = [
        value for value in vars(module).values() if isinstance(value, func.FunctionRegister)
    ]
    if len(registers) != 1:
        raise BadApp(f"{path} must have exactly one FunctionApp at top level, not {len(registers)}")
    try:
        indexed = registers[0].get_functions()
    except ValueError as error:
        raise BadApp(f"{path}: {error}") from error
    return _sort(indexed)


def _sort(indexed: Iterable[IndexedFunction]) -> App:
    app = App()
    kinds = {
        "httpTrigger": app.http,
        "timerTrigger": app.timers,
        "eventGridTrigger": app.event_grid,
        "orchestrationTrigger": app.orchestrators,
        "activityTrigger": app.activities,
    }
    for one in indexed:
        function = _function(one)
        kinds[str(function.trigger.type)][_durable_name(function)] = function
    return app


def _durable_name(function: Function) -> str:
    trigger = function.trigger
    chosen = getattr(trigger, "orchestration", None) or getattr(trigger, "activity", None)
    return chosen or function.name


def _function(indexed: IndexedFunction) -> Function:
    name = indexed.get_function_name() or ""
    trigger = indexed.get_trigger()
    bindings = indexed.get_bindings()
    if trigger is None or trigger.type not in _TRIGGERS:
        kind = "no trigger" if trigger is None else f"a {trigger.type}"
        raise BadApp(
            f"function {name!r} has {kind}; this host serves {', '.join(sorted(_TRIGGERS))}"
        )
    if indexed.get_setting("retry_policy") is not None:
        raise BadApp(f"function {name!r} has a retry policy; this host does not imitate those")
    code = indexed.get_user_function()
    parameters = inspect.signature(code).parameters
    for binding in bindings:
        _check(name, binding, trigger, parameters)
    return Function(
        name=name,
        trigger=trigger,
        clients=tuple(binding.name for binding in bindings if binding.type == "durableClient"),
        code=code,
        wants_context="context" in parameters and "context" not in {b.name for b in bindings},
    )


def _check(name: str, binding: Binding, trigger: Trigger, parameters: Iterable[str]) -> None:
    if binding is not trigger and binding.type not in _OTHER_BINDINGS:
        raise BadApp(
            f"function {name!r} has a {binding.type} binding; this host serves triggers, "
            "durable clients and HTTP answers"
        )
    is_orchestrator = trigger.type == "orchestrationTrigger"
    if binding.type != "http" and not is_orchestrator and binding.name not in parameters:
        raise BadApp(f"function {name!r} has no parameter {binding.name!r} for its {binding.type}")

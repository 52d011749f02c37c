"""Whatever is decoded was prepared for it at import: two threads that first decode a type at once crash."""

import ast
import json
import subprocess
import sys

from source_tree import ROOT, modules

LOOK = """
import importlib, json, sys
import activities, orchestrators, web.api.http
from shared.durable import steps
from shared.durable.protocol import Flow, Step
said = [vars(steps)[name] for name in vars(steps)]
kinds = {each: kind for step in said if isinstance(step, (Flow, Step))
         for kind in (step.takes, step.gives) for each in [kind.__name__]}
for module, name in json.loads(sys.argv[1]):
    kinds[name] = getattr(importlib.import_module(module), name)
prepared = [name for name, kind in kinds.items() if "__msgspec_cache__" in vars(kind)]
print(json.dumps([sorted(kinds), sorted(prepared)]))
"""


def decoded() -> list[tuple[str, str]]:
    """Name the module and the type of every `decode(…, type=…)` of the core and its adapters."""
    return [
        (module.name.removesuffix(".py").replace("/", "."), keyword.value.id)
        for module in modules()
        if module.name.startswith("shared/")
        for node in module.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("decode", "convert")
        for keyword in node.keywords
        if keyword.arg == "type" and isinstance(keyword.value, ast.Name)
        if keyword.value.id[0].isupper()
    ]


def test_every_type_that_is_decoded_is_prepared_at_import() -> None:
    wanted = decoded()
    assert len(wanted) > 5
    run = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps(wanted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    kinds, prepared = json.loads(run.stdout)
    assert kinds == prepared

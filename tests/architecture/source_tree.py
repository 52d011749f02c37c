"""The project's Python files as the tests of its shape see them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("orchestrators", "activities", "shared", "web", "cli", "local", "lakehouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file: where it lies, from the root, and its text."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Its path from the root, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return _parse(self.text)

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every part of its syntax, however deep."""
        return _walk(self.text)

    def imports(self) -> Iterator[str]:
        """Name every module it imports, also inside functions."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module

    def functions(self) -> Iterator[tuple[str, int]]:
        """Name every function with its length in lines, decorators and docstring not counted."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - _first_line(node) + 1


# All rules look at the same files, and parsing is what takes long.
@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _walk(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_parse(text)))


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
    return node.body[1].lineno if has_docstring else first.lineno


@cache
def modules() -> tuple[Module, ...]:
    """Give every module that is part of the product, the embedded stack included."""
    paths = [ROOT / "function_app.py"]
    for package in PACKAGES:
        paths += sorted((ROOT / package).rglob("*.py"))
    return tuple(_module(path) for path in paths if "node_modules" not in path.parts)


@cache
def texts() -> tuple[Module, ...]:
    """Give every text file of the repository that people write, tests and documents included."""
    kinds = ("py", "cjs", "yml", "yaml", "md", "toml", "bicep", "json", "sh")
    folders = (*PACKAGES, "tests", "docs", "tables", "infra", "benchmarks")
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in folders:
        paths += sorted((ROOT / folder).rglob("*"))
    wanted = [
        path
        for path in paths
        if path.suffix[1:] in kinds and not {"node_modules", ".venv", ".cache"} & set(path.parts)
    ]
    return tuple(_module(path) for path in wanted)


def _module(path: Path) -> Module:
    return Module(path=path, text=path.read_text(encoding="utf-8", errors="replace"))

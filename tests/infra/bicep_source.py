"""The Bicep files as the tests of their rules see them, by the parser that scanners use.

The parser gives names and literal texts alike as text, so a rule that asks for a literal has to name it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pycep import BicepParser

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
# Rules and a workbook, which no scanner has rules for.
APART = INFRA / "monitor"

_INTERPOLATED = re.compile(r"\$\{\s*([A-Za-z_]\w*)")
_OPERATED = ("property_accessor", "index_accessor", "array_accessor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a template. `body` is what one instance of it has."""

    symbol: str
    type: str
    version: str
    existing: bool
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """What the service itself defines."""
        return self.body.get("properties", {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One file."""

    path: Path
    text: str
    parsed: dict[str, Any]

    @property
    def name(self) -> str:
        """Its path from the folder of the infrastructure."""
        return self.path.relative_to(INFRA).as_posix()

    @property
    def parameters(self) -> dict[str, Any]:
        """By name."""
        return self.parsed.get("parameters", {})

    @property
    def required(self) -> set[str]:
        """The parameters that have no default."""
        return {name for name, said in self.parameters.items() if said.get("default") is None}

    @property
    def variables(self) -> dict[str, Any]:
        """By name."""
        return {name: said["value"] for name, said in self.parsed.get("variables", {}).items()}

    @property
    def outputs(self) -> dict[str, Any]:
        """By name."""
        return self.parsed.get("outputs", {})

    @property
    def resources(self) -> list[Resource]:
        """All of it, in order."""
        return [
            Resource(
                symbol=symbol,
                type=said["type"],
                version=said["api_version"],
                existing=said["existing"],
                body=_body(said["config"]),
            )
            for symbol, said in self.parsed.get("resources", {}).items()
        ]

    @property
    def modules(self) -> dict[str, tuple[Path, dict[str, Any]]]:
        """The file and the parameters of each module, by its symbol."""
        return {
            symbol: (self.path.parent / said["detail"]["path"], _body(said["config"])["params"])
            for symbol, said in self.parsed.get("modules", {}).items()
        }

    def of_type(self, kind: str) -> list[Resource]:
        """The resources of a type that this file makes."""
        return [each for each in self.resources if each.type == kind and not each.existing]

    def symbols(self) -> set[str]:
        """Every name that an expression of this file may use, but for those of loops."""
        parts = ("parameters", "variables", "resources", "modules")
        return {name for part in parts for name in self.parsed.get(part, {})}

    def loops(self) -> set[str]:
        """The names that loops and functions over items give."""
        patterns = (r"for \(?(\w+)", r"for \(\w+, (\w+)\)", r"(\w+) =>")
        return {name for pattern in patterns for name in re.findall(pattern, self.text)}

    @property
    def code(self) -> str:
        """The text without its comments."""
        return re.sub(r"^\s*//.*$", "", self.text, flags=re.MULTILINE)

    def used(self) -> set[str]:
        """Every name that is used as one: whose part is taken, or that stands in a text."""
        return set(_roots(self.parsed)) | set(_INTERPOLATED.findall(self.text))


def _body(config: dict[str, Any]) -> dict[str, Any]:
    """Look through loops and conditions."""
    while "config" in config and ("loop_type" in config or "condition" in config):
        config = config["config"]
    return config


def _roots(found: Any) -> Iterator[str]:
    """Find whose part is taken: what stands first before a dot or a bracket."""
    if isinstance(found, list):
        for value in found:
            yield from _roots(value)
    if not isinstance(found, dict):
        return
    operator = found.get("operator")
    if isinstance(operator, dict) and operator.get("type") in _OPERATED:
        first, second = operator["operands"]["operand_1"], operator["operands"]["operand_2"]
        if isinstance(first, str):
            yield first.rstrip("!")
        # After a dot stands the name of a part, and whatever is taken of that.
        yield from _roots([first, second] if operator["type"] != _OPERATED[0] else [first])
        return
    yield from _roots(list(found.values()))


def walk(found: Any) -> Iterator[tuple[str, Any]]:
    """Give every key with its value, all the way down."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield key, value
            yield from walk(value)
    elif isinstance(found, list):
        for value in found:
            yield from walk(value)


@cache
def _parser() -> BicepParser:
    """The one parser: it reads the whole grammar when it is made."""
    return BicepParser()


def parse(path: Path) -> dict[str, Any]:
    """Parse a file."""
    return _parser().parse(text=path.read_text())


@cache
def templates() -> dict[str, Template]:
    """Read every template, by name."""
    paths = sorted(INFRA.rglob("*.bicep"))
    found = [Template(path=path, text=path.read_text(), parsed=parse(path)) for path in paths]
    return {template.name: template for template in found}


@cache
def parameter_files() -> dict[str, str]:
    """Read every file of parameters, by name. `infra/main.bicepparam` is a copy that azd is given."""
    paths = sorted(INFRA.glob("main.*.bicepparam"))
    return {path.name: path.read_text() for path in paths}


def assigned(text: str) -> set[str]:
    """Name the parameters that a file of parameters sets."""
    return set(re.findall(r"^param (\w+) =", text, re.MULTILINE))

"""The shape of the code: sizes, names, and what every package says of itself."""

import ast

import pytest
from source_tree import PACKAGES, ROOT, Module, modules, texts

MOST_LINES = 300
MOST_FUNCTION_LINES = 40
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "tools"}
VAGUE_ENDINGS = ("Manager", "Helper", "Handler", "Info", "Data")


def named(module: Module) -> set[str]:
    return {part.removesuffix(".py").strip("_") for part in module.name.split("/")}


def types(module: Module) -> list[str]:
    return [node.name for node in module.nodes if isinstance(node, ast.ClassDef)]


def test_files_are_short() -> None:
    assert [(each.name, each.lines) for each in modules() if each.lines >= MOST_LINES] == []


def test_functions_are_short() -> None:
    long = [
        (module.name, function, lines)
        for module in modules()
        for function, lines in module.functions()
        if lines > MOST_FUNCTION_LINES
    ]
    assert long == []


def test_modules_have_names_that_say_something() -> None:
    assert [module.name for module in modules() if named(module) & VAGUE] == []


def test_types_have_names_that_say_something() -> None:
    found = [name for module in modules() for name in types(module)]
    assert [name for name in found if name.endswith(VAGUE_ENDINGS)] == []


def test_every_module_says_what_it_is_for() -> None:
    written = [module for module in modules() if module.text.strip()]
    assert [module.name for module in written if not ast.get_docstring(module.tree)] == []


def test_an_exemption_names_its_rule() -> None:
    bare = ("# noqa\n", "# type: ignore\n", "# pyright: ignore\n")
    assert [m.name for m in modules() if any(mark in m.text + "\n" for mark in bare)] == []


def test_nothing_lies_directly_in_shared() -> None:
    assert [path.name for path in (ROOT / "shared").glob("*.py")] == ["__init__.py"]


SHARED = sorted(path for path in (ROOT / "shared").iterdir() if (path / "__init__.py").is_file())


@pytest.mark.parametrize("package", SHARED, ids=lambda path: path.name)
def test_every_package_of_shared_says_what_it_knows(package: object) -> None:
    text = (ROOT / "shared" / str(package) / "__init__.py").read_text()
    assert (ast.get_docstring(ast.parse(text)) or "").startswith("This package knows ")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_code_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    missing = [
        folder.relative_to(ROOT).as_posix()
        for folder in folders
        if not (folder / "__init__.py").is_file() and "node_modules" not in folder.parts
    ]
    assert missing == []


def test_no_file_speaks_of_the_machine_it_was_written_on() -> None:
    # Put together here, or this file would be the first to break the rule.
    places = ["/" + "work/main", "/" + "work/shared", "/" + "tmp/p9", "/" + "root/"]
    found = [(each.name, place) for each in texts() for place in places if place in each.text]
    assert found == []

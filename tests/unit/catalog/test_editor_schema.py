"""The JSON Schema and the reference page say what the reading does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from shared.catalog import parse_catalog
from shared.catalog.schema import SCHEMA_FILE, json_schema, schema_text

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "tables.md"


def properties(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every key that the schema knows, with its path and what is said of it."""
    for name, described in schema.get("properties", {}).items():
        yield path + name, described
        yield from properties(described, f"{path}{name}.")
        yield from properties(described.get("items", {}), f"{path}{name}[].")
        for form in described.get("anyOf", ()):
            yield from properties(form, f"{path}{name}.")


def examples() -> list[str]:
    blocks = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    return [block.split("```")[0] for block in blocks]


def test_the_committed_schema_is_current() -> None:
    told = "run: python -m shared.catalog.schema"

    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), told


def test_the_schema_is_valid_json_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())


def test_every_example_of_the_page_is_read_and_valid() -> None:
    assert examples()
    for text in examples():
        assert parse_catalog({"example.yml": text}).tables
        jsonschema.Draft7Validator(json_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("  kind: sql", "  kind: ftp"),
        ("  name: spotify", "  nmae: spotify"),
        ("${SPOTIFY_DB}", "'Server=db;Pwd=secret'"),
        ("settle: 60s", "settle: 60"),
        ("settle: 60s", "settle: 60 s"),
        ("key: [user_id]", "key: []"),
        ("bronze/crm/users", "bronze/_staging/users"),
        ("dbo.DimUser", "DimUser"),
        ("fresh: true", "fresh: 'true'"),
        ("{reconcile: 1d}", "{soft: gone, reconcile: 1d}"),
    ],
)
def test_the_schema_marks_what_the_reading_refuses(written: str, instead: str) -> None:
    text = examples()[0]
    assert written in text

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(json_schema()).validate(
            yaml.safe_load(text.replace(written, instead, 1))
        )


@pytest.mark.parametrize("path", [path for path, _ in properties(json_schema())])
def test_the_page_has_a_row_for_every_key(path: str) -> None:
    described = dict(properties(json_schema()))[path]
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    names = [path] if not path.startswith("defaults.") else ["defaults"]
    row = next((row for row in rows if row.startswith(f"| `{names[0]}` |")), None)

    assert row is not None, f"{PAGE.name} has no row for {path}"
    if names == [path]:
        assert row.split(" | ")[-1].removesuffix(" |") == described["description"]
    if names == [path] and "default" in described:
        default = described["default"]
        shown = default if isinstance(default, str) else json.dumps(default)
        assert f"| `{shown}` |" in row

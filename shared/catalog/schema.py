"""The table files as JSON Schema, for editors; `python -m shared.catalog.schema` writes it anew."""

import json
from pathlib import Path
from typing import Any

from shared.catalog.grammar import FILE_SECTION

SCHEMA_FILE = Path(__file__).parents[2] / "tables" / "table.schema.json"


def json_schema() -> dict[str, Any]:
    """Describe one table file as JSON Schema, draft 7, which is what YAML editors know best.

    Keys, types, words and forms are described; how keys and tables go together is not.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Tidemark table file",
        "description": "One source system and the tables that are loaded from it.",
    } | FILE_SECTION.schema()


def schema_text() -> str:
    """Give the schema as it is committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8", newline="\n")

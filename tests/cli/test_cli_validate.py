"""`tidemark validate`: every problem by file and line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import tidemark

GOOD = """\
source: {name: crm, kind: sql, engine: postgresql, connection: "${CRM_DB}"}
tables:
  - table: public.users
    key: [user_id]
    watermark: {column: updated_at, kind: timestamp}
"""
BAD = GOOD.replace("kind: timestamp", "kind: timestmp").replace("key:", "keys:")


def test_good_files_are_counted(tmp_path: Path) -> None:
    (tmp_path / "crm.yml").write_text(GOOD)
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path)])
    assert result.exit_code == 0
    assert "1 source(s), 1 table(s), no problem" in result.stdout


def test_every_problem_is_listed_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "crm.yml").write_text(BAD)
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any(line.startswith(f"{tmp_path}/crm.yml:4: tables[0].keys: ") for line in lines)
    assert any(
        line.startswith(f"{tmp_path}/crm.yml:5: tables[0].watermark.kind: ") for line in lines
    )


def test_problems_as_json_have_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "crm.yml").write_text(BAD)
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path), "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["valid"] is False
    assert {"file", "line", "field", "message"} == set(found["problems"][0])


def test_the_folder_is_tables_unless_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "crm.yml").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(tidemark, ["validate"])
    assert result.stdout.startswith("tables/crm.yml:4: ")


def test_a_folder_without_table_files_is_a_problem(tmp_path: Path) -> None:
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path}: ")


def test_a_missing_folder_is_wrong_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path / "none")])
    assert result.exit_code == 2


def test_a_rule_that_cannot_be_judged_is_a_problem_of_its_line(tmp_path: Path) -> None:
    rules = """    quality:
      - {name: adult, rule: "age >= 18", severity: block}
      - {name: plan, rule: "lower(plan) = 'free'", severity: warn}
      - {name: torn, rule: "age >=", severity: warn}
"""
    (tmp_path / "crm.yml").write_text(GOOD + rules)
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path)])
    assert result.exit_code == 1
    [second, third] = result.stdout.splitlines()
    assert second.startswith(f"{tmp_path}/crm.yml:8: tables[0].quality[1].rule: ")
    assert "LOWER" in second
    assert third.startswith(f"{tmp_path}/crm.yml:9: tables[0].quality[2].rule: ")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM public.users", None),
        ("SELECT user_id, updated_at FROM public.users", None),
        ("SELECT user_id FROM public.users", 'does not give "updated_at", the cursor column'),
        ("SELECT updated_at FROM public.users", 'does not give "user_id", a key column'),
        ("DELETE FROM public.users", "cannot stand for a table: it has to be a SELECT"),
    ],
)
def test_a_query_is_held_to_what_the_table_needs_of_it(
    tmp_path: Path, query: str, told: str | None
) -> None:
    (tmp_path / "crm.yml").write_text(GOOD.replace("    key:", f"    query: {query}\n    key:"))
    result = CliRunner().invoke(tidemark, ["validate", str(tmp_path)])
    assert result.exit_code == (0 if told is None else 1)
    if told is not None:
        assert f"crm.yml:4: tables[0].query: {told}" in result.stdout

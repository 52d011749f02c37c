"""What a table file masks is nowhere in what the stack keeps: planted values are looked for in every byte."""

import re
from collections.abc import Iterator, Sequence
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from e2e_api import Api
from e2e_lake import current, published
from e2e_source import MASK_KEY, STAMPED, Source
from e2e_stack import Stack

ROWS = 40
MASKS = {
    "email": "sha256",
    "phone": {"truncate": 3},
    "note": "redact",
    "born": {"truncate": "year"},
    "salary": "sha256",
}
# Longer than any number that the stack writes by itself.
_SALARY = 7_391_000_000_000_000


def email(number: int) -> str:
    return f"planted-{number:04d}@secret.example"


def clear_values() -> list[str]:
    """Every planted value, and the hashes of e-mail addresses that anybody could compute."""
    values = [email(number) for number in range(1, ROWS + 10)]
    hashes = [way(value.encode()).hexdigest() for value in values for way in (md5, sha1, sha256)]
    phones = [f"089-5550{number:04d}" for number in range(1, ROWS + 10)]
    notes = [f"diagnosis-{number:04d}" for number in range(1, ROWS + 10)]
    salaries = [str(_SALARY + number) for number in range(1, ROWS + 10)]
    return [*values, *hashes, *phones, *notes, *salaries, MASK_KEY]


def kept(state: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of the state with its bytes, and Parquet as the text of its values too."""
    for path in state.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                yield path, (str(table.schema) + repr(table.to_pylist())).encode()


def leaks(state: Path, values: Sequence[str]) -> list[tuple[str, str]]:
    # Two expressions: only the first, of Arrow, sees so many values at once without slowing down.
    pattern = "|".join(re.escape(value) for value in values)
    wanted = re.compile(pattern.encode())
    return [
        (str(path.relative_to(state)), match[0].decode())
        for path, content in kept(state)
        if pc.match_substring_regex(pa.scalar(content, pa.large_binary()), pattern).as_py()
        and (match := wanted.search(content))
    ]


def create_people(source: Source) -> None:
    source.execute(
        f"""
        CREATE TABLE person (
            id bigserial PRIMARY KEY,
            email text,
            phone text,
            note text,
            born date,
            salary bigint,
            updated_at timestamp(6) DEFAULT clock_timestamp()
        );
        INSERT INTO person (email, phone, note, born, salary, updated_at)
        SELECT 'planted-' || lpad(n::text, 4, '0') || '@secret.example',
               '089-5550' || lpad(n::text, 4, '0'), 'diagnosis-' || lpad(n::text, 4, '0'),
               date '1990-05-17' + n::int, {_SALARY} + n,
               localtimestamp - interval '1 hour' - interval '1 minute' * ({ROWS} - n)
        FROM generate_series(1, {ROWS}) AS n;
        ANALYZE person
        """
    )


def declare(source: Source, table: str = "person", **keys: Any) -> str:
    usual: dict[str, Any] = {"watermark": STAMPED, "columns": {"mask": MASKS}}
    return source.declare(table, **{**usual, **keys})


def change(source: Source, number: int) -> None:
    source.execute(
        f"""UPDATE person SET email = '{email(ROWS + 1)}', updated_at = clock_timestamp()
            WHERE id = {number}"""
    )


@pytest.fixture
def table(source: Source, api: Api) -> str:
    create_people(source)
    name = declare(source, receipt="hashes")
    assert api.load(name)["state"] == "succeeded"
    return name


@pytest.mark.long
def test_no_clear_value_is_kept_by_loads_repairs_backfills_and_failures(
    table: str, source: Source, api: Api, stack: Stack
) -> None:
    change(source, 3)
    assert api.load_one(table)["rows"] == 1
    # What lies above the bound is read again, and known again by what it landed as.
    assert api.load_one(table)["outcome"] == "nothing_new"
    source.execute(f"UPDATE person SET email = '{email(ROWS + 2)}' WHERE id = 5")
    placed = api.post("/api/reconciliations", {"table": table, "compare": "rows"})
    run = api.run_of(api.wait_for_order(placed["order_id"]), table)
    assert run["repairs"]["changed"] == 1
    low = source.value("SELECT min(updated_at)::text FROM person")
    high = api.table(table)["watermark"]["position"]
    placed = api.post("/api/backfills", {"table": table, "from": low, "to": high})
    assert api.wait_for_order(placed["order_id"], "backfills")["state"] == "succeeded"
    api.http.post("/api/plans", json={"table": table}).raise_for_status()
    # A rule is held against what landed; the source's own words would tell a value.
    rule = {"name": "mailed", "rule": "email LIKE '%@%'", "severity": "block"}
    declare(source, quality=[rule])
    change(source, 7)
    assert api.load_one(table)["error"]["type"] == "ContractBroken"
    source.execute("CREATE VIEW bad AS SELECT *, nullif(email, '')::int AS x FROM person")
    bad = declare(source, "bad", watermark={"kind": "none"})
    failed = api.load_one(bad)["error"]
    assert (failed["type"], "22P02" in failed["message"]) == ("QueryRefused", True)

    rows = current(stack.lake, source.target("person"))
    assert len(rows) == ROWS
    assert {row["note"] for row in rows.values()} == {"redacted"}
    assert {row["phone"] for row in rows.values()} == {"089"}
    assert {row["born"].timetuple().tm_yday for row in rows.values()} == {1}
    [receipt, *_] = published(stack.lake, source.target("person"))[0].manifest["receipt"]
    assert receipt["proof"]["level"] == "hashes"
    assert leaks(stack.state, clear_values()) == []


def test_the_search_finds_what_is_not_masked(source: Source, api: Api, stack: Stack) -> None:
    """So the search is known to see into the files; its values are others than those planted above."""
    create_people(source)
    source.execute("UPDATE person SET email = 'shown-' || id")
    name = declare(source, columns={"include": ["id", "updated_at", "email"]})
    assert api.load(name)["state"] == "succeeded"
    [run] = published(stack.lake, source.target("person"))
    assert "note" not in run.rows[0]
    shown = [f"shown-{number}" for number in range(1, ROWS + 1)]
    assert {Path(path).suffix for path, _ in leaks(run.folder, shown)} == {".parquet"}


@pytest.mark.long
def test_a_mask_that_is_added_stops_until_the_table_is_loaded_anew(
    source: Source, api: Api, stack: Stack
) -> None:
    create_people(source)
    source.execute("UPDATE person SET email = 'plain' || id, phone = 'p', note = 'n', salary = 1")
    name = declare(source, columns={})
    assert api.load(name)["state"] == "succeeded"
    declare(source)
    error = api.load_one(name)["error"]
    assert error["type"] == "SchemaDrifted"
    assert "column note was not masked and is masked by redact" in error["message"]
    assert api.load_one(name, mode="snapshot")["state"] == "succeeded"
    assert api.load_one(name)["state"] == "succeeded"
    notes = {row["note"] for row in current(stack.lake, source.target("person")).values()}
    assert notes == {"redacted"}


def test_a_missing_key_stops_before_anything_is_read(source: Source, api: Api) -> None:
    create_people(source)
    name = declare(source)
    document = source.file.read_text().replace(
        '"kind": "sql"', '"kind": "sql", "mask_key": "${TIDEMARK_NO_SUCH_KEY}"'
    )
    source.file.write_text(document)
    error = api.load_one(name)["error"]
    assert error["type"] == "MaskKeyMissing"
    assert "TIDEMARK_NO_SUCH_KEY is not set" in error["message"]
    answer = api.http.post("/api/plans", json={"table": name})
    assert answer.json()["stops"]["type"] == "MaskKeyMissing"


@pytest.mark.long
def test_a_hashed_key_is_loaded_and_not_reconciled(source: Source, api: Api, stack: Stack) -> None:
    create_people(source)
    name = source.declare(
        "person", watermark=STAMPED, key=["email"], columns={"mask": {**MASKS, "id": "redact"}}
    )
    assert api.load(name)["state"] == "succeeded"
    [run] = published(stack.lake, source.target("person"))
    assert len({row["email"] for row in run.rows}) == ROWS
    placed = api.post("/api/reconciliations", {"table": name, "compare": "keys"})
    error = api.run_of(api.wait_for_order(placed["order_id"]), name)["error"]
    assert error["type"] == "BadOrder"
    assert "has a masked key column, email" in error["message"]

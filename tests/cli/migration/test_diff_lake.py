"""`tidemark diff-lake`: the current state of two lakes, compared row by row."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_samples import READ_AT, USERS, Lakes, user

import cli.migration.lake.spool as spooling

EQUAL = {"only_old": 0, "only_new": 0, "different": 0, "outside": 0}
FIRST, SECOND = "2025-10-07T12:34:56.1234567Z", "2025-10-07T12:34:56.2000000Z"


@pytest.fixture
def lakes(tmp_path: Path) -> Lakes:
    made = Lakes(root=tmp_path)
    made.describe()
    return made


def test_equal_lakes_are_equal_whatever_their_files(lakes: Lakes) -> None:
    lakes.extract([user(1), user(2), user(3)], time=FIRST)
    lakes.extract([user(2, "changed", day=2)], time=SECOND)
    lakes.publish([user(1), user(2, "changed", day=2)], number=1)
    lakes.publish([user(3)], number=2)
    assert lakes.counts() == {**EQUAL, "equal": 3}
    result = lakes.diff()
    assert result.exit_code == 0
    assert result.stdout.startswith("shop/dbo.User: equal\n")


def test_each_kind_of_difference_is_found_with_its_rows(lakes: Lakes) -> None:
    lakes.extract([user(1), user(2), user(3)], time=FIRST)
    lakes.publish([user(2, "other"), user(3), user(4)], number=1)
    report = lakes.compare()
    rows = report["rows"]
    assert rows["equal"] == 1
    assert [each["key"] for each in rows["only_old"]["examples"]] == [{"id": "1"}]
    assert [each["key"] for each in rows["only_new"]["examples"]] == [{"id": "4"}]
    assert rows["different"]["examples"] == [
        {"key": {"id": "2"}, "changes": {"name": {"old": "user 2", "new": "other"}}}
    ]
    assert report["columns"]["different"] == {"name": 1}
    text = lakes.diff().stdout
    assert text.startswith("shop/dbo.User: DIFFERENT\n")
    assert "id=2: name: user 2 -> other" in text


def test_the_file_with_the_later_time_in_its_name_wins(lakes: Lakes) -> None:
    lakes.extract([user(1, "late", day=1)], time="20251008000000", ending=".parquet")
    lakes.extract([user(1, "early", day=9)], time=FIRST)
    lakes.publish([user(1, "late", day=1)], number=1)
    assert lakes.counts() == {**EQUAL, "equal": 1}


@pytest.mark.parametrize(
    "time",
    [
        "2025-10-07T12:34:56.1234567Z",
        "2025-10-07T12_34_56.1234567Z",
        "2025-10-07T12%3A34%3A56Z",
        "2025-10-07 12-34-56",
        "20251007123456",
    ],
)
@pytest.mark.parametrize("ending", ["", ".parquet"])
def test_a_time_is_read_in_every_form(lakes: Lakes, time: str, ending: str) -> None:
    lakes.extract([user(1)], time=time, ending=ending)
    lakes.publish([user(1)], number=1)
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_within_a_file_the_row_with_the_greatest_cursor_wins(lakes: Lakes) -> None:
    nothing = {"id": 1, "name": "none", "updated_at": None}
    lakes.extract([user(1, "b", day=2), user(1, "c", day=3), user(1, "a"), nothing], time=FIRST)
    lakes.publish([user(1, "c", day=3)], number=1)
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_in_bronze_the_later_run_and_then_the_later_read_wins(lakes: Lakes) -> None:
    lakes.extract([user(1, "right")], time=FIRST)
    later = {"_read_at": READ_AT + timedelta(seconds=1)}
    lakes.publish([user(1, "wrong", day=5), user(1, "right") | later], number=2)
    lakes.publish([user(1, "older", day=9)], number=1)
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_a_row_that_bronze_says_is_deleted_is_not_there(lakes: Lakes) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1), user(2)], number=1)
    lakes.publish([user(2)], number=2, operation="delete")
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_a_snapshot_replaces_all_earlier_runs(lakes: Lakes) -> None:
    lakes.describe("{kind: none}")
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(2)], number=1, kind="snapshot")
    lakes.publish([user(1)], number=2, kind="snapshot")
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_a_snapshot_of_nothing_is_nothing(lakes: Lakes) -> None:
    lakes.describe("{kind: none}")
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1)], number=1, kind="snapshot")
    lakes.publish([], number=2, kind="snapshot")
    assert lakes.counts() == {**EQUAL, "only_old": 1, "equal": 0}


def test_an_empty_file_of_data_factory_does_no_harm(lakes: Lakes) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.extract([], time=SECOND)
    lakes.publish([user(1)], number=1)
    assert lakes.counts() == {**EQUAL, "equal": 1}


def test_a_period_leaves_out_what_either_side_has_beyond_it(lakes: Lakes) -> None:
    unstamped = {"id": 9, "name": "x", "updated_at": None}
    lakes.extract([user(1, day=1), user(2, day=5), user(3, day=8)], time=FIRST)
    # Row 2 was changed since; that is no fault of the old lake.
    lakes.publish([user(1, "changed", day=1), user(2, "new", day=20), unstamped], number=1)
    assert lakes.counts("--until", "2025-10-08") == {
        "only_old": 0,
        "only_new": 0,
        "different": 1,
        "outside": 3,
        "equal": 0,
    }
    assert lakes.counts("--since", "2025-10-08T00:00:00Z")["only_old"] == 1


def test_a_period_of_a_table_without_a_cursor_is_refused(lakes: Lakes) -> None:
    lakes.describe("{kind: none}")
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1)], number=1)
    result = lakes.diff("--since", "2025-10-08")
    assert result.exit_code == 2
    assert "no cursor" in result.stderr


@pytest.mark.parametrize("end", ["yesterday", "2025-13-01", "99999999999-01-01"])
def test_an_end_that_is_no_value_is_refused(lakes: Lakes, end: str) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1)], number=1)
    assert lakes.diff("--until", end).exit_code == 2


def test_only_the_columns_asked_for_are_compared(lakes: Lakes) -> None:
    lakes.extract([user(1, "a")], time=FIRST)
    lakes.publish([user(1, "b")], number=1)
    assert lakes.counts("--columns", "updated_at") == {**EQUAL, "equal": 1}
    assert lakes.counts("--columns", "name")["different"] == 1


def test_another_key_may_be_given(lakes: Lakes) -> None:
    lakes.extract([user(1, "a"), user(2, "b")], time=FIRST)
    lakes.publish([user(1, "a"), user(2, "b")], number=1)
    assert lakes.counts("--key", "name,id") == {**EQUAL, "equal": 2}


def test_a_column_that_one_side_lacks_makes_them_unequal(lakes: Lakes) -> None:
    more = USERS.append(pa.field("extra", pa.string()))
    lakes.extract([{**user(1), "extra": "x"}], time=FIRST, schema=more)
    lakes.publish([user(1)], number=1)
    report = lakes.compare()
    assert (report["equal"], report["columns"]["only_old"]) == (False, ["extra"])
    assert lakes.compare("--columns", "name")["equal"] is True


def test_a_column_that_came_later_is_null_before(lakes: Lakes) -> None:
    more = USERS.append(pa.field("extra", pa.string()))
    lakes.extract([user(1)], time=FIRST)
    lakes.extract([{**user(2), "extra": "x"}], time=SECOND, schema=more)
    lakes.publish([{**user(1), "extra": None}, {**user(2), "extra": "x"}], number=1, schema=more)
    assert lakes.counts() == {**EQUAL, "equal": 2}


def test_no_more_examples_are_shown_than_asked_for(lakes: Lakes) -> None:
    lakes.extract([user(number) for number in range(30)], time=FIRST)
    lakes.publish([user(number, "x") for number in range(10, 40)], number=1)
    rows = lakes.compare("--limit", "3")["rows"]
    shown = {name: len(rows[name]["examples"]) for name in ("only_old", "only_new", "different")}
    assert shown == {"only_old": 3, "only_new": 3, "different": 3}
    assert (rows["only_old"]["count"], rows["different"]["count"]) == (10, 20)
    assert "and 7 more" in lakes.diff("--limit", "3").stdout
    assert lakes.counts("--limit", "0")["different"] == 20


@pytest.mark.parametrize("key", ["id", "name", "name,id", "updated_at,id"])
def test_many_buckets_find_the_same_as_one(
    lakes: Lakes, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    first = [user(number, day=number % 28 + 1) for number in range(500)]
    lakes.extract(first, time=FIRST)
    lakes.extract([user(number, f"user {number}", day=28) for number in range(50)], time=SECOND)
    lakes.publish([{**row, "name": f"user {row['id']}"} for row in first[20:]], number=1)
    lakes.publish([user(number, day=28) for number in range(30)], number=2)
    one = lakes.compare("--key", key, "--limit", "1000")
    monkeypatch.setattr(spooling, "ROWS_AT_ONCE", 40)
    many = lakes.compare("--key", key, "--limit", "1000")
    assert spooling.MOST_BUCKETS > 1
    assert many == one
    assert one["equal"] is False


def test_a_pattern_names_the_files_as_well(lakes: Lakes) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.extract([user(2)], time=SECOND, ending=".parquet")
    lakes.publish([user(2)], number=1)
    assert lakes.diff(old=f"{lakes.old}/*.parquet").exit_code == 0
    assert lakes.diff(old=f"{lakes.old}/*").exit_code == 1


def test_files_of_other_names_are_named_and_left_alone(lakes: Lakes) -> None:
    lakes.extract([user(1)], time=FIRST)
    (lakes.old / "_SUCCESS").write_text("")
    lakes.publish([user(1)], number=1)
    assert lakes.compare()["ignored"] == ["_SUCCESS"]


def remove_extracts(lakes: Lakes) -> None:
    for path in lakes.old.iterdir():
        path.unlink()


def write_no_time(lakes: Lakes) -> None:
    (lakes.old / "User_latest").write_text("")


def write_no_parquet(lakes: Lakes) -> None:
    (lakes.old / f"User_{SECOND}").write_text("")


def write_same_time(lakes: Lakes) -> None:
    lakes.extract([user(1)], time=FIRST, ending=".parquet")


def write_null_key(lakes: Lakes) -> None:
    lakes.extract([{**user(1), "id": None}], time=SECOND)


def remove_manifest(lakes: Lakes) -> None:
    (lakes.new / "run_id=run-1" / "_manifest.json").unlink()


def spoil_manifest(lakes: Lakes) -> None:
    (lakes.new / "run_id=run-1" / "_manifest.json").write_text('{"run_no": "1"}')


def escape_from_the_run(lakes: Lakes) -> None:
    path = lakes.new / "run_id=run-1" / "_manifest.json"
    path.write_text(path.read_text().replace("part-", "../part-"))


def remove_file(lakes: Lakes) -> None:
    (lakes.new / "run_id=run-1" / "part-00000-0.parquet").unlink()


def write_foreign_file(lakes: Lakes) -> None:
    path = lakes.new / "run_id=run-1" / "part-00000-0.parquet"
    pq.write_table(pa.table({"id": [1]}), path)


def remove_runs(lakes: Lakes) -> None:
    (lakes.new / "run_id=run-1").rename(lakes.new / "moved")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (remove_extracts, "holds no file User_"),
        (write_no_time, "holds no time in its name"),
        (write_no_parquet, "cannot be read as Parquet"),
        (write_same_time, "the same time"),
        (write_null_key, "column id holds NULL"),
        (remove_manifest, "_manifest.json: cannot be read"),
        (spoil_manifest, "_manifest.json: run_no: is no whole number"),
        (escape_from_the_run, "no plain file name"),
        (remove_file, "part-00000-0.parquet cannot be read"),
        (write_foreign_file, "lacks _op, _read_at, _run_no"),
        (remove_runs, "holds no run"),
    ],
)
def test_what_cannot_be_compared_is_named(lakes: Lakes, spoil: Any, said: str) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1)], number=1)
    spoil(lakes)
    result = lakes.diff()
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--key", "nokey"), "no column nokey"),
        (("--columns", "nope"), "no column nope"),
        (("--columns", "a,,b"), "names no columns"),
        (("--table", "shop/dbo.None"), "dbo.None"),
        (("--table", "User"), "full name"),
    ],
)
def test_wrong_use_is_told(lakes: Lakes, options: tuple[str, ...], said: str) -> None:
    lakes.extract([user(1)], time=FIRST)
    lakes.publish([user(1)], number=1)
    result = lakes.diff(*options)
    assert result.exit_code == 2
    assert said in result.stderr

"""Rows that break a rule stay out of silver, keep their place in the order, and can be let through."""

from pathlib import Path

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover, live, rows_of

from lakehouse.delta import Lake
from lakehouse.errors import RuleInvalid, TableUnknown
from lakehouse.releasing import release
from lakehouse.silver.quality import PATH
from lakehouse.silver.refresh import refresh

KNOWN = {"name": "known_plan", "rule": "plan IN ('Free', 'Premium')", "severity": "quarantine"}
ADULT = {"name": "adult", "rule": "age >= 18", "severity": "warn"}
COLUMNS = {"id": pa.int32(), "plan": pa.string(), "age": pa.int32()}
ASIDE = "quarantine/shop/public.orders__silver"


@pytest.fixture
def users(tmp_path: Path) -> BronzeTable:
    return BronzeTable(root=tmp_path, columns=COLUMNS, quality=(KNOWN, ADULT))


def user(number: int, plan: str | None, age: int | None = 30) -> dict[str, object]:
    return {"id": number, "plan": plan, "age": age}


def test_a_broken_rule_sets_the_row_aside_and_one_that_warns_only_counts(
    lake: Lake, users: BronzeTable
) -> None:
    users.land(1, [user(1, "Free"), user(2, "Gold"), user(3, None), user(4, "Free", 7)])
    refresh(lake, handover(lake, 1, users.handed(1)))
    assert live(lake, users.silver, "id") == [(1,), (4,)]
    assert rows_of(lake, ASIDE, "id", "_reasons", "_released_in", "_handover") == [
        (2, ["known_plan"], None, 1),
        (3, ["known_plan"], None, 1),
    ]
    assert rows_of(lake, PATH, "rule", "severity", "rows_checked", "rows_failed") == [
        ("adult", "warn", 4, 1),
        ("known_plan", "quarantine", 4, 2),
    ]


def test_the_older_good_version_stays_until_a_later_one_passes(
    lake: Lake, users: BronzeTable
) -> None:
    users.land(1, [user(1, "Free")])
    users.land(2, [user(1, "Gold")])
    users.land(3, [user(1, "Premium")])
    refresh(lake, handover(lake, 1, users.handed(1, 2)))
    assert live(lake, users.silver, "plan") == [("Free",)]
    refresh(lake, handover(lake, 2, users.handed(3)))
    assert live(lake, users.silver, "plan") == [("Premium",)]


def test_a_row_set_aside_in_a_snapshot_is_not_gone(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Free"), user(2, "Free")], mode="snapshot")
    users.land(2, [user(1, "Gold")], mode="snapshot")
    users.land(3, [], mode="snapshot")
    refresh(lake, handover(lake, 1, users.handed(1)))
    refresh(lake, handover(lake, 2, users.handed(2)))
    assert live(lake, users.silver, "id", "plan") == [(1, "Free")]
    refresh(lake, handover(lake, 3, users.handed(3)))
    assert rows_of(lake, users.silver, "id", "_op", "_run_no") == [
        (1, "delete", 3),
        (2, "delete", 2),
    ]


@pytest.mark.long
def test_a_released_row_takes_its_place_in_the_order(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Free"), user(2, "Free"), user(3, "Gold")])
    users.land(2, [user(1, "Gold"), user(2, "Gold")])
    users.land(3, [user(2, "Premium")])
    given = handover(lake, 1, users.handed(1, 2, 3))
    refresh(lake, given)
    assert release(lake, given, users.name, {"id": "3"}) == 1
    assert live(lake, users.silver, "id", "plan") == [(1, "Free"), (2, "Premium"), (3, "Gold")]
    assert release(lake, given, users.name, {}) == 2
    assert live(lake, users.silver, "id", "plan") == [(1, "Gold"), (2, "Premium"), (3, "Gold")]
    assert release(lake, given, users.name, {}) == 0
    assert rows_of(lake, ASIDE, "id", "_released_in") == [(1, 2), (2, 2), (3, 2)]


def test_what_is_released_counts_as_written_after_all_that_was_handed_over(
    lake: Lake, users: BronzeTable
) -> None:
    others = BronzeTable(root=users.root, columns=COLUMNS, name="shop/public.others")
    users.land(1, [user(1, "Gold")])
    others.land(1, [user(1, "Free")])
    refresh(lake, handover(lake, 1, users.handed(1)))
    # Gold goes through this one as well, although it brings nothing of the table.
    second = handover(lake, 2, users.handed(), others.handed(1))
    refresh(lake, second)
    assert release(lake, second, users.name, {}) == 1
    assert rows_of(lake, users.silver, "id", "_handover") == [(1, 3)]
    assert rows_of(lake, f"{users.silver}__history", "id", "_handover") == [(1, 3)]


@pytest.mark.long
def test_what_was_released_stays_so_when_its_hand_over_is_repeated(
    lake: Lake, users: BronzeTable
) -> None:
    users.land(1, [user(1, "Gold")])
    given = handover(lake, 1, users.handed(1))
    refresh(lake, given)
    release(lake, given, users.name, {})
    refresh(lake, given)
    assert live(lake, users.silver, "id", "plan") == [(1, "Gold")]


def test_a_delete_is_not_judged(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Free")])
    users.land(2, [{"id": 1, "_op": "delete"}], mode="reconcile")
    refresh(lake, handover(lake, 1, users.handed(1, 2)))
    assert live(lake, users.silver) == []


def test_a_row_without_its_key_is_set_aside_for_good(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [{"id": None, "plan": "Free", "age": 1}])
    given = handover(lake, 1, users.handed(1))
    refresh(lake, given)
    assert rows_of(lake, ASIDE, "_reasons") == [(["_no_key"],)]
    assert release(lake, given, users.name, {}) == 0
    assert live(lake, users.silver) == []


def test_rows_of_a_table_without_a_key_are_set_aside_and_let_through_one_by_one(
    lake: Lake, users: BronzeTable
) -> None:
    users.key = ()
    users.land(1, [user(1, "Free"), user(2, "Gold"), user(2, "Gold")])
    given = handover(lake, 1, users.handed(1))
    refresh(lake, given)
    assert live(lake, users.silver, "id") == [(1,)]
    assert release(lake, given, users.name, {}) == 2
    assert live(lake, users.silver, "id") == [(1,), (2,), (2,)]


@pytest.mark.parametrize("rule", ["nothing > 1", "age +", "age"])
def test_a_rule_that_is_no_condition_stops(lake: Lake, users: BronzeTable, rule: str) -> None:
    users.quality = ({"name": "odd", "rule": rule, "severity": "warn"},)
    users.land(1, [user(1, "Free")])
    with pytest.raises(RuleInvalid, match="odd"):
        refresh(lake, handover(lake, 1, users.handed(1)))


def test_only_known_tables_and_whole_keys_can_be_released(lake: Lake, users: BronzeTable) -> None:
    users.land(1, [user(1, "Gold")])
    given = handover(lake, 1, users.handed(1))
    with pytest.raises(TableUnknown):
        release(lake, given, users.name, {})
    refresh(lake, given)
    with pytest.raises(TableUnknown):
        release(lake, given, "shop/other", {})
    with pytest.raises(TableUnknown):
        release(lake, given, users.name, {"plan": "Gold"})

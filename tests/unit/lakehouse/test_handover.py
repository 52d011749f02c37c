"""A hand-over follows from the one before: what is new, how far each table is, and the same text for the same."""

import json
from dataclasses import replace

from lakehouse_samples import AT, run, spec

from shared.catalog import DeleteSpec, RuleSpec, SilverSpec
from shared.lakehouse.handover import (
    HandOver,
    digest_of,
    encode_handover,
    next_handover,
    token_of,
)
from shared.lakehouse.releases import Release

USERS, PLAYS = "crm/dbo.Users", "crm/dbo.Plays"
SPECS = {USERS: spec("Users"), PLAYS: spec("Plays")}


def made(previous: HandOver | None, **runs: object) -> HandOver:
    published = {f"crm/dbo.{name}": found for name, found in runs.items()}
    found = next_handover(previous, published, SPECS, AT)  # type: ignore[arg-type] - by name
    assert found is not None
    return found


def test_the_first_hands_over_all_runs_in_the_order_of_their_numbers() -> None:
    first = made(None, Users=[run("Users", 3), run("Users", 1, "initial")])
    [table] = first.tables
    assert (first.number, table.until) == (1, 3)
    assert [each.run_no for each in table.runs] == [1, 3]


def test_the_next_hands_over_what_is_above_and_keeps_every_table_on_its_list() -> None:
    first = made(None, Users=[run("Users", 1)], Plays=[run("Plays", 1)])
    second = made(first, Users=[run("Users", 1), run("Users", 4)])
    assert [(t.table, t.until, len(t.runs)) for t in second.tables] == [
        (PLAYS, 1, 0),
        (USERS, 4, 1),
    ]


def test_nothing_new_makes_none() -> None:
    first = made(None, Users=[run("Users", 1)])
    assert next_handover(first, {USERS: [run("Users", 1)]}, SPECS, AT) is None
    assert next_handover(None, {}, SPECS, AT) is None


def test_a_table_whose_file_is_gone_is_handed_over_as_it_was_or_waits() -> None:
    first = made(None, Users=[run("Users", 1)])
    runs = {USERS: [run("Users", 2)], PLAYS: [run("Plays", 1)]}
    second = next_handover(first, runs, {}, AT)
    assert second is not None
    assert [(t.table, t.until, t.key) for t in second.tables] == [(USERS, 2, ("id",))]
    third = next_handover(second, runs, SPECS, AT)
    assert third is not None
    assert [(t.table, len(t.runs)) for t in third.tables] == [(PLAYS, 1), (USERS, 0)]


def test_a_release_makes_a_hand_over_without_runs_once() -> None:
    first = made(None, Users=[run("Users", 1)])
    one = Release(id="a-0000", table=USERS, key={}, asked_at=AT)
    second = next_handover(first, {}, SPECS, AT, [one])
    assert second is not None
    assert (second.number, second.runs, second.releases) == (2, 0, (one,))
    assert next_handover(second, {}, SPECS, AT, [one]) is None
    unknown = replace(one, id="b-0000", table=PLAYS)
    assert next_handover(second, {}, SPECS, AT, [unknown]) is None


def test_the_file_says_what_silver_has_to_know_as_agreed() -> None:
    rule = RuleSpec(name="known_plan", rule="plan IN ('Free')", severity="quarantine")
    users = replace(
        spec("Users"),
        deletes=DeleteSpec(how="soft", column="is_deleted"),
        quality=(rule,),
        silver=SilverSpec(valid_from="updated_on"),
    )
    one = Release(id="a-0000", table=USERS, key={"id": "7"}, asked_at=AT)
    runs = {USERS: [run("Users", 3, "initial")]}
    found = next_handover(None, runs, {USERS: users}, AT, [one, replace(one, table=PLAYS)])
    assert found is not None
    assert json.loads(encode_handover(found)) == {
        "format": 1,
        "number": 1,
        "created_at": AT,
        "tables": [
            {
                "table": USERS,
                "target": "bronze/crm/dbo.Users",
                "silver": "silver/crm/dbo.Users",
                "key": ["id"],
                "soft_delete": "is_deleted",
                "valid_from": "updated_on",
                "quality": [
                    {"name": "known_plan", "rule": "plan IN ('Free')", "severity": "quarantine"}
                ],
                "until": 3,
                "runs": [
                    {
                        "run_id": "r3.crm.dbo.Users",
                        "run_no": 3,
                        "mode": "initial",
                        "folder": "bronze/crm/dbo.Users/run_id=r3.crm.dbo.Users",
                        "traceparent": "",
                    }
                ],
            }
        ],
        "releases": [{"id": "a-0000", "table": USERS, "key": {"id": "7"}, "asked_at": AT}],
        "traceparent": found.traceparent,
    }


def test_the_same_hand_over_has_the_same_text_and_another_one_another_token() -> None:
    one, same = (made(None, Users=[run("Users", 1)]) for _ in range(2))
    other = made(None, Users=[run("Users", 2)])
    digests = [digest_of(encode_handover(each)) for each in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]
    tokens = {token_of(digests[0], attempt) for attempt in range(1, 9)}
    assert len(tokens) == 8
    assert {len(token) for token in tokens} == {64}
    assert token_of(digests[0], 1) == digests[0]

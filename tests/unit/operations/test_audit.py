"""What is kept of a request says what was asked, and holds no secret and no row."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.operations.audit import asked_of, is_audit_id, new_audit_id, target_of


def test_ids_sort_by_their_time_and_have_the_form_of_ids() -> None:
    early = new_audit_id(datetime(2026, 1, 31, 12, 0, 0, 125_000, tzinfo=UTC), "f" * 12)
    late = new_audit_id(datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC), "0" * 12)
    assert early == "20260131T120000125Z-ffffffffffff" < late
    assert is_audit_id(early)
    assert not is_audit_id(early[:-1])


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({}, {}),
        ({"mode": "initial", "password": "hunter2"}, {"mode": "initial"}),
        ({"position": 5, "skip": True}, {"position": "5", "skip": True}),
        ({"reason": "see https://a:hunter2@b"}, {"reason": "see https://a:***@b"}),
        (
            {"release": [{"table": "s/t", "key": {"email": "anna@example.com"}}, 5]},
            {"release": ["s/t"]},
        ),
        ({"tables": list("abc")}, {"tables": ["a", "b", "c"]}),
        ({"reason": "\ud83d"}, {"reason": "\\ud83d"}),
        ({"tables": {"a": 1}}, {"tables": "{'a': 1}"}),
    ],
)
def test_of_a_body_names_and_positions_are_kept(body: dict[str, Any], kept: object) -> None:
    assert asked_of(body) == kept


def test_of_a_long_list_the_first_are_named_and_the_rest_counted() -> None:
    tables = asked_of({"tables": [f"s/t{number}" for number in range(2_500)]})["tables"]
    assert (len(tables), tables[-1]) == (21, "and 2480 more")


def test_what_is_kept_is_bounded() -> None:
    assert len(target_of("/" + "x" * 100_000)) == 500
    assert len(asked_of({"reason": "x" * 100_000})["reason"]) == 500

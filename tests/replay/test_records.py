"""What earlier versions have left in Table Storage and in the lake is read by this one, whole."""

import json
from typing import Any

import pytest
from flights import keeps, read_back, surviving
from record_versions import RECORDS, stored_types

STORED = json.loads(RECORDS.read_text())


@pytest.mark.parametrize("name", sorted(STORED))
def test_a_record_of_an_earlier_version_is_read_whole(name: str) -> None:
    for record in STORED[name]:
        with surviving(f"a stored {name} is read otherwise"):
            assert keeps(read_back(record, stored_types()[name]), record)


def test_there_is_one_of_every_record() -> None:
    # A landing is there for a moment, a release until the next hand-over.
    assert set(stored_types()) - {"Landing", "Release"} <= set(STORED) <= set(stored_types())


def test_a_field_that_is_gone_is_noticed() -> None:
    before: dict[str, Any] = {"kept": 1, "list": [{"gone": 2}]}
    assert keeps({"kept": 1, "list": [{"gone": 2, "new": 3}], "new": None}, before)
    assert not keeps({"kept": 1, "list": [{"new": 3}]}, before)
    assert not keeps({"kept": 1, "list": []}, before)

"""Two writes without a condition that meet inside Table Storage: the one that loses may be tried again."""

from collections.abc import Callable

import pytest
from azure_interference import Interference, Refusal

from shared.adapters.azure.entities import Entities
from shared.loading.errors import StateUnavailable

WAYS: dict[str, Callable[[Entities], None]] = {
    "one row": lambda rows: rows.put("p", "k", 2),
    "several rows": lambda rows: rows.put_all("p", [("k", 2), ("l", 2)]),
}

MET = [
    Refusal(status=409, headers={"x-ms-error-code": "EntityAlreadyExists"}),
    Refusal(status=412, headers={"x-ms-error-code": "UpdateConditionNotSatisfied"}),
]


@pytest.mark.parametrize("refusal", MET, ids=lambda refusal: str(refusal.status))
@pytest.mark.parametrize("way", WAYS)
def test_a_write_without_a_condition_that_meets_another_is_unavailable_and_then_written(
    rows: Entities,
    disturbed: Callable[[Entities], Entities],
    table_proxy: Interference,
    way: str,
    refusal: Refusal,
) -> None:
    through = disturbed(rows)
    table_proxy.refuse(lambda request: request.method != "GET", refusal)
    with pytest.raises(StateUnavailable, match="came between"):
        WAYS[way](through)
    WAYS[way](through)
    found = rows.get("p", "k")
    assert found is not None
    assert found.body == b"2"

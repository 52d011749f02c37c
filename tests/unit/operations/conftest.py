"""An office: the desk where orders are placed, with what it writes to."""

import pytest
from memory_ledger import Office


@pytest.fixture
def office() -> Office:
    return Office()

"""Every error carries its remedy, and none of them carries more than its message."""

import pytest

from shared.loading import errors
from shared.loading.errors import (
    ConflictError,
    Failure,
    IngestError,
    PermanentError,
    TransientError,
)

TYPES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, IngestError)
]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_an_error_as_data_names_its_type_and_its_remedy(kind: type[IngestError]) -> None:
    failure = kind("what happened").failure
    assert (failure.type, failure.message) == (kind.__name__, "what happened")
    assert failure.remedy
    assert "\n" not in failure.remedy


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_an_error_is_tried_again_or_not_but_never_both(kind: type[IngestError]) -> None:
    causes = [TransientError, PermanentError, ConflictError]
    assert sum(issubclass(kind, cause) for cause in causes) == (0 if kind is IngestError else 1)


def test_a_failure_is_a_plain_value() -> None:
    assert Failure(type="A", message="b", remedy="c") == Failure(type="A", message="b", remedy="c")

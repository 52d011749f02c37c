"""Whatever is asked, the API answers as it says of itself, and never with a server's error.

`TIDEMARK_FUZZ_EXAMPLES` sets how many requests are made up for each operation; the same are made
up each time.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import schemathesis
from e2e_stack import Stack
from e2e_waiting import PATIENCE_SECONDS
from fuzz_schema import closed, narrowed
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.long_forms import LONG
from web.api.openapi import document

# Not among them: that a body of the right form is accepted (there may be no such table), and that
# a method no route has is answered with 405 (the host of Azure Functions says 404).
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# The narrowed description knows only what there is, and the API answers to more.
LIKELY_CHECKS = [check for check in CHECKS if check is not negative_data_rejection]
NOWHERE = "http://127.0.0.1"
USUAL = "15" if LONG else "3"
EXAMPLES = int(os.environ.get("TIDEMARK_FUZZ_EXAMPLES", USUAL))
BOUNDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


anything = schemathesis.openapi.from_dict(closed(document(NOWHERE)))
likely = schemathesis.openapi.from_dict(narrowed(document(NOWHERE)))


def ask(case: Any, stack: Stack, checks: Sequence[Any] = CHECKS) -> None:
    case.call_and_validate(base_url=stack.url, checks=checks, timeout=PATIENCE_SECONDS)


@anything.parametrize()
@BOUNDED
def test_any_request_is_answered_as_described(case: Any, fuzzed: Stack) -> None:
    ask(case, fuzzed)


@pytest.mark.long
@likely.parametrize()
@BOUNDED
def test_a_request_for_what_there_is_is_answered_as_described(
    case: Any, fuzzed: Stack, known: Mapping[str, str]
) -> None:
    wanted = case.path_parameters.get("id")
    if wanted in known:
        case.path_parameters["id"] = known[wanted]
    ask(case, fuzzed, LIKELY_CHECKS)

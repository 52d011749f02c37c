"""Problem details look as RFC 9457 has them, whatever went wrong."""

import pytest

from shared.loading import errors
from shared.loading.errors import IngestError
from shared.operations.correction import RowsSkipped
from shared.operations.keys import KeyReused
from shared.operations.ordering import OrderActive, OrderUnknown
from shared.operations.pages import PageUnknown
from web.api.exchange import problem_of
from web.api.problems import FieldError, bad_request, conflict, not_found, unavailable

TYPES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, IngestError)
]


def test_a_bad_request_names_its_fields() -> None:
    problem = bad_request(
        FieldError(field="mode", message="is odd"),
        FieldError(field="mode", message="is worse"),
        FieldError(field="after", message="is none"),
    )
    assert problem.body == {
        "type": "urn:tidemark:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "Correct: mode, after",
        "errors": [
            {"field": "mode", "message": "is odd"},
            {"field": "mode", "message": "is worse"},
            {"field": "after", "message": "is none"},
        ],
    }


@pytest.mark.parametrize(
    ("problem", "status"),
    [(not_found("x"), 404), (conflict("x"), 409), (unavailable("x"), 503)],
)
def test_a_problem_without_fields_lists_none(problem: object, status: int) -> None:
    body = problem.body  # type: ignore[attr-defined] - a problem
    assert (body["status"], body["detail"], "errors" in body) == (status, "x", False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OrderUnknown("x"), 404),
        (OrderActive("x"), 409),
        (errors.TurnLost("x"), 409),
        (errors.BadOrder("x"), 422),
        (errors.StateUnavailable("x"), 503),
        (errors.LakeUnavailable("x"), 503),
        (errors.SourceUnavailable("x"), 503),
        (errors.SourceThrottled("x"), 503),
        (PageUnknown("x"), 400),
        (KeyReused("x"), 422),
        (errors.CatalogBroken("x"), 503),
    ],
)
def test_a_typed_error_has_its_status(error: IngestError, status: int) -> None:
    assert problem_of(error).status == status


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_typed_error_is_answered_by_a_problem_with_its_message(
    kind: type[IngestError],
) -> None:
    body = problem_of(kind("what happened")).body
    assert body["detail"] == "what happened"
    assert 400 <= body["status"] < 600
    assert body["type"].startswith("urn:tidemark:problem:")


def test_a_reused_key_and_an_unknown_page_say_what_they_are() -> None:
    assert problem_of(KeyReused("x")).body["type"].endswith(":idempotency-key-reused")
    assert problem_of(PageUnknown("x")).body["errors"][0]["field"] == "page"


def test_a_typed_error_comes_with_its_remedy() -> None:
    body = problem_of(RowsSkipped("rows would be skipped")).body
    assert (body["status"], body["detail"]) == (409, "rows would be skipped")
    assert "skip: true" in body["remedy"]


def test_a_refusal_leads_to_its_entry_of_the_runbook_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "runbook" not in problem_of(KeyReused("x")).body
    monkeypatch.setenv("TIDEMARK_RUNBOOK_URL", "https://wiki.example/runbook")
    assert problem_of(KeyReused("x")).body["runbook"] == "https://wiki.example/runbook#keyreused"

"""What a log line says, and what it never says."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from shared.durable import answering, steps
from shared.landing import paths
from shared.loading.errors import SourceUnavailable
from shared.loading.order import TableOrder
from shared.telemetry.facts import facts_of, working_on
from shared.telemetry.json_lines import Discreet, JsonLines, tell_logs

SECRET = "hunter2"
VALUE = "ada@example.org"
TABLE = "shop/public.orders"
ORDER = TableOrder(
    order_id="20260101T000000000Z-abcdef", table=TABLE, mode="incremental", reason="request"
)


class Kept(logging.Handler):
    """Keeps what it would write."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def log(kept: Kept) -> logging.Logger:
    made = logging.Logger("tidemark.test")  # noqa: LOG001 - one that no other test sees
    made.addHandler(kept)
    return made


def told(kept: Kept) -> dict[str, Any]:
    return json.loads(kept.lines[-1])


def test_a_line_says_for_what_the_work_was(kept: Kept, log: logging.Logger) -> None:
    tell_logs({"TIDEMARK_LOGS": "json"}, [kept])
    payload = {"plan": paths.plan_file("bronze/shop/o", ORDER.run_id, 7), "number": 3, "attempt": 2}
    with working_on(facts_of("extract_slice", payload, ORDER.traceparent)):
        log.info("reading", extra={"pages": 4})
    line = told(kept)
    assert {name: line[name] for name in ("run_id", "order_id", "slice", "epoch")} == {
        "run_id": ORDER.run_id,
        "order_id": ORDER.order_id,
        "slice": 3,
        "epoch": 7,
    }
    assert (line["step"], line["attempt"], line["pages"]) == ("extract_slice", 2, 4)
    assert line["trace_id"] == ORDER.traceparent.split("-")[1]
    assert (line["level"], line["logger"], line["message"]) == ("info", "tidemark.test", "reading")


def test_a_line_after_the_work_says_nothing_of_it(kept: Kept, log: logging.Logger) -> None:
    tell_logs({"TIDEMARK_LOGS": "json"}, [kept])
    with working_on({"run_id": "r"}):
        pass
    log.info("idle")
    assert "run_id" not in told(kept)


Case = tuple[str, tuple[object, ...], Mapping[str, object]]
SECRETS: list[Case] = [
    (f"Server=db;Uid=sa;Pwd={SECRET};Database=d", (), {}),
    ("connecting to %s", (f"postgresql://ada:{SECRET}@db:5432/x",), {}),
    ("sent %s", ({"password": SECRET},), {}),
    ("extra", (), {"connection_string": SECRET}),
    ("extra", (), {"asked": {"headers": {"x-api-key": SECRET}}}),
    ("extra", (), {"asked": [f"https://x/?sig={SECRET}"]}),
    ("%s %s", (f"AccountKey={SECRET}",), {}),
]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_in_no_line(kept: Kept, log: logging.Logger, form: str, case: Case) -> None:
    message, arguments, extra = case
    tell_logs({"TIDEMARK_LOGS": form}, [kept])
    log.warning(message, *arguments, extra=dict(extra))
    assert kept.lines
    assert SECRET not in kept.lines[-1]


class DriverFault(Exception):
    """What a driver raises: it quotes the row."""


def read() -> None:
    raise DriverFault(f"invalid input: row ({VALUE}, 7), Pwd={SECRET}")


def stumble() -> None:
    try:
        read()
    except DriverFault as error:
        raise ValueError(f"cannot land {VALUE}") from error


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_is_told_by_type_and_way_without_the_row_that_it_quotes(
    kept: Kept, log: logging.Logger, form: str
) -> None:
    tell_logs({"TIDEMARK_LOGS": form}, [kept])
    try:
        stumble()
    except ValueError:
        log.exception("step broke")
    line = kept.lines[-1]
    assert VALUE not in line
    assert SECRET not in line
    assert all(word in line for word in ("ValueError", "DriverFault", "stumble"))


def test_a_typed_error_says_its_text(kept: Kept, log: logging.Logger) -> None:
    tell_logs({"TIDEMARK_LOGS": "json"}, [kept])
    error = SourceUnavailable(f"db:5432 does not answer (Pwd={SECRET})")
    log.error("asked", exc_info=error)
    assert "db:5432 does not answer" in told(kept)["exception"]
    assert SECRET not in kept.lines[-1]


def test_an_object_is_told_by_its_type_as_it_may_show_a_row(
    kept: Kept, log: logging.Logger
) -> None:
    tell_logs({"TIDEMARK_LOGS": "json"}, [kept])
    log.info("row", extra={"row": ORDER})
    assert told(kept)["row"] == "<TableOrder>"


def test_handlers_are_prepared_once_and_as_text_where_nobody_asks(kept: Kept) -> None:
    for _ in range(2):
        tell_logs({}, [kept])
    assert [type(each) for each in kept.filters] == [Discreet]
    assert kept.formatter is None
    tell_logs({"FUNCTIONS_WORKER_RUNTIME": "python"}, [kept])
    assert isinstance(kept.formatter, JsonLines)


def test_a_step_that_breaks_says_in_its_line_for_whom_it_worked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[Mapping[str, Any]] = []

    class Look(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            seen.append(json.loads(JsonLines().format(record)))
            return True

    look = Look()
    answering.log.addFilter(look)
    try:
        wanted = {"order": {"order_id": ORDER.order_id, "table": TABLE}, "instance": "i"}
        answer = answering._answer(steps.take_turn, lambda _: 1 / 0, {**wanted, "_traceparent": ""})
    finally:
        answering.log.removeFilter(look)
    assert answer["refused"]["type"] in ("Unexpected", "InputUnreadable")
    [line] = seen
    assert (line["step"], line["table"], line["order_id"]) == ("take_turn", TABLE, ORDER.order_id)

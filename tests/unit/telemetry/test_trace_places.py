"""Where things stand in a trace: the same place for everybody who names the same work."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.loading.order import Order, OrderWork, TableOrder
from shared.loading.trace import (
    above_order,
    place_of_handover,
    place_of_order,
    place_of_run,
    read_place,
)

ORDER_ID = "20260101T000000000Z-abcdef"
CALLER = f"00-{'a' * 32}-{'b' * 16}-01"


def test_an_order_goes_on_in_the_trace_of_who_asked_for_it() -> None:
    place = place_of_order(ORDER_ID, 1, CALLER)
    assert place.trace_id == "a" * 32
    assert above_order(ORDER_ID, 1, CALLER) == "b" * 16


def test_an_order_of_nobody_begins_a_trace_that_each_attempt_goes_on_in() -> None:
    first, second = (place_of_order(ORDER_ID, attempt, "") for attempt in (1, 2))
    assert first.trace_id == second.trace_id
    assert above_order(ORDER_ID, 1, "") is None
    assert above_order(ORDER_ID, 2, "") == first.span_id


def test_whoever_names_the_same_work_names_the_same_place() -> None:
    order = Order(
        order_id=ORDER_ID, tables=("s/t",), created_at="2026-01-01T00:00:00+00:00", asked=CALLER
    )
    table = TableOrder(
        order_id=ORDER_ID, table="s/t", mode="incremental", reason="request", asked=CALLER
    )
    assert OrderWork(order=order).traceparent == str(order.place)
    assert table.traceparent == str(place_of_run(table.run_id, 1, order.place))
    assert table.traceparent != str(place_of_run(table.run_id, 2, order.place))


def test_a_hand_over_stands_in_the_trace_of_its_first_run_or_begins_one_of_its_own() -> None:
    assert place_of_handover(3, "now", CALLER).trace_id == "a" * 32
    one, other = (place_of_handover(3, at, "") for at in ("now", "then"))
    assert one.trace_id != other.trace_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01" + "x" * 10,
        f"00-{'a' * 32}-{'b' * 16}-01-" + "x" * 1000,
        7,
        None,
    ],
)
def test_what_is_no_traceparent_is_nobodys(text: object) -> None:
    assert read_place(text) is None


def test_a_later_version_may_say_more() -> None:
    assert read_place(f"01-{'a' * 32}-{'b' * 16}-01-more") == read_place(CALLER)


@given(st.text(max_size=80))
def test_whatever_a_caller_sends_makes_a_sound_place(text: str) -> None:
    place = str(place_of_order(ORDER_ID, 1, text))
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", place)

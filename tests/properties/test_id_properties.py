"""Ids and keys: different things never share one, and each can be taken apart again."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.loading.order import (
    Order,
    instance_of,
    is_order_id,
    new_order_id,
    order_of_run,
    run_id,
    table_key,
    table_of_key,
    table_of_run,
)

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=40
)
SOURCES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
TABLES = st.builds("{}/{}.{}".format, SOURCES, NAMES, NAMES)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
ENTROPY = st.integers(0, 16**6 - 1).map("{:06x}".format)
ORDERS = st.builds(new_order_id, MOMENTS, ENTROPY)
PARTS = st.none() | st.integers(1, 99_999)
RUNS = st.tuples(ORDERS, TABLES, PARTS)


@given(TABLES)
def test_a_table_is_found_again_by_its_key(table: str) -> None:
    assert table_of_key(table_key(table)) == table


@given(TABLES, TABLES)
def test_different_tables_have_different_keys(one: str, other: str) -> None:
    assert (table_key(one) == table_key(other)) == (one == other)


@given(ORDERS, TABLES, PARTS)
def test_a_run_id_gives_its_order_and_its_table_and_is_safe_everywhere(
    order: str, table: str, part: int | None
) -> None:
    run = run_id(order, table, part)
    assert is_order_id(order)
    assert (order_of_run(run), table_of_run(run)) == (order, table)
    assert run.isascii()
    assert not set(run) & set("/\\#?% \t")


@given(RUNS, RUNS)
def test_different_runs_have_different_ids(
    one: tuple[str, str, int | None], other: tuple[str, str, int | None]
) -> None:
    assert (run_id(*one) == run_id(*other)) == (one == other)


@given(MOMENTS, MOMENTS, ENTROPY, ENTROPY)
def test_ids_sort_as_their_milliseconds(
    one: datetime, other: datetime, salt: str, salt2: str
) -> None:
    def milliseconds(moment: datetime) -> int:
        return int(moment.timestamp() * 1_000_000) // 1_000

    first, second = new_order_id(one, salt), new_order_id(other, salt2)
    if abs((one - other).total_seconds()) > 1:
        assert (first < second) == (milliseconds(one) < milliseconds(other))


@given(ORDERS, st.integers(1, 999), TABLES)
def test_an_instance_id_is_one_that_durable_accepts(order: str, attempt: int, table: str) -> None:
    name = instance_of(
        Order(order_id=order, tables=(table,), created_at="", attempt=attempt), table
    )
    assert 1 <= len(name) <= 100
    assert not set(name) & set("/\\#?")
    assert not name.startswith("@")

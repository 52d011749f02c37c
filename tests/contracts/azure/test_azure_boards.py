"""The board of incidents in Table Storage: one row, changed by compare-and-set, large enough for thousands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from azure_interleaving import SteppedEntities, play

from shared.adapters.azure.boards import AzureBoards, AzureFreshness
from shared.adapters.azure.entities import Entities
from shared.alerting.board import Board, gather, report
from shared.alerting.incident import Trouble
from shared.loading.errors import Failure
from shared.operations.alerts import AlertWriter
from shared.operations.freshness import Fresh

START = datetime(2026, 1, 1, tzinfo=UTC)


def trouble(number: int) -> Trouble:
    table = f"warehouse/Sales.CustomerOrderLines{number:05d}"
    order = f"20260101T000000000Z-{number:06x}"
    message = f"the source does not answer: connection {number * 7919} was closed" + " by it" * 10
    error = Failure(type="SourceUnavailable", message=message, remedy="Check its address. " * 5)
    return Trouble(
        kind="failed", subject=table, what=error.type, token=f"{order}.{table}#1",
        at=START.isoformat(), error=error, order_id=order, run_id=f"{order}.{table}",
    )  # fmt: skip


def test_a_board_is_empty_at_first_and_as_it_was_written_after(rows: Entities) -> None:
    boards = AzureBoards(rows)
    assert boards.read() == Board()
    written = boards.change(lambda board: report(board, [trouble(1)], START))
    assert len(written.open) == 1
    assert boards.read() == AzureBoards(rows).read() == written


def test_thousands_of_tables_may_fail_at_once(rows: Entities) -> None:
    boards = AzureBoards(rows)
    write = AlertWriter(base_url="https://tidemark.example")

    def step(board: Board) -> Board:
        wrong = report(board, [trouble(number) for number in range(5_000)], START)
        return gather(wrong, START, pause=timedelta(0), channels=["slack"], write=write)

    written = boards.change(step)
    assert (len(written.open), len(written.outbox)) == (5_000, 1)
    assert boards.read() == written


def test_reports_at_once_are_all_counted(rows: Entities) -> None:
    boards = AzureBoards(rows)

    def work(number: int) -> None:
        boards.change(lambda board: report(board, [trouble(number)], START))

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(16)))
    assert len(boards.read().open) == 16


def test_a_write_whose_answer_is_lost_counts_once() -> None:
    rows = SteppedEntities(loses=True)
    boards = AzureBoards(rows)
    boards.change(lambda board: report(board, [trouble(1)], START))
    works = [
        lambda: boards.change(lambda board: report(board, [trouble(2)], START)),
        lambda: boards.change(lambda board: report(board, [trouble(3)], START)),
    ]
    for _ in play(works, "0101"):
        pass
    assert [each.count for each in boards.read().open] == [1, 1, 1]


def test_how_fresh_tables_are_is_written_by_the_hundred_and_read_by_the_thousand(
    rows: Entities,
) -> None:
    freshness = AzureFreshness(rows)
    assert freshness.read() == {}
    found = {f"crm/dbo.T {number}/%": Fresh(at=START.isoformat()) for number in range(250)}
    for _ in range(2):
        freshness.write(found)
    AzureBoards(rows).change(lambda board: report(board, [trouble(1)], START))
    assert freshness.read() == found
    freshness.write({"crm/dbo.T 1/%": Fresh(at=START.isoformat(), loaded=False)})
    assert not freshness.read()["crm/dbo.T 1/%"].loaded
    freshness.write({})

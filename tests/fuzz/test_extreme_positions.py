"""A watermark may be set to the strangest position; everything that shows or uses it still answers."""

import httpx
import pytest
from fuzz_schema import NAMES

ITEM, COUNTED, WHOLE = NAMES
TIMES = [
    "0001-01-01 00:00:00+14:00",
    "9999-12-31 23:59:59.999999999",
    "infinity",
    "\u0662\u0660\u0662\u0666-01-01",
    "\0",
]
MORE_TIMES = [
    "0001-01-01",
    "1582-10-10 00:00:00",
    "1969-12-31T23:59:59.999999999Z",
    "9999-12-31 23:59:59-14:00",
    "10000-01-01",
    "2026-02-30",
    "2026-W01-1",
    "2026-01-01\u00a000:00:00",
    "' OR 1=1 --",
]
NUMBERS = [2**63, -(2**63) - 1, "\u0663", "9" * 64]
MORE_NUMBERS = [
    0,
    2**63 - 1,
    10**64,
    "007",
    "+5",
    "1_000",
    "NaN",
]


@pytest.mark.parametrize(
    ("table", "position"),
    [
        *((ITEM, time) for time in TIMES),
        *((COUNTED, number) for number in NUMBERS),
        (WHOLE, "1"),
        *(pytest.param(ITEM, time, marks=pytest.mark.long) for time in MORE_TIMES),
        *(pytest.param(COUNTED, number, marks=pytest.mark.long) for number in MORE_NUMBERS),
    ],
)
def test_a_strange_position_is_set_or_refused_and_all_else_still_answers(
    http: httpx.Client, known: object, table: str, position: str | int
) -> None:
    body = {"position": position, "reason": "strange", "skip": True}
    answers = [http.put(f"/api/tables/{table}/watermark", json=body)]
    answers += [
        http.get(f"/api/tables/{table}"),
        http.get("/api/tables"),
        http.get(f"/api/tables/{table}/watermarks"),
        http.post("/api/plans", json={"table": table}),
        http.post("/api/plans", json={"table": table, "after": position}),
        http.post("/api/plans", json={"table": table, "from": 0, "to": position}),
        http.post("/api/plans", json={"table": table, "from": "0001-01-01", "to": position}),
        http.post("/api/backfills", json={"table": table, "from": position, "to": position}),
    ]
    assert [str(answer) for answer in answers if answer.status_code >= 500] == []
    assert all(answer.json() for answer in answers)

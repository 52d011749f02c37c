"""`python -m local.anomalies.page [RECORD]...`: keeps what was measured, and writes the reference page of it.

Each RECORD is what `tidemark anomalies --json` printed; several of different tools become one.
Without any, the page is written anew of what is kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.anomalies.cells import write_cell
from local.anomalies.record import Record, join, summarise

MEASURED = Path(__file__).with_name("measured.json")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "anomalies.md"
_FRAME = Path(__file__).with_name("page.md")
_MEGABYTE = 1_000_000


def write_page(record: Record) -> str:
    """Give the page as Markdown: the text of `page.md` with the tables of a record in it."""
    frame = _FRAME.read_text(encoding="utf-8")
    return frame.format(
        measured=_measured(record),
        summary=summarise(record),
        table="\n".join(_table(record)),
        evidence="\n".join(_evidence(record)),
        notes="\n".join(_notes(record)),
        elsewhere="\n".join(_elsewhere(record)),
    )


def _measured(record: Record) -> str:
    versions = record["versions"]
    text = (
        f"{record['measured_at']} with Tidemark {versions['tidemark']}, dlt {versions['dlt']}, "
        f"PostgreSQL {versions['postgresql']}, Python {versions['python']}, seed {record['seed']}"
    )
    peak = record["subjects"].get("tidemark", {}).get("peak_bytes")
    return f"{text}; peak memory of Tidemark's process {peak / _MEGABYTE:.0f} MB" if peak else text


def _table(record: Record) -> Iterator[str]:
    subjects = record["subjects"]
    yield "| Case | Anomaly | " + " | ".join(each["title"] for each in subjects.values()) + " |"
    yield "|---|---|" + "---|" * len(subjects)
    found = {(each["case"], each["subject"]): each for each in record["outcomes"]}
    for case, known in _cases(record).items():
        cells = (_cell(found.get((case, name))) for name in subjects)
        yield f"| {case} | {known['title']}: {known['what']} | " + " | ".join(cells) + " |"


def _cell(outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return ""
    text = write_cell(outcome)
    score = outcome["score"]
    return f"**{text}**" if score and score["lost"] + score["doubled"] else text


def _evidence(record: Record) -> Iterator[str]:
    yield "| Case | Reported in | Expected of Tidemark |"
    yield "|---|---|---|"
    for case, known in _cases(record).items():
        yield f"| {case} | {known['evidence']} | {known['expected']} |"


def _notes(record: Record) -> Iterator[str]:
    """Say how each tool was killed, and how much it remembers where that was limited."""
    for outcome in record["outcomes"]:
        title = record["subjects"][outcome["subject"]]["title"]
        said = list(outcome["notes"])
        if outcome["rows"]:
            said.append(f"{outcome['rows']:,} rows, {outcome['state_bytes']:,} bytes of state")
        yield from (f"- {outcome['case']}, {title}: {text}." for text in said)


def _elsewhere(record: Record) -> Iterator[str]:
    yield "| Case | Anomaly | Needs | In its place |"
    yield "|---|---|---|---|"
    for each in record["elsewhere"]:
        files = ", ".join(f"`{name}`" for name in each["stands_in"]) or "nothing yet"
        yield f"| {each['number']} | {each['title']} | {each['why']} | {files} |"


def _cases(record: Record) -> dict[str, Mapping[str, Any]]:
    cases: dict[str, Mapping[str, Any]] = {}
    for each in record["outcomes"]:
        cases.setdefault(each["case"], each)
    return cases


def main(names: list[str]) -> None:
    """Keep the records, if there are any, and write the page."""
    if names:
        records = [json.loads(Path(name).read_text(encoding="utf-8")) for name in names]
        MEASURED.write_text(json.dumps(join(records), indent=1) + "\n", encoding="utf-8")
    record = json.loads(MEASURED.read_text(encoding="utf-8"))
    PAGE.write_text(write_page(record), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

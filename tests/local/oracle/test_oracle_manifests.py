"""Which damage to a run's folder the oracle finds. Every run below holds the right rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.local.oracle.conftest import Shop

Manifest = dict[str, Any]


def folder_of(shop: Shop) -> Path:
    return shop.bronze.path / "run_id=run-1"


def edit(shop: Shop, change: Callable[[Manifest], object]) -> None:
    path = folder_of(shop) / "_manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda m: m["files"][0].update(rows=21), "has 20 rows, its manifest says 21"),
        (lambda m: m["files"][1].update(bytes=7), "bytes, its manifest says 7"),
        (lambda m: m.update(rows=31), "its manifest says 31 rows, its files add up to others"),
        (lambda m: m["receipt"][0].update(landed=29), "30 rows, its receipts 29"),
        (lambda m: m["files"].pop(), "part-00001-0.parquet is not in the manifest"),
        (lambda m: m["files"].append(m["files"][0]), "names a file twice"),
        (lambda m: m.update(run_id="run-2"), "its manifest is that of run-2"),
        (lambda m: m.update(run_no=2), "20 rows have another _run_no than said"),
    ],
)
def test_a_damaged_manifest_is_found(
    copied: Shop, change: Callable[[Manifest], object], fault: str
) -> None:
    edit(copied, change)
    found = copied.compare()
    assert not found.equal
    assert any(fault in each for each in found.faults), found.faults


def test_a_lost_file_is_found(copied: Shop) -> None:
    (folder_of(copied) / "part-00001-0.parquet").unlink()
    found = copied.compare()
    assert "part-00001-0.parquet is missing" in found.faults[0]
    assert found.missing.count == 10


def test_a_file_that_no_manifest_names_is_found(copied: Shop) -> None:
    shutil.copy(folder_of(copied) / "part-00000-0.parquet", folder_of(copied) / "stray.parquet")
    found = copied.compare()
    assert found.faults == ("run_id=run-1: stray.parquet is not in the manifest",)


def test_a_run_without_a_manifest_is_found(copied: Shop) -> None:
    (folder_of(copied) / "_manifest.json").unlink()
    assert copied.compare().faults == ("run_id=run-1 has no manifest",)


def test_a_manifest_that_is_not_json_is_found(copied: Shop) -> None:
    (folder_of(copied) / "_manifest.json").write_text('{"run_id": ')
    assert "its manifest is not JSON" in copied.compare().faults[0]


def test_a_run_that_was_published_twice_is_found(copied: Shop) -> None:
    shutil.copytree(folder_of(copied), copied.bronze.path / "run_id=again")
    found = copied.compare()
    assert found.published_twice.count == 30
    assert "run run-1 was published 2 times" in found.faults
    assert "run number 1 was published 2 times" in found.faults


def test_a_folder_that_is_no_run_is_found(copied: Shop) -> None:
    (copied.bronze.path / "leftover").mkdir()
    assert copied.compare().faults == ("leftover is no run",)


def test_an_unknown_operation_is_found(copied: Shop) -> None:
    path = folder_of(copied) / "part-00000-0.parquet"
    rows = pq.read_table(path, partitioning=None)
    at = rows.schema.get_field_index("_op")
    pq.write_table(rows.set_column(at, "_op", [["merge"] * rows.num_rows]), path)
    assert any("20 rows have an unknown _op" in fault for fault in copied.compare().faults)

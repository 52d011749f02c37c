"""CSV from the landing zone to bronze: each version once, malformed rows beside it, what is broken alone."""

import gzip
import json
import zlib
from datetime import date
from decimal import Decimal

import pyarrow as pa
from files_shop import Shop, name_of

TYPED = {"id": "integer", "amount": "decimal(18,2)", "day": "date", "note": "text"}
HEADER = "id,amount,day,note\n"


def test_a_file_lands_with_its_types_its_place_and_its_receipt(shop: Shop) -> None:
    shop.declare(columns=TYPED)
    content = HEADER + '1,1.50,2026-01-31,"two\nlines"\n2,,,\n'
    path = shop.put("a.csv", content)

    manifest = shop.load()

    assert manifest is not None
    assert shop.values("id", "amount", "day", "note", "_line", "_op") == [
        (1, Decimal("1.50"), date(2026, 1, 31), "two\nlines", 2, "upsert"),
        (2, None, None, None, 4, "upsert"),
    ]
    assert {row["_file"] for row in shop.rows()} == {path}
    [read] = manifest["read_files"]
    assert (read["fate"], read["rows"], read["malformed"]) == ("landed", 2, 0)
    assert read["bytes"] == len(content)
    assert read["crc32"] == f"{zlib.crc32(content.encode()):08x}"


def test_a_file_lands_once_and_again_when_it_was_written_anew(shop: Shop) -> None:
    shop.declare()
    shop.put("a.csv", "id\n1\n")
    assert shop.load() is not None
    assert shop.load() is None

    shop.put("a.csv", "id\n1\n2\n")

    assert shop.load() is not None
    assert shop.values("id", "_run_no") == [("1", 1), ("1", 3), ("2", 3)]
    assert shop.load() is None


def test_malformed_rows_go_to_quarantine_with_line_and_reason(shop: Shop) -> None:
    shop.declare(columns=TYPED, most_malformed="90%")
    shop.put("a.csv", HEADER + '1,1.5,,x\nfew\n2,1.5,,"y"z\n3,nine,,\n4,1.255,2026-02-30,\n5,,,\n')

    manifest = shop.load()

    assert [row["id"] for row in shop.rows()] == [1, 5]
    aside = shop.rows("quarantine")
    assert [(row["_line"], row["_text"]) for row in aside] == [
        (3, "few"),
        (4, '2,1.5,,"y"z'),
        (5, "3,nine,,"),
        (6, "4,1.255,2026-02-30,"),
    ]
    assert aside[0]["_reasons"] == ["1 fields instead of 4"]
    assert aside[2]["_reasons"] == ["amount is no decimal(18,2)"]
    assert aside[3]["_reasons"] == ["amount is no decimal(18,2); day is no date"]
    assert manifest is not None
    [read] = manifest["read_files"]
    assert (read["rows"], read["malformed"]) == (2, 4)
    assert shop.manifest(manifest["run_id"], "quarantine")["rows"] == 4


def test_a_broken_file_lands_nothing_and_the_others_land(shop: Shop) -> None:
    shop.declare(compression="auto")
    shop.put("a.csv", "id\n1\n")
    shop.put("b.csv.gz", gzip.compress(b"id\n" + b"2\n" * 1000)[:-4])
    shop.put("c.csv.zst", pa.compress(b"id\n3\n", "zstd", asbytes=True))
    shop.put("d.csv", "other\n4\n")
    shop.put("e.csv", '"id\n5\n')

    manifest = shop.load()

    assert shop.values("id") == [("1",), ("3",)]
    assert manifest is not None
    fates = {
        read["version"]["path"].rsplit("/", 1)[1]: (read["fate"], (read["error"] or {}).get("type"))
        for read in manifest["read_files"]
    }
    assert fates == {
        "a.csv": ("landed", None),
        "b.csv.gz": ("dead", "FileUnreadable"),
        "c.csv.zst": ("landed", None),
        "d.csv": ("dead", "FileDrifted"),
        "e.csv": ("dead", "FileUnreadable"),
    }
    assert shop.load() is None


def test_a_version_that_was_overwritten_before_it_could_be_read_is_told_of(shop: Shop) -> None:
    shop.declare()
    shop.put("a.csv", "id\n1\n")
    shop.put("b.csv", "id\n2\n")
    load = shop.begin().up_to("extract_slice")
    shop.put("a.csv", "id\n3\n")

    load.finish()

    assert shop.values("id") == [("2",)]
    reads = shop.manifest(load.order.run_id)["read_files"]
    lost = [read for read in reads if read["fate"] == "lost"]
    assert [name_of({"_file": read["version"]["path"]}) for read in lost] == ["a.csv"]
    assert shop.load() is not None
    assert sorted(shop.values("id")) == [("2",), ("3",)]


def test_a_new_column_widens_the_table_and_one_that_is_gone_is_refused(shop: Shop) -> None:
    shop.declare()
    shop.put("a.csv", "id,name\n1,x\n")
    shop.load()
    shop.put("b.csv", "name,id,more\ny,2,z\n")
    shop.put("c.csv", "id\n3\n")

    manifest = shop.load()

    assert manifest is not None
    assert [column["name"] for column in manifest["columns"]][:3] == ["name", "id", "more"]
    assert manifest["findings"][0] == "column more (text) is new"
    assert [(row["id"], row["name"]) for row in shop.rows()] == [("1", "x"), ("2", "y")]


def test_hidden_files_and_other_folders_are_not_read(shop: Shop) -> None:
    shop.declare(path="orders/*.csv")
    shop.put("_SUCCESS.csv", "id\n1\n")
    shop.put(".part.csv", "id\n2\n")
    shop.put("deep/a.csv", "id\n3\n")
    shop.put("a.txt", "id\n4\n")

    assert shop.load() is None


def test_an_initial_load_reads_every_file_anew(shop: Shop) -> None:
    shop.declare()
    shop.put("a.csv", "id\n1\n")
    shop.load()

    assert shop.load(mode="initial") is not None

    assert shop.values("id") == [("1",), ("1",)]


def test_a_file_that_could_not_be_read_is_a_dead_letter_and_lands_once_it_is_replayed(
    shop: Shop,
) -> None:
    shop.declare(columns={"id": "integer", "name": "text"})
    path = shop.put("a.csv", "id\n1\n")
    shop.load()
    [letter] = [each for each in shop.letters() if json.loads(each.body)["table"] == shop.table]
    assert (letter.kind, letter.state, letter.error.type) == ("file", "dead", "FileDrifted")
    assert letter.name.startswith(f"{path}#")

    shop.declare(columns={"id": "integer"})
    shop.replay(letter)

    assert shop.load(reason="event") is not None
    assert shop.values("id") == [(1,)]
    assert shop.load() is None

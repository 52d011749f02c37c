"""Which columns are left out, taken alone or masked, by the names that the engine takes for one."""

from dataclasses import replace

import pytest

from shared.catalog import ColumnSpec, MaskSpec, TableSpec, parse_catalog

FILE = """
source: {{name: crm, kind: sql, engine: {engine}, connection: "${{DB}}"}}
tables:
  - {{table: dbo.users, key: [id], watermark: {{kind: none}}, columns: {columns}}}
"""


def spec(columns: str, engine: str = "postgresql") -> TableSpec:
    return parse_catalog({"crm.yml": FILE.format(engine=engine, columns=columns)}).tables[0]


@pytest.mark.parametrize(
    ("written", "mask"),
    [
        ("sha256", MaskSpec(how="sha256")),
        ("redact", MaskSpec(how="redact")),
        ("{truncate: 4}", MaskSpec(how="truncate", length=4)),
        ("{truncate: year}", MaskSpec(how="truncate", unit="year")),
        ("{truncate: month}", MaskSpec(how="truncate", unit="month")),
    ],
)
def test_every_form_of_a_mask_is_read(written: str, mask: MaskSpec) -> None:
    assert spec(f"{{mask: {{email: {written}}}}}").masks(["id", "email"]) == {"email": mask}


def test_what_is_included_is_read_alone() -> None:
    table = spec("{include: [id, name]}")
    assert table.excluded(["id", "name", "email"]) == {"email"}
    assert table.unknown(["id", "email"]) == ("name",)


def test_names_are_those_of_the_engine() -> None:
    columns = "{include: [id, Email], mask: {Email: redact}}"
    folding, exact = spec(columns, "sqlserver"), spec(columns)
    there = ["id", "email", "phone"]
    assert folding.excluded(there) == {"phone"}
    assert folding.masks(there) == {"email": MaskSpec(how="redact")}
    assert folding.unknown(there) == ()
    assert exact.excluded(there) == {"email", "phone"}
    assert exact.masks(there) == {}
    assert exact.unknown(there) == ("Email",)


def test_a_key_may_be_hashed() -> None:
    assert spec("{mask: {id: sha256}}").hashes_columns
    assert not spec("{mask: {email: redact}}").hashes_columns


def test_a_mask_and_its_key_change_the_fingerprint() -> None:
    plain = spec("{}")
    masked = [
        replace(plain, columns=ColumnSpec(mask=(("email", mask),)))
        for mask in (MaskSpec(how="sha256"), MaskSpec(how="truncate", length=4))
    ]
    other_key = replace(masked[0], source=replace(plain.source, mask_key="${OTHER}"))
    included = replace(plain, columns=ColumnSpec(include=("id",)))
    tables = [plain, *masked, other_key, included]
    assert len({table.fingerprint for table in tables}) == len(tables)

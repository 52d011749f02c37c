"""A database with one table of many types, and a lake folder with an exact copy of it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pytest

from local import postgres
from local.oracle import Comparison, compare
from shared.catalog import TableSpec, parse_catalog
from tests.local.oracle.oracle_lake import BronzeFolder

DDL = """
DROP TABLE IF EXISTS public.orders;
CREATE TABLE public.orders (
    region text, number bigint, amount numeric(18, 6), ratio double precision, note text,
    placed timestamptz, local timestamp(3), day date, tag uuid, raw bytea, paid boolean,
    PRIMARY KEY (region, number)
);
INSERT INTO public.orders
SELECT 'r' || n % 3, n, n + 0.000001, n / 3.0, CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'x' END,
    '2026-01-01 00:00+02'::timestamptz + n * interval '1 second',
    '2026-01-01'::timestamp + n * interval '1 ms', '2026-01-01'::date + n::int,
    ('00000000-0000-0000-0000-0000000000' || to_char(n, 'FM00'))::uuid, '\\x00ff', n % 2 = 0
FROM generate_series(1, 30) n;
UPDATE public.orders SET ratio = 'NaN' WHERE number = 7;
"""
YAML = """
source: {name: shop, kind: sql, engine: postgresql, connection: "${SHOP_DB}"}
tables:
  - table: public.orders
    key: [region, number]
    watermark: {kind: none}
"""
SCHEMA = pa.schema(
    {
        "region": pa.string(),
        "number": pa.int64(),
        "amount": pa.decimal128(18, 6),
        "ratio": pa.float64(),
        "note": pa.string(),
        "placed": pa.timestamp("us", "UTC"),
        "local": pa.timestamp("us"),
        "day": pa.date32(),
        "tag": pa.string(),
        "raw": pa.binary(),
        "paid": pa.bool_(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A source table and the folder of its copy."""

    uri: str
    table: TableSpec
    lake: Path
    bronze: BronzeFolder

    def compare(self) -> Comparison:
        return compare(self.uri, self.table, self.lake)

    def do(self, sql: str) -> None:
        with (
            postgresql.connect(self.uri, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.executescript(sql)

    def rows(self, where: str = "true") -> pa.Table:
        """The source's rows in the types that they land in, by number."""
        texts = "amount::text AS amount_text, tag::text AS tag_text"
        sql = f"SELECT *, {texts} FROM orders WHERE {where} ORDER BY number"
        with postgresql.connect(self.uri) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetch_arrow_table()
        landed = {"amount": found["amount_text"], "tag": found["tag_text"]}
        return pa.table(
            [landed.get(f.name, found[f.name]).cast(f.type) for f in SCHEMA], schema=SCHEMA
        )


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    # Not below pytest's own folder, which keeps PostgreSQL out when it runs as another user.
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        server = postgres.start(Path(folder), fsync=False)
        try:
            yield server.uri
        finally:
            server.stop()


@pytest.fixture
def shop(database: str, tmp_path: Path) -> Shop:
    """The table as it was made, and nothing in the lake yet."""
    table = parse_catalog({"shop.yml": YAML}).table("shop/public.orders")
    shop = Shop(
        uri=database,
        table=table,
        lake=tmp_path / "lake",
        bronze=BronzeFolder(path=tmp_path / "lake" / table.target),
    )
    shop.do(DDL)
    return shop


@pytest.fixture
def copied(shop: Shop) -> Shop:
    """The table with an exact copy of it in the lake, in two files of one run."""
    rows = shop.rows()
    shop.bronze.publish(1, rows.slice(0, 20), rows.slice(20), mode="initial")
    return shop

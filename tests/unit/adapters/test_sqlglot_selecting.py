"""What of a query can be said before a server is asked."""

import pytest

from shared.adapters.sqlglot.selecting import read_query
from shared.loading.errors import QueryUnsound

GIVES: list[tuple[str, str, tuple[str, ...] | None]] = [
    ("postgresql", "SELECT a.id, b.at AS moment FROM s.a JOIN b ON true", ("id", "moment")),
    ("postgresql", 'SELECT ID, "Mixed", x AS Named FROM t', ("id", "Mixed", "named")),
    ("postgresql", "WITH x AS (SELECT 1 AS id) SELECT * FROM x", None),
    ("postgresql", "SELECT id FROM t UNION ALL SELECT id FROM u", ("id",)),
    ("postgresql", "SELECT ';' AS x FROM t WHERE y LIKE '%a?b'", ("x",)),
    ("postgresql", "SELECT id FROM t ORDER BY id LIMIT 3", ("id",)),
    ("mariadb", "SELECT `a b`, c + 1 AS d FROM `x`.`y`", ("a b", "d")),
    ("sqlserver", "SELECT TOP 3 [I d], x = n FROM dbo.t ORDER BY n", ("I d", "x")),
    ("sqlserver", "SELECT t.* FROM dbo.t", None),
]
REFUSED = [
    ("postgresql", "selec id", "has to be a SELECT"),
    ("postgresql", "SELECT id FROM", "cannot be read"),
    ("postgresql", "SELECT 1 AS a; SELECT 2 AS a", "one statement"),
    ("postgresql", "SELECT id FROM t;", "semicolon"),
    ("postgresql", "VALUES (1)", "has to be a SELECT"),
    ("postgresql", "DELETE FROM t RETURNING id", "has to be a SELECT"),
    ("postgresql", "WITH d AS (DELETE FROM t RETURNING id) SELECT id FROM d", "read only"),
    ("postgresql", "SELECT id INTO x FROM t", "read only"),
    ("postgresql", "SELECT id FROM t FOR UPDATE", "lock"),
    ("postgresql", "SELECT id FROM t WHERE a = $1", "parameter"),
    ("postgresql", "SELECT id FROM t WHERE a = ?", "parameter"),
    ("mariadb", "SELECT id FROM t WHERE a = @x", "variable"),
    ("postgresql", "SELECT id FROM t -- those", "comment"),
    ("postgresql", "SELECT id FROM t ORDER BY id", "ORDER BY"),
    ("sqlserver", "WITH x AS (SELECT 1 AS id) SELECT id FROM x", "takes no WITH"),
    ("sqlserver", "SELECT id FROM t; EXEC sp_x", "one statement"),
    ("postgresql", "SELECT id, count(*) FROM t GROUP BY id", "no name"),
    ("postgresql", "SELECT id, ID FROM t", "two columns of the name id"),
]


@pytest.mark.parametrize(("engine", "query", "columns"), GIVES)
def test_one_select_says_what_it_gives(
    engine: str, query: str, columns: tuple[str, ...] | None
) -> None:
    assert read_query(query, engine).columns == columns


@pytest.mark.parametrize(("engine", "query", "why"), REFUSED)
def test_what_cannot_stand_for_a_table_is_refused(engine: str, query: str, why: str) -> None:
    with pytest.raises(QueryUnsound, match=why):
        read_query(query, engine)


def test_the_tables_that_a_query_names_are_known() -> None:
    query = (
        "WITH x AS (SELECT * FROM s.a) SELECT x.id FROM x JOIN b ON b.id IN (SELECT id FROM s.c)"
    )
    assert set(read_query(query, "mariadb").tables) == {("s", "a"), ("s", "c"), (None, "b")}

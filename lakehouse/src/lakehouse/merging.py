"""What a merge does, in the words of SQL: `t` is a row of the table, `s` one of those that are merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lakehouse.kinds import quoted


def merge_clauses(
    written: Sequence[str],
    *,
    on: Sequence[str],
    compared: Sequence[str],
    delete_when: str | None,
    delete_absent_when: str | None,
    within: str | None,
) -> str:
    """Give the condition and the clauses of a merge that writes the columns `written`."""
    equal = [f"t.{quoted(name)} <=> s.{quoted(name)}" for name in on]
    statement = ["ON " + " AND ".join(equal + ([within] if within else []))]
    if delete_when:
        statement.append(f"WHEN MATCHED AND {delete_when} THEN DELETE")
    if compared:
        same = " AND ".join(f"t.{quoted(name)} <=> s.{quoted(name)}" for name in compared)
        sets = ", ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in written)
        statement.append(f"WHEN MATCHED AND NOT ({same}) THEN UPDATE SET {sets}")
    names = ", ".join(quoted(name) for name in written)
    values = ", ".join(f"s.{quoted(name)}" for name in written)
    kept = f" AND NOT ({delete_when})" if delete_when else ""
    statement.append(f"WHEN NOT MATCHED{kept} THEN INSERT ({names}) VALUES ({values})")
    if delete_absent_when:
        statement.append(f"WHEN NOT MATCHED BY SOURCE AND {delete_absent_when} THEN DELETE")
    return " ".join(statement)


def evolution(target: str, lacking: Mapping[str, str]) -> str:
    """Give the statement that adds columns with their types to a table, and no row.

    A column that may not be NULL would be read as 0 in the rows from before: hence no rows that carry
    values, but typed NULLs.
    """
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in lacking.items())
    return (
        f"MERGE WITH SCHEMA EVOLUTION INTO {target} AS t "
        f"USING (SELECT {nulls} WHERE false) AS s ON false WHEN NOT MATCHED THEN INSERT *"
    )

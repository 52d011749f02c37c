"""The only place that writes Delta tables, in the few ways that every engine does alike.

Sail drops columns on appending, replaces all partitions where one was meant, ignores transaction
ids, gives old rows a 0 where an added column may not be NULL, and overwrites a part beside another
writer so that one's rows are gone; none of it with an error. So there is merging by key with named
columns, adding columns, and overwriting a table whole or within bounds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse import refusals
from lakehouse.collisions import try_again
from lakehouse.errors import ColumnsUnknown
from lakehouse.kinds import declared, projected, quoted
from lakehouse.merging import evolution, merge_clauses
from lakehouse.places import says_absent, table_place
from lakehouse.session import on_databricks

SMALL_FILE = 4 << 20
"""Bytes of a file where rows are replaced by rewriting their files, as on Sail."""

_IN_FILES = {"targetFileSize": str(SMALL_FILE), "writeBatchSize": "8192"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """Tables and files below one root: an absolute folder, or `abfss://<account host>`.

    A table is named by its path from the root, such as `silver/shop/public.orders`; below an
    `abfss` root the first segment is the filesystem.
    """

    spark: SparkSession
    root: str
    merges: bool = field(default_factory=lambda: on_databricks(os.environ))
    """Whether a merge is the way to replace rows, as on Databricks, and not rewriting the table."""
    _columns: dict[str, dict[str, str]] = field(
        default_factory=dict[str, dict[str, str]], init=False, repr=False, compare=False
    )
    """Columns of tables as they were looked up: a job is alone with its tables."""

    def location(self, table: str) -> str:
        """Give where a table lies."""
        return table_place(self.root, table)

    def exists(self, table: str) -> bool:
        """Tell whether there is a Delta table."""
        return bool(self.columns(table))

    def columns(self, table: str) -> dict[str, str]:
        """Give a table's columns with their types, none where there is no table.

        They are looked up once: that another process changes them meanwhile is not noticed.
        """
        if table not in self._columns:
            try:
                self._columns[table] = dict(self.read(table).dtypes)
            except AnalysisException as error:
                if says_absent(error):
                    return {}
                raise
        return dict(self._columns[table])

    def read(self, table: str) -> DataFrame:
        """Give a table's rows as they are when they are used."""
        return self.spark.read.format("delta").load(self.location(table))

    def create(self, table: str, columns: Mapping[str, str], *, partition: str = "") -> None:
        """Make an empty table unless there is one. `columns` are names with Spark's types.

        Files are parted by the values of the column `partition`, unless it is empty.

        Raises:
            TypeRefused: a type would need a newer reader.
            NameRefused: a name would, or differs from another in its spelling only.
        """
        refusals.check_types(columns)
        refusals.check_names(columns)
        if self.exists(table):
            return
        empty = self.spark.createDataFrame([], declared(columns))
        self._write(table, empty, "ignore", partition, refusals.PROPERTIES)

    def evolve(self, table: str, columns: Mapping[str, str]) -> None:
        """Add the columns that the table lacks; rows that are there have NULL in them.

        No commit is made if none is lacking.

        Raises:
            TypeRefused, NameRefused: as `create` does.
        """
        refusals.check_types(columns)
        refusals.check_names(columns)
        has = {name.lower() for name in self.columns(table)}
        lacking = {name: kind for name, kind in columns.items() if name.lower() not in has}
        if not lacking:
            return
        self._commit(evolution(self._target(table), lacking))
        self._columns.pop(table, None)

    def merge(
        self,
        table: str,
        rows: DataFrame,
        *,
        on: Sequence[str],
        compare: Sequence[str] | None = None,
        delete_when: str | None = None,
        delete_absent_when: str | None = None,
        within: str | None = None,
        unique: bool = False,
    ) -> None:
        """Update, insert and delete by key in one commit, in none if nothing differs.

        Args:
            table: The path of the table.
            rows: The rows to be merged; they have no other columns than the table.
            on: The columns of the key; NULL equals NULL.
            compare: The columns that tell whether a row has changed; all of `rows` but the key
                unless given. None of them: rows that are there stay as they are.
            delete_when: A row `t` whose `s` meets this is deleted. It may be a column of `rows`
                that the table lacks, such as `s._gone`; a row that is not there is not inserted.
            delete_absent_when: A row `t` without a row in `rows` is deleted if it meets this.
            within: A condition on `t` that all rows of `rows` meet as well, so that other parts of
                the table need not be read.
            unique: The rows were made such that no key repeats, so that it need not be looked for.

        Raises:
            ColumnsUnknown: the table lacks a column.
            TypeRefused: a column has a type that cannot be kept.
            KeysRepeated: two rows have one key.
            CommitsCollided: other writers were faster, time and again.
        """
        written = self._writable(table, dict(rows.dtypes), allowed=delete_when or "")
        if not unique:
            refusals.check_unique(rows, on)
        compared = [name for name in written if name not in on] if compare is None else compare
        clauses = merge_clauses(
            written,
            on=on,
            compared=compared,
            delete_when=delete_when,
            delete_absent_when=delete_absent_when,
            within=within,
        )
        self._merge(table, rows, clauses)

    def append(
        self,
        table: str,
        rows: DataFrame,
        *,
        on: Sequence[str],
        delete_absent_when: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Insert the rows whose key `on` is not there yet; among `rows` keys may repeat.

        In the same commit, rows `t` that meet `delete_absent_when` are deleted.

        Raises:
            OptionRefused: an option of the path's writer is given.
            ColumnsUnknown: the table lacks a column.
            TypeRefused: a column has a type that cannot be kept.
            CommitsCollided: other writers were faster, time and again.
        """
        refusals.check_options(options or {}, allowed=set())
        self._writable(table, dict(rows.dtypes))
        key = [quoted(name) for name in on]
        # Looked for here and not by the merge: engines differ on keys that repeat.
        new = rows.join(self.read(table).select(*on).distinct(), on=list(on), how="left_anti")
        names = ", ".join(quoted(name) for name in rows.columns)
        values = ", ".join(f"s.{quoted(name)}" for name in rows.columns)
        condition = " AND ".join(f"t.{name} = s.{name}" for name in key)
        clauses = f"ON {condition} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
        if delete_absent_when:
            clauses += f" WHEN NOT MATCHED BY SOURCE AND {delete_absent_when} THEN DELETE"
        self._merge(table, new.select(*(quoted(name) for name in rows.columns)), clauses)

    def add(self, table: str, rows: DataFrame, *, partition: str = "") -> None:
        """Write rows beside all that are there, in one commit; see first that none of them is there.

        What they lack is NULL. `partition` is as at `create`. A merge would look for the rows, which
        takes it a tenth of a second even for a single one.

        Raises:
            ColumnsUnknown: the table lacks a column.
            TypesDiffer: a column has another type in the table.
        """
        there = self.columns(table)
        refusals.check_alike(table, dict(rows.dtypes), there)
        # With exactly the table's columns: an engine drops those that it does not know.
        self._write(table, projected(rows, there), "append", partition)

    def overwrite(
        self,
        table: str,
        rows: DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
        partition: str = "",
        where: str = "",
    ) -> None:
        """Replace all rows. With `overwriteSchema` the columns too; without, they must be the same.

        `partition` is the column by which files are parted, as it was at `create` unless the columns
        are replaced too. `where` is a condition: only rows that meet it are replaced, and all of `rows`
        meet it. It is about `partition`, or never comes to NULL: Sail takes away rows of whose condition
        nothing is known. `columns` are those of the rows, where they are known: of a long plan an
        engine takes its time to say them.

        Raises:
            OptionRefused: another option is given; some of them Sail ignores or gets wrong.
            ColumnsUnknown: the table lacks a column, or the rows do.
            TypeRefused: a column has a type that cannot be kept.
        """
        given = options or {}
        refusals.check_options(given, allowed={"overwriteSchema"})
        types = dict(rows.dtypes) if columns is None else columns
        if given.get("overwriteSchema") == "true":
            refusals.check_types(types)
        else:
            lacking = set(self.columns(table)) - set(self._writable(table, types))
            if lacking:
                raise ColumnsUnknown(f"{table}: the rows lack {', '.join(sorted(lacking))}")
        bounds = {"replaceWhere": where} if where else {}
        options = {**refusals.PROPERTIES, **given, **bounds}
        self._write(table, rows, "overwrite", partition, options)
        if given:
            self._columns.pop(table, None)

    def _write(
        self,
        table: str,
        rows: DataFrame,
        mode: str,
        partition: str,
        options: Mapping[str, str] | None = None,
    ) -> None:
        given = {**({} if self.merges else _IN_FILES), **(options or {})}
        writer = rows.write.format("delta").mode(mode).options(**given)
        writer.partitionBy(*filter(None, [partition])).save(self.location(table))

    def _target(self, table: str) -> str:
        return f"delta.`{self.location(table)}`"

    def _writable(self, table: str, types: Mapping[str, str], *, allowed: str = "") -> list[str]:
        """Check the columns of rows; give those that the table has. `allowed` may name another."""
        refusals.check_types(types)
        there = self.columns(table)
        unknown = [n for n in types if n not in there and f"s.{n}" not in allowed]
        if unknown:
            raise ColumnsUnknown(f"{table} has no column {', '.join(unknown)}")
        return [name for name in types if name in there]

    def _merge(self, table: str, rows: DataFrame, clauses: str) -> None:
        view = f"merging_{uuid4().hex}"
        rows.createOrReplaceTempView(view)
        try:
            self._commit(f"MERGE INTO {self._target(table)} AS t USING {view} AS s {clauses}")
        finally:
            self.spark.catalog.dropTempView(view)

    def _commit(self, statement: str) -> None:
        try_again(statement[:120], lambda: self.spark.sql(statement))

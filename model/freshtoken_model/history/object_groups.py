"""Queries that count and compare instead of reading records: COUNT, MAX and MIN, by groups."""

from dataclasses import dataclass

from freshtoken_model.store.connection import Database

from .objects import ObjectQuery, ObjectRow, run_sql, where_of


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, MAX or MIN of a field, and the name under which it is answered."""

    function: str
    field: str
    name: str

    @property
    def sql(self) -> str:
        """The call in SQL."""
        return f"{self.function}({self.field})"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a query is answered by: fields that records are grouped by, each with the name under
    which it is answered (empty: it is not), and aggregates.
    """

    fields: tuple[tuple[str, str], ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    order: tuple[str, bool] | None = None
    """(the SQL to sort by, whether descending)."""


def read_groups(db: Database, query: ObjectQuery, grouping: Grouping) -> tuple[ObjectRow, ...]:
    """A row for each group of a query's records; one for all of them without a group."""
    where, values = where_of(query)
    names = [name for name, _ in grouping.fields]
    read = ", ".join([*names, *(aggregate.sql for aggregate in grouping.aggregates)])
    sql = f"select {read} from ({query.entity.view}) where {where}"
    if names:
        keys = ", ".join(names)
        by, descending = grouping.order or (keys, False)
        sql += f" group by {keys} order by {by}{' desc' if descending else ''}, {keys}"
    limit = -1 if query.limit is None else query.limit
    fields, rows = query.entity.fields, []
    for found in run_sql(db, f"{sql} limit ?", (*values, limit)):
        row: ObjectRow = {}
        for (field, name), value in zip(grouping.fields, found, strict=False):
            if name:
                row[name] = None if value is None else fields[field].show(value)
        for aggregate, value in zip(grouping.aggregates, found[len(names) :], strict=True):
            shown = aggregate.function == "count" or value is None
            row[aggregate.name] = value if shown else fields[aggregate.field].show(value)
        rows.append(row)
    return tuple(rows)

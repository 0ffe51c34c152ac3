"""Queries over the org's objects, each of which is a view of the tables (`entities.py`)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from freshtoken_model.store import database
from freshtoken_model.store.connection import Database

ObjectValue = str | int | bool | None
ObjectRow = dict[str, ObjectValue]
SqlPart = tuple[str, tuple[ObjectValue, ...]]
"""SQL, and the values of its question marks."""
TEXT, IDENTIFIER, BOOLEAN, MOMENT = "string", "id", "boolean", "datetime"
Compared = ObjectValue | tuple[ObjectValue, ...]
"""What a condition compares with: a list for IN and NOT IN."""
EQUAL, LISTS = ("=", "!="), ("in", "not in")
SIGNS = (*EQUAL, "<", "<=", ">", ">=", "like", *LISTS)
"""How a condition compares: moments also by order, texts also by LIKE."""
GROUP = 100
"""Conditions of a query that are put in one pair of brackets."""


def _same(stored: Any) -> Any:
    return stored


@dataclass(frozen=True, slots=True)
class ObjectField:
    """A field of an object: its SOAP type, and the SQL it is read with.

    `show` turns what is stored into what is answered; `store` a text of a query into what is
    stored, None where no record can have it. `order` is the SQL to sort by, if not the value's.
    """

    kind: str
    sql: str
    show: Callable[[Any], ObjectValue] = _same
    store: Callable[[str], Any] = _same
    order: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """An object that can be queried: its key prefix, its fields by name, the tables it is read from
    (the first one with its key), and who may read it.
    """

    name: str
    prefix: str
    fields: dict[str, ObjectField]
    table: str
    joins: str = ""
    newest_first: bool = False
    admins_only: bool = False

    @property
    def key(self) -> str:
        """The SQL of a record's integer key."""
        return f"{self.table}.id"

    @property
    def view(self) -> str:
        """The SELECT of all its records; `rowkey` is the integer key of each."""
        columns = "".join(f", {field.sql} as {name}" for name, field in self.fields.items())
        return f"select {self.key} as rowkey{columns} from {self.table} {self.joins}"


Comparison = tuple[str, str, Compared]
"""(field, one of SIGNS, value)."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions with OR between them; each one is conditions of which all hold."""

    parts: tuple[tuple[Condition, ...], ...]


Condition = Comparison | AnyOf


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """A query of one object: the fields to read, besides the record ID, and of which records."""

    entity: Entity
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    """All of them hold."""
    order: tuple[str, bool, bool] | None = None
    """(field, whether descending, whether nulls come first)."""
    limit: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is read, each field once."""
        return tuple(dict.fromkeys(("Id", *self.fields)))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a query goes on: how many records were sent, of how many; the newest record when it
    began, and the last one sent, both by key.
    """

    sent: int
    total: int
    newest: int
    last: int


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records of a query; how many it has in all; where it goes on."""

    rows: tuple[ObjectRow, ...]
    total: int
    after: Position | None


def count_records(db: Database, query: ObjectQuery) -> int:
    """How many records a query has."""
    where, values = where_of(query)
    found = f"select 1 from ({query.entity.view}) where {where} limit ?"
    ((total,),) = run_sql(db, f"select count(*) from ({found})", (*values, _limit(query)))
    return int(total)


def read_batch(
    db: Database, query: ObjectQuery, size: int, start: Position | None = None
) -> RecordPage:
    """At most `size` records of a query, from its beginning or from a position on.

    Records added since the query began are left out, and none is sent twice or missed because of
    them: a position names the last record sent, not how many to skip.
    """
    if start is not None:
        keys, rows = _read(db, query, min(size, start.total - start.sent), start)
        sent = start.sent + len(rows)
        more = bool(rows) and sent < start.total
        after = replace(start, sent=sent, last=keys[-1]) if more else None
        return RecordPage(rows, start.total, after)
    one_batch = query.limit is not None and query.limit <= size
    with nullcontext() if one_batch else database.read(db):
        keys, rows = _read(db, query, _limit(query) if one_batch else size + 1)
        if len(rows) <= size:
            return RecordPage(rows, len(rows), None)
        total = count_records(db, query)
        entity = query.entity
        (newest,) = db.conn.execute(f"select max({entity.key}) from {entity.table}").fetchone()
    after = Position(size, total, newest, keys[size - 1]) if size < total else None
    return RecordPage(rows[:size], total, after)


def _read(
    db: Database, query: ObjectQuery, limit: int, start: Position | None = None
) -> tuple[list[int], tuple[ObjectRow, ...]]:
    """The keys of records, and the records."""
    sql, values = _statement(query, start is not None)
    place = (start.newest, start.last) if start else ()
    found = run_sql(db, sql, (*values, *place, limit))
    shows = [(name, query.entity.fields[name].show) for name in query.names]
    rows = (
        {name: show(value) for (name, show), value in zip(shows, row[1:], strict=True)}
        for row in found
    )
    return [row[0] for row in found], tuple(rows)


def _limit(query: ObjectQuery) -> int:
    return -1 if query.limit is None else query.limit


@lru_cache(maxsize=256)
def _statement(query: ObjectQuery, goes_on: bool) -> tuple[str, tuple[ObjectValue, ...]]:
    """The SQL of a batch, and the values of its conditions; after these it asks for the newest
    key and the last one sent when it goes on, then for the limit.
    """
    view, (where, values), keys = query.entity.view, where_of(query), _order(query)
    descending = query.order[1] if query.order else query.entity.newest_first
    if goes_on:
        beyond, names = "<" if descending else ">", ", ".join(keys)
        where += (
            f" and rowkey <= ?"
            f" and ({names}) {beyond} (select {names} from ({view}) where rowkey = ?)"
        )
    order = ", ".join(f"{key} desc" if descending else key for key in keys)
    read = ", ".join(("rowkey", *query.names))
    return f"select {read} from ({view}) where {where} order by {order} limit ?", values


def _order(query: ObjectQuery) -> list[str]:
    """What to sort by, all in one direction and never null, so that a record's keys say where it
    stands. Equal ones are in the order of their keys.

    Case does not matter, and nulls come first unless the query says last [DOC soql-order-by].
    """
    if query.order is None:
        return ["rowkey"]
    name, descending, nulls_first = query.order
    field = query.entity.fields[name]
    if field.order:
        return [field.order]
    if not field.nullable:
        return [f"upper({name})", "rowkey"]
    at_the_end = f"{name} is {'not ' if descending != nulls_first else ''}null"
    return [at_the_end, f"coalesce(upper({name}), '')", "rowkey"]


def where_of(query: ObjectQuery) -> SqlPart:
    """The SQL of all conditions, in groups: SQLite reads at most a thousand in one."""
    return _all_of(query.entity, query.conditions) if query.conditions else ("1", ())


def _all_of(entity: Entity, conditions: tuple[Condition, ...]) -> SqlPart:
    return _joined([_one_of(entity, condition) for condition in conditions], "and")


def _one_of(entity: Entity, condition: Condition) -> SqlPart:
    if isinstance(condition, AnyOf):
        sql, values = _joined([_all_of(entity, part) for part in condition.parts], "or")
        return f"({sql})", values
    name, sign, value = condition
    return _condition(entity.fields[name], name, sign, value)


def _joined(found: list[SqlPart], word: str) -> SqlPart:
    texts = [sql for sql, _ in found]
    groups = (f" {word} ".join(texts[n : n + GROUP]) for n in range(0, len(texts), GROUP))
    whole = f" {word} ".join(f"({group})" for group in groups)
    return whole, tuple(value for _, values in found for value in values)


def _condition(field: ObjectField, name: str, compared: str, value: Compared) -> SqlPart:
    """The SQL of a condition. A null is unequal to every value."""
    if isinstance(value, tuple):
        each, word = ("=", "or") if compared == "in" else ("!=", "and")
        sql, values = _joined([_condition(field, name, each, one) for one in value], word)
        return f"({sql})", values
    if compared == "like":
        return f"casefold({name}) like ? escape '\\'", (str(value).casefold(),)
    if compared not in EQUAL:
        moment = field.store(str(value))
        return ("0", ()) if moment is None else (f"{name} {compared} ?", (moment,))
    equal = compared == "="
    if value is None:
        return f"{name} is {'' if equal else 'not '}null", ()
    sign = "=" if equal else "is not"
    if isinstance(value, bool) and field.kind == BOOLEAN:
        return f"{name} {sign} ?", (int(value),)
    stored = field.store(value) if isinstance(value, str) and field.kind != BOOLEAN else None
    if stored is None:
        return ("0" if equal else "1"), ()
    if field.store is not _same:
        return f"{name} {sign} ?", (stored,)
    if not str(stored).isascii():  # SQLite's upper() knows no other letters
        return f"casefold({name}) {sign} ?", (stored.casefold(),)
    return f"upper({name}) {sign} upper(?)", (stored,)


def run_sql(db: Database, sql: str, values: tuple[ObjectValue, ...]) -> list[tuple[Any, ...]]:
    """The rows of a statement over a view of the objects."""
    if "casefold(" in sql:
        db.conn.create_function("casefold", 1, lambda text: text and text.casefold())
    return db.conn.execute(sql, values).fetchall()

"""The org's objects as the API shows them: one view of the tables for each, and queries over it."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlite_utils import Database

from freshtoken_model.decision.credentials import record_id, record_number, whole_id
from freshtoken_model.decision.login_types import RESET_LINK, SUBTYPES
from freshtoken_model.store import database
from freshtoken_model.values.clock import iso, parse_moment
from freshtoken_model.values.kinds import LoginSubType
from freshtoken_model.values.visible import visible

from .login_history import status_texts

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
LOGIN_PREFIX = "0Ya"
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


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """A query of one object: the fields to read, besides the record ID, and of which records."""

    entity: Entity
    fields: tuple[str, ...]
    conditions: tuple[tuple[str, str, Compared], ...] = ()
    """(field, one of SIGNS, value)."""
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
    where, values = _where(query)
    found = f"select 1 from ({query.entity.view}) where {where} limit ?"
    ((total,),) = _run(db, f"select count(*) from ({found})", (*values, _limit(query)))
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
    found = _run(db, sql, (*values, *place, limit))
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
    view, (where, values), keys = query.entity.view, _where(query), _order(query)
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


def _where(query: ObjectQuery) -> SqlPart:
    """The SQL of all conditions, in groups: SQLite reads at most a thousand in one."""
    found = [
        _condition(query.entity.fields[name], name, sign, value)
        for name, sign, value in query.conditions
    ]
    return _joined(found, "and") if found else ("1", ())


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


def _run(db: Database, sql: str, values: tuple[ObjectValue, ...]) -> list[tuple[Any, ...]]:
    if "casefold(" in sql:
        db.conn.create_function("casefold", 1, lambda text: text and text.casefold())
    return db.conn.execute(sql, values).fetchall()


def _moment(text: str) -> int | None:
    try:
        return parse_moment(text, "UTC")
    except ValueError:
        return None


def _login_id(text: str) -> int | None:
    whole = whole_id(text) or ""
    return record_number(whole) if whole.startswith(LOGIN_PREFIX) else None


def _filled(column: str) -> str:
    """The SQL of a column, N/A where it is empty."""
    return f"coalesce(nullif({column}, ''), 'N/A')"


def _dates(moment: str) -> dict[str, ObjectField]:
    """The standard date fields of an object, all of one moment: freshtoken keeps no other
    [assumption record_dates].
    """
    return {
        name: ObjectField(MOMENT, moment, iso, _moment, "rowkey")
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")
    }


ORG_MADE = "(select min(at) from event)"
"""The SQL of the moment the org was made."""


@cache
def entities() -> dict[str, Entity]:
    """The objects that can be queried, by name in lower case."""
    statuses = " ".join(
        f"when {_quoted(key)} then {_quoted(text)}" for key, text in status_texts().items()
    )
    reset = f"door = 'ui' and endpoint = {_quoted(RESET_LINK)}"
    subtypes = f"when {reset} then {_quoted(LoginSubType.PASSWORD_RESET)} " + " ".join(
        f"when door = {_quoted(door)} then {_quoted(subtype)}" for door, subtype in SUBTYPES.items()
    )
    found = (
        Entity(
            "Account",
            "001",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Name": ObjectField(TEXT, "name"),
                # a text field without a text is null in Salesforce [assumption]
                "Industry": ObjectField(TEXT, "nullif(industry, '')", nullable=True),
                **_dates(ORG_MADE),
            },
            table="account",
        ),
        Entity(
            "User",
            "005",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Username": ObjectField(TEXT, "username"),
                "FirstName": ObjectField(TEXT, "first_name"),
                "LastName": ObjectField(TEXT, "last_name"),
                "Name": ObjectField(TEXT, "first_name || ' ' || last_name"),
                "Email": ObjectField(TEXT, "email"),
                "IsActive": ObjectField(BOOLEAN, "active", show=bool),
                **_dates("password_changed_at"),
            },
            table="user",
        ),
        Entity(
            "Organization",
            "00D",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Name": ObjectField(TEXT, "name"),
                "InstanceName": ObjectField(TEXT, "'FRESH1'"),
                "IsSandbox": ObjectField(BOOLEAN, "my_domain like '%.sandbox'", show=bool),
                "TrialExpirationDate": ObjectField(TEXT, "null", nullable=True),
                "NamespacePrefix": ObjectField(TEXT, "null", nullable=True),
                "OrganizationType": ObjectField(TEXT, "'Developer Edition'"),
                **_dates(ORG_MADE),
            },
            table="org",
        ),
        Entity(
            "LoginHistory",
            LOGIN_PREFIX,
            {
                "Id": ObjectField(
                    IDENTIFIER, "login_history.id", _login_record_id, _login_id, "rowkey"
                ),
                "UserId": ObjectField(IDENTIFIER, "user.record_id", store=whole_id),
                # rows are added in the order of org time, which moves forward only
                "LoginTime": ObjectField(MOMENT, "login_time", iso, _moment, "rowkey"),
                "LoginType": ObjectField(TEXT, "login_type", visible),
                "LoginSubType": ObjectField(TEXT, f"case {subtypes} end", nullable=True),
                "SourceIp": ObjectField(TEXT, "address", visible),
                "LoginUrl": ObjectField(TEXT, "login_url", visible),
                "Status": ObjectField(TEXT, f"case status {statuses} else status end", visible),
                "Application": ObjectField(TEXT, _filled("application"), visible),
                "ApiType": ObjectField(
                    TEXT,
                    "case when door != 'soap' then 'N/A'"
                    " when endpoint glob '*/Soap/c/*' then 'SOAP Enterprise'"
                    " else 'SOAP Partner' end",
                ),
                "ApiVersion": ObjectField(TEXT, _filled("api_version"), visible),
            },
            table="login_history",
            joins="join user on user.id = user_id join shape on shape.id = shape_id",
            newest_first=True,
            admins_only=True,
        ),
    )
    return {entity.name.lower(): entity for entity in found}


def _login_record_id(key: int) -> str:
    return record_id(LOGIN_PREFIX, key)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

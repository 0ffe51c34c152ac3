"""A small part of SOQL: one object, WHERE with AND and OR, GROUP BY, ORDER BY, LIMIT, COUNT, MAX,
MIN. Parses queries, words their errors in Salesforce's terms, and hands out query locators.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, replace
from functools import lru_cache

from freshtoken_api.faults import RefusedError
from freshtoken_model.history import objects
from freshtoken_model.history.entities import entities
from freshtoken_model.history.object_groups import Aggregate, Grouping, read_groups
from freshtoken_model.history.objects import (
    AnyOf,
    Comparison,
    Condition,
    Entity,
    ObjectQuery,
    ObjectRow,
    ObjectValue,
    Position,
)
from freshtoken_model.org import Org
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import User

from .soql_words import READS, QueryReader, unexpected

LARGEST_BATCH, SMALLEST_BATCH = 2_000, 200
"""Rows of one answer at most, and at least when a client asks for fewer [assumption]."""
CLAUSES = ("", "where", "group", "order", "limit")
"""What may follow the object, where no alias does."""
FUNCTIONS = ("count", "max", "min")
DEEPEST = 20
"""Brackets with OR within each other [OURS]."""
LOCATOR_PREFIX = "01g"
SIGNATURE_LENGTH = 18
"""Bytes; a multiple of three, so that Base64 needs no padding between signature and text."""


def entity_of(name: str, administers: bool) -> Entity:
    """An object by its name in any case. Raises RefusedError if there is none, or for Login History
    if the user is no admin [DOC login-history-permission].
    """
    entity = entities().get(name.lower())
    if entity is None or (entity.admins_only and not administers):
        raise RefusedError(FaultKey.INVALID_TYPE, name=name[:80])
    return entity


def field_of(entity: Entity, name: str, alias: str = "") -> str:
    """The name of a field as the object spells it; it may be qualified by the object's name or its
    alias in the query. Raises RefusedError.
    """
    owner, dot, last = name.rpartition(".")
    owned = not dot or owner.lower() in (entity.name.lower(), alias.lower() or entity.name.lower())
    for known in entity.fields:
        if owned and known.lower() == last.lower():
            return known
    raise RefusedError(FaultKey.INVALID_FIELD, name=name[:80], entity=entity.name)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read: whether it only counts, by COUNT(), and what it asks for. `grouping`
    is there of one that is answered by groups or aggregates instead of records.
    """

    counts: bool
    asks: ObjectQuery
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One batch of a query's rows. `locator` leads to the next batch, None after the last."""

    query: Query
    wholes: tuple[ObjectRow, ...]
    """The rows with the fields asked for and the record ID."""
    total: int
    locator: str | None
    groups: tuple[ObjectRow, ...] = ()
    """The rows of a query with a grouping."""

    @property
    def entity(self) -> Entity:
        """The object that was asked."""
        return self.query.asks.entity

    @property
    def rows(self) -> list[ObjectRow]:
        """The rows with the fields asked for, in the order asked for."""
        fields = self.query.asks.fields
        return [{name: whole[name] for name in fields} for whole in self.wholes]

    @property
    def pairs(self) -> Iterator[tuple[ObjectRow, ObjectRow]]:
        """Each row with its record ID, and with only the fields asked for."""
        return zip(self.wholes, self.rows, strict=True)


def read_query(soql: str, user: User) -> Query:
    """Parse a query of a user. Raises RefusedError."""
    return _parsed(soql, user.administers)


@dataclass(frozen=True, slots=True)
class _Selected:
    """An item behind SELECT: a field, or a function of one, with its alias if it has any."""

    function: str
    field: str
    alias: str


@lru_cache(maxsize=256)
def _parsed(soql: str, administers: bool) -> Query:
    """Parse a query. Cached, because clients send the same ones again and again."""
    reader = QueryReader(soql)
    reader.expect("select")
    selected = [_selected(reader)]
    counts = not selected[0].field  # COUNT(), which stands alone
    while not counts and reader.when(","):
        selected.append(_selected(reader))
    reader.expect("from")
    entity, alias = entity_of(reader.take(), administers), ""
    if reader.peek() not in CLAUSES:
        alias = reader.take()
    items = [
        replace(item, field=field_of(entity, item.field, alias)) for item in selected if not counts
    ]
    conditions = _conditions(reader, entity, alias) if reader.when("where") else ()
    groups: list[str] = []
    if reader.when("group", "by"):
        groups.append(_groupable(entity, reader, alias))
        while reader.when(","):
            groups.append(_groupable(entity, reader, alias))
    if groups or any(item.function for item in items):
        grouping = _grouping(reader, entity, alias, items, groups)
        asks = ObjectQuery(entity, (), conditions, None, _limit(reader))
        return Query(False, asks, grouping)
    for item in items:
        if item.alias:
            raise unexpected(item.alias)
    order = None
    if reader.when("order", "by"):
        by = field_of(entity, reader.name(), alias)
        order = (by, _descending(reader), _nulls_first(reader))
    fields = tuple(item.field for item in items)
    return Query(counts, ObjectQuery(entity, fields, conditions, order, _limit(reader)))


def _selected(reader: QueryReader) -> _Selected:
    function, field = _called(reader)
    alone = not field or reader.peek() in (",", "from", "")
    return _Selected(function, field, "" if alone else reader.name())


def _called(reader: QueryReader) -> tuple[str, str]:
    """A function and the field in its brackets, which COUNT may be without; of a plain field an
    empty function.
    """
    name = reader.name()
    if name.lower() not in FUNCTIONS or not reader.when("("):
        return "", name
    if name.lower() == "count" and reader.when(")"):
        return "count", ""
    field = reader.name()
    reader.expect(")")
    return name.lower(), field


def _groupable(entity: Entity, reader: QueryReader, alias: str) -> str:
    """A field to group by: any but a moment [3P soql-not-groupable]."""
    field = field_of(entity, reader.name(), alias)
    if entity.fields[field].kind == objects.MOMENT:
        reason = f"field '{field}' can not be grouped in a query call"
        raise RefusedError(FaultKey.MALFORMED_QUERY, reason=reason)
    return field


def _grouping(
    reader: QueryReader, entity: Entity, alias: str, items: list[_Selected], groups: list[str]
) -> Grouping:
    """What a query with GROUP BY or a function is answered by; reads its ORDER BY. Each field it
    selects must be one of the groups [DOC soql-grouped-or-aggregated].
    """
    names = dict.fromkeys(groups, "")
    aggregates: list[Aggregate] = []
    for item in items:
        if item.function:
            name = item.alias or f"expr{len([a for a in aggregates if a.name.startswith('expr')])}"
            aggregates.append(_aggregate(entity, item.function, item.field, name))
        elif item.field in names:
            names[item.field] = item.alias or item.field
        else:
            reason = f"Field must be grouped or aggregated: {item.field}"
            raise RefusedError(FaultKey.MALFORMED_QUERY, reason=reason)
    order = None
    if reader.when("order", "by"):
        function, name = _called(reader)
        field = field_of(entity, name, alias)
        if function:
            order = _aggregate(entity, function, field, "").sql, _descending(reader)
        elif field in names:
            order = field, _descending(reader)
        else:
            raise unexpected(name)
    return Grouping(tuple(names.items()), tuple(aggregates), order)


def _aggregate(entity: Entity, function: str, field: str, name: str) -> Aggregate:
    """COUNT of any field, MAX and MIN of a moment."""
    if function != "count" and entity.fields[field].kind != objects.MOMENT:
        raise RefusedError(FaultKey.MALFORMED_QUERY, reason=READS)
    return Aggregate(function, field, name)


def _descending(reader: QueryReader) -> bool:
    if reader.when("desc"):
        return True
    reader.when("asc")
    return False


def _limit(reader: QueryReader) -> int | None:
    """The LIMIT that ends a query, if there is one."""
    limit = None
    if reader.when("limit"):
        number = reader.take()
        if not number.isdecimal():
            raise unexpected(number)
        limit = int(number)
    if reader.peek():
        raise unexpected(reader.take())
    return limit


def _nulls_first(reader: QueryReader) -> bool:
    """Where the query wants nulls; first by default [DOC soql-order-by]."""
    if not reader.when("nulls"):
        return True
    if reader.when("last"):
        return False
    reader.expect("first")
    return True


@dataclass(slots=True)
class _Bracket:
    """Conditions in a pair of brackets, and the word between them once there is one."""

    word: str = ""
    parts: list[tuple[Condition, ...]] = field(default_factory=list)
    depth: int = 0
    """How many brackets with OR lie within each other in it."""

    @property
    def whole(self) -> tuple[Condition, ...]:
        """All that is in it, as conditions of which all hold."""
        if self.word == "or":
            return (AnyOf(tuple(self.parts)),)
        return tuple(condition for part in self.parts for condition in part)


def _conditions(reader: QueryReader, entity: Entity, alias: str) -> tuple[Condition, ...]:
    """Conditions with AND or OR between them, in brackets where both are mixed. Not by recursion: a
    query can have thousands of brackets [MEASURED client-django-salesforce].
    """
    open_ones = [_Bracket()]
    while True:
        while reader.when("("):
            open_ones.append(_Bracket())
        open_ones[-1].parts.append((_condition(reader, entity, alias),))
        while len(open_ones) > 1 and reader.when(")"):
            inner, outer = open_ones.pop(), open_ones[-1]
            outer.parts.append(inner.whole)
            outer.depth = max(outer.depth, inner.depth + (inner.word == "or"))
            if outer.depth > DEEPEST:
                raise RefusedError(FaultKey.MALFORMED_QUERY, reason=READS)
        word = reader.peek()
        if word not in ("and", "or"):
            break
        if open_ones[-1].word not in ("", word):
            raise unexpected(reader.take())
        open_ones[-1].word = reader.take().lower()
    if len(open_ones) > 1:
        reader.expect(")")
    return open_ones[0].whole


def _condition(reader: QueryReader, entity: Entity, alias: str) -> Comparison:
    field, word = field_of(entity, reader.name(), alias), reader.take()
    sign = word.lower()
    if sign == "not":
        reader.expect("in")
        sign = "not in"
    sign = "!=" if sign == "<>" else sign
    kind = entity.fields[field].kind
    fits = {
        objects.MOMENT: sign != "like",
        objects.TEXT: sign in (*objects.EQUAL, "like", *objects.LISTS),
    }
    if sign not in objects.SIGNS or not fits.get(kind, sign in objects.EQUAL + objects.LISTS):
        raise unexpected(word)
    if sign not in objects.LISTS:
        return field, sign, _value(reader, kind, sign == "like")
    reader.expect("(")
    values = [_value(reader, kind)]
    while reader.when(","):
        values.append(_value(reader, kind))
    reader.expect(")")
    return field, sign, tuple(values)


def _value(reader: QueryReader, kind: str, is_pattern: bool = False) -> ObjectValue:
    """A literal. In a pattern of LIKE, % and _ stand for anything unless a backslash is before."""
    value = reader.take()
    if value.startswith("'"):
        kept = r"\\([^%_\\])" if is_pattern else r"\\(.)"
        return re.sub(kept, r"\1", value[1:-1])
    if kind == objects.MOMENT and value[0].isdigit():
        return value
    constants: dict[str, ObjectValue] = {"true": True, "false": False, "null": None}
    if is_pattern or value.lower() not in constants:
        raise unexpected(value)
    return constants[value.lower()]


def ask_query(org: Org, soql: str, user: User, batch: int = LARGEST_BATCH) -> Found:
    """The first batch of a query. Raises RefusedError."""
    query, size = read_query(soql, user), max(SMALLEST_BATCH, min(batch, LARGEST_BATCH))
    if query.grouping is not None:
        rows = read_groups(org.database, query.asks, query.grouping)
        return Found(query, (), len(rows), None, rows)
    if query.counts:
        return Found(query, (), objects.count_records(org.database, query.asks), None)
    return _found(org, query, soql, user, size, None)


def ask_more(org: Org, locator: str, user: User) -> Found:
    """The batch that a locator leads to. Raises RefusedError for a locator that this org did not
    give this user, or gave before it was reset or taken back.
    """
    try:
        sent = base64.urlsafe_b64decode(locator.removeprefix(LOCATOR_PREFIX))
    except ValueError:
        sent = b""
    signature, text = sent[:SIGNATURE_LENGTH], sent[SIGNATURE_LENGTH:]
    if not hmac.compare_digest(signature, _signature(org, user, text)):
        raise RefusedError(FaultKey.BAD_QUERY_LOCATOR)
    soql, size, *start = json.loads(text)
    return _found(org, read_query(soql, user), soql, user, size, Position(*start))


def _found(
    org: Org, query: Query, soql: str, user: User, size: int, start: Position | None
) -> Found:
    batch = objects.read_batch(org.database, query.asks, size, start)
    locator = None
    if batch.after is not None:
        text = json.dumps([soql, size, *astuple(batch.after)], separators=(",", ":")).encode()
        signed = base64.urlsafe_b64encode(_signature(org, user, text) + text)
        locator = LOCATOR_PREFIX + signed.decode()
    return Found(query, batch.rows, batch.total, locator)


def _signature(org: Org, user: User, text: bytes) -> bytes:
    """Signs a locator, which carries the query so that no server has to remember it. Clients do
    not look inside, as they cannot with Salesforce's, which name a cursor [assumption].
    """
    key = f"{org.info().generation} {user.record_id}".encode()
    return hmac.digest(key, text, hashlib.sha256)[:SIGNATURE_LENGTH]

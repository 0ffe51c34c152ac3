"""A small part of SOQL: one object, WHERE with AND, ORDER BY, LIMIT, COUNT(). Parses queries,
words their errors in Salesforce's terms, and hands out query locators.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import lru_cache

from freshtoken_api.faults import RefusedError
from freshtoken_model.history import objects
from freshtoken_model.history.objects import (
    Compared,
    Entity,
    ObjectQuery,
    ObjectRow,
    ObjectValue,
    Position,
)
from freshtoken_model.org import Org
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import User

READS = (
    "freshtoken reads: SELECT fields FROM object [alias] [WHERE field = value [AND ...]] [ORDER "
    "BY field] [LIMIT n]; besides = also !=, IN, NOT IN, LIKE, and < or > of dates"
)
LARGEST_BATCH, SMALLEST_BATCH = 2_000, 200
"""Rows of one answer at most, and at least when a client asks for fewer [assumption]."""
SOQL_TOKEN = re.compile(
    r"""('(?:[^'\\]|\\.)*+')|([A-Za-z_][\w.]*+)|"""
    r"""(\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d))?(?![\w.]))|"""
    r"""([0-9]{1,9}+(?![\w.]))|(!=|<>|<=|>=|[(),=<>])"""
)
CLAUSES = ("", "where", "order", "limit")
"""What may follow the object, where no alias does."""
BLANK = re.compile(r"\s*+")
LOCATOR_PREFIX = "01g"
SIGNATURE_LENGTH = 18
"""Bytes; a multiple of three, so that Base64 needs no padding between signature and text."""
LONGEST_QUERY = 20_000
"""Characters of a query [assumption: once the documented limit]."""


def entity_of(name: str, administers: bool) -> Entity:
    """An object by its name in any case. Raises RefusedError if there is none, or for Login History
    if the user is no admin [DOC login-history-permission].
    """
    entity = objects.entities().get(name.lower())
    if entity is None or (entity.admins_only and not administers):
        raise RefusedError(FaultKey.INVALID_TYPE, name=name[:80])
    return entity


def field_of(entity: Entity, name: str, alias: str = "") -> str:
    """The name of a field as the object spells it; it may be qualified by the object's name or its
    alias in the query. Raises RefusedError.
    """
    owner, dot, last = name.rpartition(".")
    owned = not dot or owner.lower() in (entity.name.lower(), alias.lower() or entity.name.lower())
    for field in entity.fields:
        if owned and field.lower() == last.lower():
            return field
    raise RefusedError(FaultKey.INVALID_FIELD, name=name[:80], entity=entity.name)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read: whether it only counts, and what it asks for. `counted` is the name
    under which COUNT(field) answers, in one record; empty for COUNT() and for any other query.
    """

    counts: bool
    asks: ObjectQuery
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One batch of a query's rows. `locator` leads to the next batch, None after the last."""

    query: Query
    wholes: tuple[ObjectRow, ...]
    """The rows with the fields asked for and the record ID."""
    total: int
    locator: str | None

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


class _Reader:
    """Reads a query word by word. Its methods raise RefusedError."""

    def __init__(self, soql: str) -> None:
        self._words: list[str] = []
        if len(soql) > LONGEST_QUERY:
            raise RefusedError(FaultKey.MALFORMED_QUERY, reason=READS)
        soql, place = soql.strip(), 0
        while place < len(soql):  # stops at a bad word: reading on takes quadratic time
            found = SOQL_TOKEN.match(soql, place)
            if found is None:
                raise _unexpected(soql[place])
            self._words.append(found[0])
            skipped = BLANK.match(soql, found.end())
            place = skipped.end() if skipped else len(soql)
        self._at = 0

    def peek(self) -> str:
        """The next word in lower case, empty at the end."""
        return self._words[self._at].lower() if self._at < len(self._words) else ""

    def take(self) -> str:
        """Take the next word."""
        if self._at >= len(self._words):
            raise RefusedError(
                FaultKey.MALFORMED_QUERY, reason=f"unexpected end of the query. {READS}"
            )
        self._at += 1
        return self._words[self._at - 1]

    def name(self) -> str:
        """Take the name of a field. NOT is none."""
        first = self.peek()[:1]
        if self.peek() != "not" and (first.isalpha() or first in ("_", "")):
            return self.take()
        raise _unexpected(self.take())

    def expect(self, *words: str) -> None:
        """Take these words."""
        for word in words:
            found = self.take()
            if found.lower() != word:
                raise _unexpected(found)

    def when(self, *words: str) -> bool:
        """Take these words if the first one comes next. Returns whether it did."""
        if self.peek() != words[0]:
            return False
        self.expect(*words)
        return True


def read_query(soql: str, user: User) -> Query:
    """Parse a query of a user. Raises RefusedError."""
    return _parsed(soql, user.administers)


@lru_cache(maxsize=256)
def _parsed(soql: str, administers: bool) -> Query:
    """Parse a query. Cached, because clients send the same ones again and again."""
    reader = _Reader(soql)
    reader.expect("select")
    names: list[str] = []
    counts, counted, of_field = reader.when("count", "("), "", ""
    if counts and not reader.when(")"):
        of_field = reader.name()
        reader.expect(")")
        counted = "expr0" if reader.peek() == "from" else reader.take()
    if not counts:
        names.append(reader.name())
        while reader.when(","):
            names.append(reader.name())
    reader.expect("from")
    entity, alias = entity_of(reader.take(), administers), ""
    if reader.peek() not in CLAUSES:
        alias = reader.take()
    fields = tuple(field_of(entity, name, alias) for name in names)
    conditions: list[tuple[str, str, Compared]] = []
    if of_field:
        conditions.append((field_of(entity, of_field, alias), "!=", None))
    if reader.when("where"):
        conditions += _conditions(reader, entity, alias)
    order = None
    if reader.when("order", "by"):
        by = field_of(entity, reader.name(), alias)
        descending = reader.when("desc")
        if not descending:
            reader.when("asc")
        order = (by, descending, _nulls_first(reader))
    limit = None
    if reader.when("limit"):
        number = reader.take()
        if not number.isdecimal():
            raise _unexpected(number)
        limit = int(number)
    if reader.peek():
        raise _unexpected(reader.take())
    asks = ObjectQuery(entity, fields, tuple(conditions), order, limit)
    return Query(counts, asks, counted)


def _nulls_first(reader: _Reader) -> bool:
    """Where the query wants nulls; first by default [DOC soql-order-by]."""
    if not reader.when("nulls"):
        return True
    if reader.when("last"):
        return False
    reader.expect("first")
    return True


def _conditions(reader: _Reader, entity: Entity, alias: str) -> Iterator[tuple[str, str, Compared]]:
    """Conditions with AND between them. Brackets change nothing about them
    [MEASURED client-django-salesforce]; they are counted, since a query can have thousands.
    """
    depth = 0
    while True:
        while reader.when("("):
            depth += 1
        yield _condition(reader, entity, alias)
        while depth and reader.when(")"):
            depth -= 1
        if not reader.when("and"):
            break
    if depth:
        reader.expect(")")


def _condition(reader: _Reader, entity: Entity, alias: str) -> tuple[str, str, Compared]:
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
        raise _unexpected(word)
    if sign not in objects.LISTS:
        return field, sign, _value(reader, kind, sign == "like")
    reader.expect("(")
    values = [_value(reader, kind)]
    while reader.when(","):
        values.append(_value(reader, kind))
    reader.expect(")")
    return field, sign, tuple(values)


def _value(reader: _Reader, kind: str, is_pattern: bool = False) -> ObjectValue:
    """A literal. In a pattern of LIKE, % and _ stand for anything unless a backslash is before."""
    value = reader.take()
    if value.startswith("'"):
        kept = r"\\([^%_\\])" if is_pattern else r"\\(.)"
        return re.sub(kept, r"\1", value[1:-1])
    if kind == objects.MOMENT and value[0].isdigit():
        return value
    constants: dict[str, ObjectValue] = {"true": True, "false": False, "null": None}
    if is_pattern or value.lower() not in constants:
        raise _unexpected(value)
    return constants[value.lower()]


def _unexpected(word: str) -> RefusedError:
    return RefusedError(
        FaultKey.MALFORMED_QUERY, reason=f"unexpected token: '{word[:80]}'. {READS}"
    )


def ask_query(org: Org, soql: str, user: User, batch: int = LARGEST_BATCH) -> Found:
    """The first batch of a query. Raises RefusedError."""
    query, size = read_query(soql, user), max(SMALLEST_BATCH, min(batch, LARGEST_BATCH))
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

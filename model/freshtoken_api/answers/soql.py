"""A small part of SOQL: one object, WHERE with = and !=, ORDER BY, LIMIT, COUNT(). And the objects
of the org it reads.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from freshtoken_api.faults import Refused
from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.values.records import User

Value = str | int | bool | None
Row = dict[str, Value]

READS = (
    "freshtoken reads: SELECT fields FROM object [WHERE field = value [AND ...]] [ORDER BY "
    "field] [LIMIT n]"
)
LARGEST_BATCH, SMALLEST_BATCH = 2_000, 200
"""Rows of one answer [MEM]."""
TOKEN = re.compile(
    r"""('(?:[^'\\]|\\.)*+')|([A-Za-z_][\w.]*+)|([0-9]{1,9}+(?![\w.]))|(!=|<>|[(),=])"""
)
BLANK = re.compile(r"\s*+")
LONGEST = 20_000
"""Characters of a query [MEM: the limit of SOQL statements was 20,000 for long]."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One object that can be queried: its key prefix, the SOAP type of each field, its rows, and
    who may read it.
    """

    name: str
    prefix: str
    fields: dict[str, str]
    rows: Callable[[Org], Iterator[Row]]
    admins_only: bool = False

    def field(self, name: str) -> str:
        """The field as it is spelled. Raises Refused."""
        for field in self.fields:
            if field.lower() == name.lower():
                return field
        raise Refused("invalid_field", name=name[:80], entity=self.name)


def _accounts(org: Org) -> Iterator[Row]:
    for row in database.rows(
        org.database, "select record_id, name, industry from account order by id"
    ):
        yield {"Id": row["record_id"], "Name": row["name"], "Industry": row["industry"]}


def _users(org: Org) -> Iterator[Row]:
    for user in org.users.all():
        yield user_fields(user)


def user_fields(user: User) -> Row:
    """A user as the User object has it."""
    return {
        "Id": user.record_id,
        "Username": user.username,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Name": user.name,
        "Email": user.email,
        "IsActive": user.active,
    }


def _organizations(org: Org) -> Iterator[Row]:
    info = org.info()
    yield {
        "Id": info.record_id,
        "Name": info.name,
        "InstanceName": "FRESH1",
        "IsSandbox": False,
        "TrialExpirationDate": None,
        "NamespacePrefix": None,
        "OrganizationType": "Developer Edition",
    }


def _login_history(org: Org) -> Iterator[Row]:
    for row in org.history.logins():
        yield {name: value for name, value in row.fields().items() if name != "Username"}


TEXT, IDENTIFIER, BOOLEAN = "string", "id", "boolean"
ENTITIES = {
    entity.name.lower(): entity
    for entity in (
        Entity("Account", "001", {"Id": IDENTIFIER, "Name": TEXT, "Industry": TEXT}, _accounts),
        Entity(
            "User",
            "005",
            {
                "Id": IDENTIFIER,
                "Username": TEXT,
                "FirstName": TEXT,
                "LastName": TEXT,
                "Name": TEXT,
                "Email": TEXT,
                "IsActive": BOOLEAN,
            },
            _users,
        ),
        Entity(
            "Organization",
            "00D",
            {
                "Id": IDENTIFIER,
                "Name": TEXT,
                "InstanceName": TEXT,
                "IsSandbox": BOOLEAN,
                "TrialExpirationDate": TEXT,
                "NamespacePrefix": TEXT,
                "OrganizationType": TEXT,
            },
            _organizations,
        ),
        Entity(
            "LoginHistory",
            "0Ya",
            {
                name: IDENTIFIER if name in ("Id", "UserId") else TEXT
                for name in (
                    *("Id", "UserId", "LoginTime", "LoginType", "SourceIp"),
                    *("LoginUrl", "Status", "Application", "ApiType", "ApiVersion"),
                )
            },
            _login_history,
            admins_only=True,
        ),
    )
}
"""By name in lower case."""


def entity_of(name: str, administers: bool) -> Entity:
    """An object of the org that a user may read: Login History takes an admin [DOC salesforce.md
    4]. Raises Refused.
    """
    entity = ENTITIES.get(name.lower())
    if entity is None or (entity.admins_only and not administers):
        raise Refused("invalid_type", name=name[:80])
    return entity


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read."""

    entity: Entity
    fields: tuple[str, ...]
    counts: bool
    conditions: tuple[tuple[str, bool, Value], ...]
    """(field, whether equal or unequal, value)."""
    order: tuple[str, bool] | None
    """(field, whether descending)."""
    limit: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """One batch of a query's rows. `locator` leads to the next one, None when this is the last."""

    query: Query
    wholes: tuple[Row, ...]
    """The rows with all their fields."""
    total: int
    locator: str | None

    @property
    def rows(self) -> list[Row]:
        """The rows with the fields asked for, in the order asked for."""
        return [{name: whole[name] for name in self.query.fields} for whole in self.wholes]

    @property
    def pairs(self) -> Iterator[tuple[Row, Row]]:
        """Each row with all its fields, and with those asked for."""
        return zip(self.wholes, self.rows, strict=True)


class _Reader:
    """The words of a query, one after the other."""

    def __init__(self, soql: str) -> None:
        self._words: list[str] = []
        if len(soql) > LONGEST:
            raise Refused("malformed_query", reason=READS)
        soql, place = soql.strip(), 0
        while place < len(soql):  # stops at the first bad word: going on would take quadratic time
            found = TOKEN.match(soql, place)
            if found is None:
                raise Refused(
                    "malformed_query", reason=f"unexpected token: '{soql[place]}'. {READS}"
                )
            self._words.append(found[0])
            skipped = BLANK.match(soql, found.end())
            place = skipped.end() if skipped else len(soql)
        self._at = 0

    def peek(self) -> str:
        return self._words[self._at].lower() if self._at < len(self._words) else ""

    def take(self) -> str:
        """The next word. Raises Refused at the end."""
        if self._at >= len(self._words):
            raise Refused("malformed_query", reason=f"unexpected end of the query. {READS}")
        self._at += 1
        return self._words[self._at - 1]

    def expect(self, *words: str) -> None:
        for word in words:
            found = self.take()
            if found.lower() != word:
                raise Refused(
                    "malformed_query", reason=f"unexpected token: '{found[:80]}'. {READS}"
                )

    def when(self, *words: str) -> bool:
        """Take these words if they come next."""
        if self.peek() != words[0]:
            return False
        self.expect(*words)
        return True


def read_query(soql: str, user: User) -> Query:
    """Read a query, for a user who asks it. Raises Refused."""
    return _parsed(soql, user.administers)


@lru_cache(maxsize=256)
def _parsed(soql: str, administers: bool) -> Query:
    """Clients ask the same thing again and again."""
    reader = _Reader(soql)
    reader.expect("select")
    names: list[str] = []
    counts = reader.when("count", "(", ")")
    if not counts:
        names.append(reader.take())
        while reader.when(","):
            names.append(reader.take())
    reader.expect("from")
    entity = entity_of(reader.take(), administers)
    fields = tuple(entity.field(name) for name in names)
    conditions = []
    if reader.when("where"):
        conditions.append(_condition(reader, entity))
        while reader.when("and"):
            conditions.append(_condition(reader, entity))
    order = None
    if reader.when("order", "by"):
        by = entity.field(reader.take())
        order = (by, reader.peek() == "desc")
        if reader.peek() in ("asc", "desc"):
            reader.take()
        if reader.when("nulls"):
            reader.take()
    limit = None
    if reader.when("limit"):
        number = reader.take()
        if not number.isdecimal():
            raise Refused("malformed_query", reason=f"unexpected token: '{number[:80]}'. {READS}")
        limit = int(number)
    if reader.peek():
        raise Refused(
            "malformed_query", reason=f"unexpected token: '{reader.take()[:80]}'. {READS}"
        )
    return Query(entity, fields, counts, tuple(conditions), order, limit)


def _condition(reader: _Reader, entity: Entity) -> tuple[str, bool, Value]:
    field, sign, value = entity.field(reader.take()), reader.take(), reader.take()
    if sign not in ("=", "!=", "<>"):
        raise Refused("malformed_query", reason=f"unexpected token: '{sign[:80]}'. {READS}")
    if value.startswith("'"):
        return field, sign == "=", re.sub(r"\\(.)", r"\1", value[1:-1])
    constants: dict[str, Value] = {"true": True, "false": False, "null": None}
    if value.lower() not in constants:
        raise Refused("malformed_query", reason=f"unexpected token: '{value[:80]}'. {READS}")
    return field, sign == "=", constants[value.lower()]


def _equal(one: Value, other: Value) -> bool:
    """As SOQL compares: texts without their case, IDs in 15 or 18 characters alike."""
    if isinstance(one, str) and isinstance(other, str):
        if len(other) == 15 and len(one) == 18 and one[:15] == other:
            return True
        return one.casefold() == other.casefold()
    return one == other


def run_query(
    org: Org, query: Query, soql: str, start: int = 0, batch: int = LARGEST_BATCH
) -> Found:
    """One batch of a query, from a row on."""
    rows = [
        row
        for row in query.entity.rows(org)
        if all(_equal(row[field], value) is equal for field, equal, value in query.conditions)
    ]
    if query.order:
        field, descending = query.order
        rows.sort(
            key=lambda row: (row[field] is not None, str(row[field]).casefold()), reverse=descending
        )
    rows = rows[: query.limit] if query.limit is not None else rows
    if query.counts:
        return Found(query, (), len(rows), None)
    end = start + batch
    return Found(
        query,
        tuple(rows[start:end]),
        len(rows),
        _locator(soql, end, batch) if end < len(rows) else None,
    )


def ask(org: Org, soql: str, user: User, batch: int = LARGEST_BATCH) -> Found:
    """Read and run a query. Raises Refused."""
    return run_query(
        org, read_query(soql, user), soql, 0, max(SMALLEST_BATCH, min(batch, LARGEST_BATCH))
    )


def ask_more(org: Org, locator: str, user: User) -> Found:
    """The batch a locator leads to. Raises Refused."""
    try:
        read = json.loads(base64.urlsafe_b64decode(locator.removeprefix("01g")))
    except (ValueError, RecursionError):
        read = None
    match read:
        case [str(soql), int(start), int(batch)] if (
            start > 0 and SMALLEST_BATCH <= batch <= LARGEST_BATCH
        ):
            return run_query(org, read_query(soql, user), soql, start, batch)
    raise Refused("bad_query_locator")


def _locator(soql: str, start: int, batch: int) -> str:
    """Carries the query itself, so that no server has to remember it; opaque to clients, as the
    real one is [OURS].
    """
    return "01g" + base64.urlsafe_b64encode(json.dumps([soql, start, batch]).encode()).decode()

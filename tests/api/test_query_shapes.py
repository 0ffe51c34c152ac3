"""Queries that ORMs and sync tools send: qualified names, an alias, COUNT(field), moments compared."""

from collections.abc import Callable
from typing import Any

import pytest

from freshtoken_model.org import Org

from ..world import ADA, ADAS, OFFICE, PASSWORD
from .conftest import Wire, session_body


@pytest.fixture
async def session(wire: Wire, token: str) -> str:
    return await wire.open_session(PASSWORD + token)


async def records(wire: Wire, session: str, soql: str) -> list[dict[str, Any]]:
    answer = await wire.query(session, soql)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Account.Id, Account.Name FROM Account ORDER BY Account.Name LIMIT 2",
        "SELECT account.id, ACCOUNT.name FROM account ORDER BY account.name LIMIT 2",
        "SELECT a.Id, a.Name FROM Account a ORDER BY a.Name LIMIT 2",
        "SELECT Id, Name FROM Account acc ORDER BY Account.Name LIMIT 2",
    ],
)
async def test_a_qualified_name_or_an_alias_is_the_field(
    wire: Wire, session: str, soql: str
) -> None:
    plain = "SELECT Id, Name FROM Account ORDER BY Name LIMIT 2"
    assert await records(wire, session, soql) == await records(wire, session, plain)


@pytest.mark.parametrize("soql", ["SELECT b.Id FROM Account a", "SELECT Contact.Id FROM Account"])
async def test_a_field_of_something_else_is_none(wire: Wire, session: str, soql: str) -> None:
    answer = await wire.query(session, soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


@pytest.mark.parametrize(
    ("soql", "name"),
    [
        ("SELECT COUNT(Id) FROM Account", "expr0"),
        ("SELECT COUNT(Id) x FROM Account", "x"),
        ("SELECT count(Account.Name) total FROM Account a", "total"),
    ],
)
async def test_a_count_of_a_field_is_one_record(
    wire: Wire, session: str, soql: str, name: str
) -> None:
    number = (await wire.query(session, "SELECT COUNT() FROM Account")).json()["totalSize"]
    (row,) = await records(wire, session, soql)
    assert row == {"attributes": {"type": "AggregateResult"}, name: number}
    body = f"<urn:query><urn:queryString>{soql}</urn:queryString></urn:query>"
    over_soap = (await wire.soap(session_body(session, body))).text
    assert f"<sf:{name}>{number}</sf:{name}>" in over_soap and "<size>1</size>" in over_soap


async def test_nulls_are_not_counted(wire: Wire, org: Org, session: str) -> None:
    org.database.conn.execute("update account set industry = '' where id = 1")
    (every,) = await records(wire, session, "SELECT COUNT(Id) n FROM Account")
    (filled,) = await records(wire, session, "SELECT COUNT(Industry) n FROM Account")
    assert filled["n"] == every["n"] - 1


@pytest.mark.parametrize("field", ["CreatedDate", "LastModifiedDate", "SystemModstamp"])
@pytest.mark.parametrize("entity", ["Account", "User", "Organization"])
async def test_the_standard_dates_are_compared(
    wire: Wire, session: str, field: str, entity: str
) -> None:
    rows = await records(wire, session, f"SELECT {field} FROM {entity} ORDER BY {field}")
    first = rows[0][field]
    for sign, found in (("<", 0), ("<=", len(rows)), (">=", len(rows)), (">", 0)):
        late = "2099-01-01T00:00:00Z" if sign in ("<=", ">") else "2001-01-01T00:00:00Z"
        soql = f"SELECT Id FROM {entity} WHERE {field} {sign} {late}"
        assert len(await records(wire, session, soql)) == found, soql
    same = f"SELECT Id FROM {entity} WHERE {field} = {first}"
    assert len(await records(wire, session, same)) >= 1


@pytest.mark.parametrize(
    "written", ["2026-11-24T14:00:00Z", "2026-11-24T15:00:00.000+01:00", "2026-11-24"]
)
async def test_login_history_is_read_from_a_moment_on(
    wire: Wire, org: Org, token: str, written: str
) -> None:
    await wire.login("wrong")
    session = await wire.open_session(ADAS, username=ADA, address=OFFICE)
    rows = await records(wire, session, f"SELECT Id FROM LoginHistory WHERE LoginTime >= {written}")
    every = await records(wire, session, "SELECT Id FROM LoginHistory")
    assert 0 < len(rows) <= len(every)


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account WHERE Name > 'x'",
        "SELECT Id FROM Account WHERE CreatedDate > yesterday",
    ],
)
async def test_what_is_not_read_is_said(wire: Wire, session: str, soql: str) -> None:
    answer = await wire.query(session, soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


NAMES = "SELECT Name FROM Account WHERE "
EVERY = "SELECT Name FROM Account"


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ("Name IN ('Kestrel Optics')", lambda name: name == "Kestrel Optics"),
        ("name in ('kestrel optics', 'Nobody')", lambda name: name == "Kestrel Optics"),
        ("Name NOT IN ('Kestrel Optics', null)", lambda name: name != "Kestrel Optics"),
        ("Id IN ('001000000000000AAA')", lambda name: False),
        ("Name LIKE 'k%'", lambda name: name.startswith("K")),
        ("Name LIKE '%OPTICS'", lambda name: name.endswith("Optics")),
        ("Name LIKE '_estrel%'", lambda name: name[1:].startswith("estrel")),
        (r"Name LIKE 'Kestrel\%'", lambda name: False),
        ("Name LIKE '%'", lambda name: True),
        ("(Name LIKE 'K%' AND Name NOT IN ('x'))", lambda name: name.startswith("K")),
        (
            f"Name IN ({', '.join(repr(str(n)) for n in range(1_500))})",
            lambda name: False,
        ),
    ],
    ids=[f"case {number}" for number in range(11)],
)
async def test_lists_and_patterns_are_read(
    wire: Wire, session: str, where: str, fits: Callable[[str], bool]
) -> None:
    every = [row["Name"] for row in await records(wire, session, EVERY)]
    found = [row["Name"] for row in await records(wire, session, NAMES + where)]
    assert sorted(found) == sorted(filter(fits, every))


@pytest.mark.parametrize(
    "where",
    [
        "Id LIKE '001%'",
        "CreatedDate LIKE '2026%'",
        "Name LIKE null",
        "Name IN 'x'",
        "Name IN ()",
        "Name IN ('x'",
        "Name NOT LIKE 'x'",
        "Name NOT ('x')",
    ],
)
async def test_a_list_or_pattern_that_is_none_is_a_malformed_query(
    wire: Wire, session: str, where: str
) -> None:
    answer = await wire.query(session, NAMES + where)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    "where",
    [
        "(Name = 'Kestrel Optics')",
        "((Name = 'Kestrel Optics') AND (Id != null))",
        "(Id != null AND Name = 'Kestrel Optics')",
        "Id != null AND (Name != 'x' AND (Name = 'Kestrel Optics'))",
        "(" * 5_000 + "Name = 'Kestrel Optics'" + ")" * 5_000,
    ],
    ids=["one", "each", "both", "nested", "thousands"],
)
async def test_brackets_around_conditions_change_nothing(
    wire: Wire, session: str, where: str
) -> None:
    (row,) = await records(wire, session, f"SELECT Name FROM Account WHERE {where}")
    assert row["Name"] == "Kestrel Optics"


@pytest.mark.parametrize(
    ("soql", "unexpected"),
    [
        ("SELECT Id FROM Account WHERE (Name = 'x' OR Name = 'y')", "OR"),
        ("SELECT Id FROM Account WHERE (NOT (Name = 'x'))", "NOT"),
        ("SELECT Id FROM Account WHERE Name = 'x')", ")"),
        ("SELECT Id FROM Account WHERE ()", ")"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "("),
        ("SELECT Id FROM Account ORDER BY 1 DESC", "1"),
        ("SELECT Id, 'x' FROM Account", "'x'"),
    ],
)
async def test_what_is_no_field_is_told_as_an_unexpected_token(
    wire: Wire, session: str, soql: str, unexpected: str
) -> None:
    answer = await wire.query(session, soql)
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, "MALFORMED_QUERY")
    assert f"unexpected token: '{unexpected}'" in error["message"]


@pytest.mark.parametrize("opened", ["(", "((", "(" * 9_000])
async def test_a_bracket_that_stays_open_is_the_end_of_the_query(
    wire: Wire, session: str, opened: str
) -> None:
    answer = await wire.query(session, f"SELECT Id FROM Account WHERE {opened}Name = 'x'")
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, "MALFORMED_QUERY")
    assert "unexpected end of the query" in error["message"]

"""Queries that ORMs and sync tools send: qualified names, an alias, COUNT(field), moments compared."""

from collections.abc import Callable
from typing import Any

import pytest

from freshtoken_model.org import Org

from ..world import ADA, ADAS, OFFICE, PASSWORD
from .conftest import Wire, session_body
from .wire_helpers import Scene


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


async def summed(scene: Scene, soql: str) -> list[dict[str, Any]]:
    """The records of a query by an admin, each an AggregateResult."""
    answer = await scene.wire.query(await scene.admin(), soql)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["totalSize"] == len(found["records"]) and found["done"]
    assert {record.pop("attributes")["type"] for record in found["records"]} <= {"AggregateResult"}
    return found["records"]


async def test_records_are_counted_by_groups(scene: Scene) -> None:
    await scene.wire.login("wrong")
    await scene.wire.login("wrong too")
    rows = await summed(scene, "SELECT Status, COUNT(Id) FROM LoginHistory GROUP BY Status")
    assert {row["Status"]: row["expr0"] for row in rows}["Invalid Password"] == 2
    assert list(rows[0]) == ["Status", "expr0"]
    soql = (
        "SELECT LoginSubType s, Status, COUNT(Id) n, MAX(LoginTime) FROM LoginHistory l "
        "WHERE l.UserId != null GROUP BY LoginSubType, l.Status ORDER BY COUNT(Id) DESC LIMIT 1"
    )
    (row,) = await summed(scene, soql)
    assert list(row) == ["s", "Status", "n", "expr0"]
    assert row["s"] == "SoapApiLogin" and row["expr0"].endswith("+0000")


async def test_groups_alone_are_the_values_that_occur(scene: Scene) -> None:
    rows = await summed(scene, "select IsActive from User group by IsActive order by IsActive desc")
    assert rows == [{"IsActive": True}, {"IsActive": False}]


async def test_max_and_min_of_a_moment_bound_all_records(scene: Scene) -> None:
    soql = "SELECT MIN(LastModifiedDate), MAX(LastModifiedDate) x, COUNT(Id) FROM User"
    (row,) = await summed(scene, soql)
    session = await scene.admin()
    every = await records(scene.wire, session, "SELECT LastModifiedDate FROM User")
    dates = [one["LastModifiedDate"] for one in every]
    assert row == {"expr0": min(dates), "x": max(dates), "expr1": len(dates)}
    none = "SELECT MAX(CreatedDate), COUNT(Id) FROM Account WHERE Name = 'nobody'"
    assert await summed(scene, none) == [{"expr0": None, "expr1": 0}]
    assert await summed(scene, none + " GROUP BY Name") == []


async def test_groups_are_answered_over_soap_as_well(scene: Scene) -> None:
    soql = "SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry"
    answer = await scene.wire.in_session(
        await scene.admin(), f"<urn:query><urn:queryString>{soql}</urn:queryString></urn:query>"
    )
    number = len(await summed(scene, soql))
    assert answer.text.count("<sf:type>AggregateResult</sf:type>") == number > 1
    assert f"<size>{number}</size>" in answer.text and "<sf:n>" in answer.text


@pytest.mark.parametrize(
    ("soql", "said"),
    [
        ("SELECT Name, COUNT(Id) FROM User", "Field must be grouped or aggregated: Name"),
        ("SELECT Name FROM Account GROUP BY Industry", "Field must be grouped or aggregated: Name"),
        (
            "SELECT CreatedDate FROM User GROUP BY CreatedDate",
            "field 'CreatedDate' can not be grouped in a query call",
        ),
        ("SELECT Name n FROM User", "unexpected token: 'n'"),
        ("SELECT COUNT(Id) FROM User GROUP Name", "unexpected token: 'Name'"),
        ("SELECT MAX(Name) FROM User", "MAX and MIN of a date"),
        ("SELECT COUNT(Id) FROM User GROUP BY Name ORDER BY Email", "unexpected token: 'Email'"),
        ("SELECT COUNT(Nothing) FROM User", "No such column 'Nothing'"),
        ("SELECT COUNT(), Name FROM User", "unexpected token: ','"),
        ("SELECT Name FROM User WHERE Id = 'x' OR Name = 'y' AND Name = 'z'", "'AND'"),
        ("SELECT Name FROM User WHERE (Id = 'x' OR Name = 'y'", "unexpected end"),
        ("SELECT Name FROM User WHERE Id = 'x' OR", "unexpected end"),
    ],
)
async def test_what_cannot_be_grouped_or_mixed_is_said(scene: Scene, soql: str, said: str) -> None:
    answer = await scene.wire.query(await scene.admin(), soql)
    assert answer.status_code == 400 and said in answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("{0} OR {1}", lambda a, b, c: a or b),
        ("({0} OR {1}) AND {2}", lambda a, b, c: (a or b) and c),
        ("{0} OR ({1} AND {2})", lambda a, b, c: a or (b and c)),
        ("({0} and {2}) or (({1}))", lambda a, b, c: (a and c) or b),
        ("(({0} OR {1} OR {2}))", lambda a, b, c: a or b or c),
        ("{0} AND ({1} OR ({2} AND ({0} OR {1})))", lambda a, b, c: a and (b or (c and (a or b)))),
    ],
)
async def test_or_and_brackets_hold_as_they_read(
    scene: Scene, where: str, wanted: Callable[[bool, bool, bool], bool]
) -> None:
    conditions = ("Username LIKE 's%'", "IsActive = false", "LastName != null")
    tests = [
        lambda user: user.username.startswith("s"),
        lambda user: not user.active,
        lambda user: bool(user.last_name),
    ]
    found = await records(
        scene.wire,
        await scene.admin(),
        f"SELECT Username FROM User WHERE {where.format(*conditions)}",
    )
    assert {record["Username"] for record in found} == {
        user.username for user in scene.org.users.all() if wanted(*(test(user) for test in tests))
    }


async def test_thousands_of_ors_and_brackets_are_read(scene: Scene) -> None:
    names = " OR ".join(f"Name = 'n{number}'" for number in range(600))
    deep = "(" * 3_000 + "Name != null" + ")" * 3_000
    for where in (f"{names} OR {deep}", f"({names}) AND {deep}"):
        answer = await scene.wire.query(
            await scene.admin(), f"SELECT COUNT() FROM Account WHERE {where}"
        )
        assert answer.status_code == 200, answer.text[:200]


@pytest.mark.parametrize(("changes", "status"), [(40, 200), (200, 400)])
async def test_brackets_that_change_their_word_often_are_answered(
    scene: Scene, changes: int, status: int
) -> None:
    where = "Name != null"
    for number in range(changes):
        where = f"({where}) {('AND', 'OR')[number % 2]} Name != 'n{number}'"
    answer = await scene.wire.query(
        await scene.admin(), f"SELECT COUNT() FROM Account WHERE {where}"
    )
    assert answer.status_code == status, answer.text[:200]


async def test_the_limits_have_the_names_that_clients_look_up(scene: Scene) -> None:
    shown = (await scene.rest("GET", "/limits", await scene.session())).json()
    assert {name: limit["Max"] for name, limit in shown.items()} == {
        "DailyApiRequests": 15_000,
        "DailyBulkApiBatches": 15_000,
        "DailyBulkV2QueryJobs": 10_000,
    }
    assert all(limit["Remaining"] == limit["Max"] for limit in shown.values())

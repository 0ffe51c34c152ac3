"""Queries over the wire: which records a condition finds, in which order, and in how many
answers.
"""

import base64
from typing import Any

import pytest

from freshtoken_api.answers.soql import ask_query
from freshtoken_model.org import Org

from ..world import ADA, ADAS, OFFICE, SAM, SAMS
from .wire_helpers import Scene

BY_INDUSTRY = "SELECT Name, Industry FROM Account ORDER BY Industry"


async def records(scene: Scene, soql: str) -> list[dict[str, Any]]:
    """The records an admin gets for a query."""
    answer = await scene.wire.query(await scene.admin(), soql)
    assert answer.status_code == 200, answer.text
    return answer.json()["records"]


async def found(scene: Scene, soql: str, field: str = "Name") -> list[Any]:
    return [record[field] for record in await records(scene, soql)]


def add_accounts(org: Org, *named: tuple[str, str], first: int = 100_000) -> None:
    """Accounts with a name and an industry, straight into the file."""
    org.database.conn.executemany(
        "insert into account(record_id, name, industry) values (?, ?, ?)",
        [(f"0015j{first + n:010}AAA", *one) for n, one in enumerate(named)],
    )


async def test_a_record_id_is_found_in_15_and_in_18_characters(scene: Scene) -> None:
    [(ident, name)] = [
        (account["Id"], account["Name"])
        for account in await records(scene, "SELECT Id, Name FROM Account LIMIT 1")
    ]
    asks = "SELECT Name FROM Account WHERE Id {} '{}'"
    for sent in (ident, ident[:15], ident.upper(), ident.lower()):
        assert await found(scene, asks.format("=", sent)) == [name], sent
        assert name not in await found(scene, asks.format("!=", sent)), sent
    wrong = [ident[:15].swapcase(), ident[:14], ident + "A", ident[:15] + "!!!", "", "'é' " * 4]
    for sent in wrong:
        sent = sent.replace("'", "\\'")
        assert await found(scene, asks.format("=", sent)) == [], sent
        assert len(await found(scene, asks.format("!=", sent))) == 5, sent


async def test_the_ids_of_login_history_are_found_in_every_spelling_too(scene: Scene) -> None:
    await scene.session()
    await scene.admin()
    rows = await records(scene, "SELECT Id, UserId FROM LoginHistory")
    row = next(row for row in rows if row["UserId"] == scene.me)
    for sent in (row["Id"], row["Id"][:15], row["Id"].lower()):
        asks = f"SELECT UserId FROM LoginHistory WHERE Id = '{sent}'"
        assert await found(scene, asks, "UserId") == [scene.me]
    for sent in (scene.me, scene.me[:15], scene.me.upper()):
        asks = f"SELECT Id FROM LoginHistory WHERE UserId = '{sent}'"
        assert row["Id"] in await found(scene, asks, "Id")
    assert await found(scene, f"SELECT Id FROM LoginHistory WHERE Id = '{scene.me}'", "Id") == []


async def test_a_record_is_read_by_its_id_in_15_and_in_18_characters(scene: Scene) -> None:
    session = await scene.session()
    for sent in (scene.me, scene.me[:15], scene.me.lower()):
        answer = await scene.rest("GET", f"/sobjects/User/{sent}?fields=Id", session)
        assert answer.json()["Id"] == scene.me
    for sent in (scene.me[:14], scene.me[:15].swapcase(), "x" * 15):
        assert (await scene.rest("GET", f"/sobjects/User/{sent}", session)).status_code == 404


@pytest.mark.parametrize(
    ("asks", "nulls"),
    [
        ("", "first"),
        (" ASC", "first"),
        (" DESC", "first"),
        (" NULLS FIRST", "first"),
        (" DESC NULLS FIRST", "first"),
        (" NULLS LAST", "last"),
        (" ASC NULLS LAST", "last"),
        (" DESC NULLS LAST", "last"),
    ],
)
async def test_nulls_come_first_unless_the_query_says_last(
    scene: Scene, asks: str, nulls: str
) -> None:
    add_accounts(scene.org, ("one", ""), ("two", "apparel"), ("three", ""), ("four", "Zoo"))
    values = await found(scene, BY_INDUSTRY + asks, "Industry")
    empty = [value is None for value in values]
    assert sum(empty) == 2 and empty == sorted(empty, reverse=nulls == "first")
    filled = [value.upper() for value in values if value is not None]
    assert filled == sorted(filled, reverse="DESC" in asks) and {"APPAREL", "ZOO"} < set(filled)


async def test_null_is_equal_to_null_only(scene: Scene) -> None:
    add_accounts(scene.org, ("one", ""), ("two", "Éclairs"))
    where = "SELECT Name FROM Account WHERE Industry "
    assert await found(scene, where + "= null") == ["one"]
    assert "one" not in await found(scene, where + "!= null")
    assert "one" in await found(scene, where + "!= 'Energy'")
    assert await found(scene, where + "= 'éCLAIRS'") == ["two"]
    assert await found(scene, where + "= true") == []
    assert await found(scene, "SELECT Name FROM User WHERE IsActive = 'true'") == []


@pytest.mark.parametrize("asks", ["NULLS", "NULLS Name", "NULLS FIRST LAST", "DESC ASC"])
async def test_an_order_that_cannot_be_read_is_a_malformed_query(scene: Scene, asks: str) -> None:
    answer = await scene.wire.query(await scene.session(), f"{BY_INDUSTRY} {asks}")
    assert answer.json()[0]["errorCode"] == "MALFORMED_QUERY"


async def test_a_query_may_have_as_many_conditions_as_fit_in_it(scene: Scene) -> None:
    """SQLite reads a thousand in one expression."""
    soql = "SELECT Id FROM Account WHERE " + " AND ".join(["Id != ''"] * 1_400)
    assert len(await records(scene, soql)) == 5


async def pages(scene: Scene, session: str, soql: str, between: Any) -> list[list[str]]:
    """The Ids of each answer of a query with the smallest batches; `between` is called in
    between.
    """
    start = f"<urn:query><urn:queryString>{soql}</urn:queryString></urn:query>"
    body = (
        '<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:urn="urn:partner.soap.sforce.com"><se:Header><urn:SessionHeader>'
        f"<urn:sessionId>{session}</urn:sessionId></urn:SessionHeader>"
        "<urn:QueryOptions><urn:batchSize>200</urn:batchSize></urn:QueryOptions></se:Header>"
        f"<se:Body>{start}</se:Body></se:Envelope>"
    )
    answer, answers, sizes = await scene.wire.soap(body.encode()), [], set()
    while True:
        rows = answer.text.split("<records ")[1:]
        answers.append([row.partition("<sf:Id>")[2][:18] for row in rows])
        sizes.add(answer.text.partition("<size>")[2].partition("<")[0])
        locator = answer.text.partition("<queryLocator>")[2].partition("<")[0]
        if not locator:
            assert sizes == {str(sum(map(len, answers)))}, "the size is the same in every answer"
            return answers
        between()
        answer = await scene.wire.in_session(
            session,
            f"<urn:queryMore><urn:queryLocator>{locator}</urn:queryLocator></urn:queryMore>",
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "order", ["", " ORDER BY Name", " ORDER BY Industry DESC", " ORDER BY Industry NULLS LAST"]
)
@pytest.mark.parametrize("limit", ["", " LIMIT 450"])
async def test_records_added_between_two_answers_do_not_shift_the_pages(
    scene: Scene, order: str, limit: str
) -> None:
    add_accounts(scene.org, *[(f"n{n % 7}", ("", "b", "c")[n % 3]) for n in range(595)])
    added = iter(range(1, 10))

    def add() -> None:
        new = [("n0", ""), ("n6", "b"), ("zz", "zz")] * 5
        add_accounts(scene.org, *new, first=1_000_000 * next(added))

    session = await scene.session()
    soql = f"SELECT Id FROM Account{order}{limit}"
    at_first = await pages(scene, session, soql, lambda: None)
    assert [len(page) for page in at_first] == ([200, 200, 50] if limit else [200, 200, 200])
    assert len({ident for page in at_first for ident in page}) == sum(map(len, at_first))
    assert await pages(scene, session, soql, add) == at_first


async def test_login_history_is_read_to_its_end_newest_first_while_people_log_in(
    scene: Scene,
) -> None:
    """20,000 rows are what its page shows; a query reads on."""
    conn = scene.org.database.conn
    (shape,) = conn.execute("select min(id) from shape").fetchone()
    many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20100)"
    conn.execute(
        "insert into login_history(user_id, login_time, shape_id, status, event_id)"
        f" {many} select 1, 0, {shape}, 'success', 1 from n"
    )
    admin = await scene.admin()
    answer = (await scene.wire.query(admin, "SELECT Id FROM LoginHistory")).json()
    total, ids = answer["totalSize"], [row["Id"] for row in answer["records"]]
    while not answer["done"]:
        await scene.wire.login("wrong")
        path = answer["nextRecordsUrl"].removeprefix("/services/data/v64.0")
        answer = (await scene.rest("GET", path, admin)).json()
        assert answer["totalSize"] == total
        ids += [row["Id"] for row in answer["records"]]
    assert total > 20_100 and len(set(ids)) == len(ids) == total
    count = "SELECT COUNT() FROM LoginHistory"
    assert (await scene.wire.query(admin, count)).json()["totalSize"] > total


async def test_a_query_reads_of_a_login_what_the_login_history_page_shows(scene: Scene) -> None:
    """Two readers of the same rows: the page's and the API's."""
    await scene.session()
    await scene.wire.login("wrong", edition="c")
    await scene.grant("password", username=ADA, password="wrong")
    await scene.granted()
    shown = [row.fields() for row in scene.org.history.logins()]
    names = [name for name in shown[0] if name != "Username"]
    asked = f"SELECT {', '.join(names)} FROM LoginHistory WHERE LoginTime != null"
    read = await records(scene, asked)
    del read[0]  # the admin who asks
    assert len(shown) > 3 and read == [
        {"attributes": row["attributes"], **{name: fields[name] for name in names}}
        for row, fields in zip(read, shown, strict=True)
    ]
    assert {row["ApiType"] for row in read} == {"SOAP Partner", "SOAP Enterprise", "N/A"}
    moment = f"SELECT Id FROM LoginHistory WHERE LoginTime = '{shown[0]['LoginTime']}'"
    assert shown[0]["Id"] in await found(scene, moment, "Id")


async def first_locator(scene: Scene, session: str) -> str:
    """The locator of a query with two answers."""
    add_accounts(scene.org, *[("x", "y")] * 2_100)
    answer = await scene.wire.query(session, "SELECT Id FROM Account")
    return answer.json()["nextRecordsUrl"].rpartition("/")[2]


async def read_on(scene: Scene, session: str, locator: str) -> tuple[int, Any]:
    answer = await scene.rest("GET", f"/query/{locator}", session)
    body = answer.json()
    return answer.status_code, body[0]["errorCode"] if isinstance(body, list) else None


REFUSED = (400, "INVALID_QUERY_LOCATOR")


async def test_a_locator_that_was_changed_or_made_up_is_refused(scene: Scene) -> None:
    session = await scene.session()
    locator = await first_locator(scene, session)
    assert await read_on(scene, session, locator) == (200, None)
    inside = base64.urlsafe_b64decode(locator.removeprefix("01g"))
    signature, text = inside[:18], inside[18:]
    assert text.startswith(b'["SELECT Id FROM Account",2000,2000,')
    changed = [text.replace(b",2000,", b",9999,", 1), text.replace(b"Account", b"User"), b"[]", b""]
    for made_up in (*(signature + other for other in changed), text, bytes(18) + text, inside[:17]):
        forged = "01g" + base64.urlsafe_b64encode(made_up).decode()
        assert await read_on(scene, session, forged) == REFUSED, made_up
    for nonsense in ("01g", "x", "01g" + "A" * 24, locator[:-2], "01gé"):
        assert await read_on(scene, session, nonsense) == REFUSED, nonsense


async def test_a_locator_is_good_for_the_user_it_was_given_to(scene: Scene) -> None:
    session = await scene.session()
    locator = await first_locator(scene, session)
    sams = await scene.wire.open_session(SAMS, username=SAM, address=OFFICE)
    adas = await scene.wire.open_session(ADAS, username=ADA, address=OFFICE)
    assert await read_on(scene, sams, locator) == REFUSED
    assert await read_on(scene, adas, locator) == REFUSED
    again = await scene.session()
    assert await read_on(scene, again, locator) == (200, None), "in another session too"


async def test_a_locator_ends_when_the_org_is_taken_a_step_back(scene: Scene) -> None:
    session = await scene.session()
    locator = await first_locator(scene, session)
    scene.org.users.freeze("sam")
    assert await read_on(scene, session, locator) == (200, None)
    scene.org.rewind.back()
    assert await scene.works(session) and await read_on(scene, session, locator) == REFUSED


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM LoginHistory LIMIT 5",
        "SELECT Id FROM LoginHistory ORDER BY LoginTime DESC LIMIT 5",
    ],
)
async def test_a_few_rows_are_read_without_reading_all(scene: Scene, soql: str) -> None:
    """Counted in the instructions of SQLite's virtual machine."""
    org, admin = scene.org, scene.org.users.get(ADA)
    conn = org.database.conn
    for _ in range(2):
        conn.execute(
            "insert into login_history(user_id, login_time, shape_id, status, event_id)"
            " with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)"
            " select 1, 0, (select min(id) from shape), 'success', 1 from n"
        )
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        conn.set_progress_handler(step, 100)
        assert len(ask_query(org, soql, admin).wholes) == 5
        conn.set_progress_handler(None, 0)
        assert steps < 20

"""What a stranger sends to a port is kept and shown as text: in the org file, on the tape, in the
journal.
"""

import json
from collections import deque

import httpx
import pytest

from freshtoken_api.app import create_app
from freshtoken_api.client import tape
from freshtoken_api.serve.external import ExternalApp, Recorder
from freshtoken_api.serve.journal import Entry, JournalFile, as_json_line, as_line
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.visible import visible, visible_lines

STEERING = "\x1b]52;c;eA==\x1b\\ \x9b31m \u202e x\nFORGED"
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:u="urn:partner.soap.sforce.com"><e:Header>'
    "<u:CallOptions><u:client>{client}</u:client></u:CallOptions></e:Header><e:Body><u:login><u:username>{username}"
    "</u:username><u:password>x</u:password></u:login></e:Body></e:Envelope>"
)


@pytest.fixture
def port(org_file):
    """A port with journal and tape, as `serve` has it; what it noted."""
    entries: list[Entry] = []
    kept: tape.Tape = deque()
    pool = OrgPool(org_file)
    app = ExternalApp(
        create_app(pool), "127.0.0.1", entries.append, Recorder(kept, lambda exchange: None)
    )
    yield app, entries, kept
    pool.close()


async def send(app, path: bytes, body: str, headers: dict[bytes, bytes]) -> int:
    """A request whose target is sent as it is."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport) as client:
        url = httpx.URL(scheme="http", host="127.0.0.1", raw_path=path)
        return (await client.post(url, content=body.encode(), headers=headers)).status_code


@pytest.mark.parametrize("username", ["integration@acme.example", "ghost\x9b@acme.example"])
async def test_a_login_with_hostile_text_leaves_none(org: Org, port, username: str) -> None:
    app, entries, kept = port
    path = b"/services/Soap/u/64.0/%1b%5d52;c;eA==%1b%5c%c2%9b%e2%80%ae?q=%1b"
    headers = {
        b"User-Agent": b"agent\x9b\x9d/1",
        b"SOAPAction": b"\x9d0;TITLE\x9c",
        b"Content-Type": b"text/xml",
    }
    client = "evil\x9b\u202e&#x9b;&#10;FORGED &#x202e;"
    assert await send(app, path, SOAP.format(client=client, username=username), headers) == 500
    (exchange,) = kept
    shown = [
        exchange.request.line,
        exchange.response.line,
        *(text for pair in exchange.request.headers for text in pair),
    ]
    assert all(text == visible(text) for text in shown)
    assert exchange.request.body == visible_lines(exchange.request.body)
    assert r"\x1b]52;c;eA==\x1b" in exchange.request.line
    (entry,) = entries
    for line in (as_line(entry), as_json_line(entry)):
        assert line == visible(line)
    stored = list(org.database.tables.query("select * from shape"))
    texts = [value for shape in stored for value in shape.values() if isinstance(value, str)]
    assert texts == [visible(text) for text in texts]
    unknown = [shape["username"] for shape in stored if shape["username"] is not None]
    assert unknown == ([r"ghost\x9b@acme.example"] if username.startswith("ghost") else [])
    assert all(client.name == visible(client.name) for client in org.clients.all())


async def test_what_an_older_freshtoken_stored_is_read_as_text(org: Org) -> None:
    """A file may hold what was let in before."""
    org.database.conn.execute(
        "update client set name = ?, told = ? where id = 1", (STEERING, STEERING)
    )
    org.database.conn.execute(
        "update shape set application = replace(application, 'Nightly sync', ?)",
        ("\x1b\x9b\u202e",),
    )
    client = org.clients.get(1)
    assert client.name == visible(STEERING) and client.told == visible(STEERING)
    assert all(row.application == visible(row.application) for row in org.history.logins())
    assert any("\\x1b" in row.application for row in org.history.logins())


def test_the_journal_file_holds_no_raw_text(tmp_path) -> None:
    journal = JournalFile(tmp_path / "journal")
    journal(
        {
            "method": visible("CONNECT"),
            "path": visible(STEERING),
            "client": visible(""),
            "status": 403,
        }
    )
    journal.close()
    (line,) = (tmp_path / "journal").read_text(encoding="utf-8").splitlines()
    assert line == visible(line)
    assert json.loads(line)["path"] == visible(STEERING)

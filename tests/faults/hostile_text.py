"""Hostile texts: brought in by the wire, the command line and content; no output and no screen may
carry their controls.
"""

import csv
import io
import json
import random
import re
import shutil
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

import freshtoken_data

from .harness import (
    TRICKS,
    USER,
    Campaign,
    Ended,
    Hung,
    Terminal,
    appears,
    call,
    finish,
    furnish,
    inside,
    kill_group,
    plain,
    query,
    start,
    wrong,
)
from .keys import KEYS
from .signals import FREE_PORTS

PIECES = (
    *(
        "\x1b]52;c;SFg=\x1b\\",
        "\x1b]0;HX\x07",
        "\x1b]8;;http://127.0.0.1/\x1b\\",
        "\x1b[?9471h",
        "\x9d0;HX\x9c",
        "\x9b?9471h",
    ),
    *(
        "\u202egnp",
        "\u2066a\u2069",
        "\u200f",
        "\u061c",
        "\u2028FORGED",
        "\u2029",
        "\nFORGED",
        "\r\nFORGED",
        "\x85FORGED",
    ),
    *(
        "[/b]",
        "[b]",
        "[@click=app.quit]x[/]",
        "[link=http://127.0.0.1/]x",
        "=cmd|'/C x'!A0",
        "\x7f",
        "\0",
        "\x08\x08",
        "\x1bc",
    ),
)
TEXTS = (*(f"HX{piece}HX" for piece in PIECES), "[/b]", "=cmd|'/C HX'!A0", "@SUM(1+1)HX", "HX [EU]")
SHOWN = (
    *(
        "history",
        "history --csv",
        "history --json",
        "client list",
        "client list --json",
        "org show",
        "org show --json",
    ),
    *(
        "org export",
        "org export --with-secrets",
        "org steps",
        "timeline",
        "timeline --text",
        "timeline --json",
        "lab list",
    ),
    *(
        "timeline --svg t.svg",
        "incident integration",
        "incident integration --json",
        "mail",
        "mail --json",
        "demo list",
    ),
    *(
        "profile list",
        "setup show",
        "setup ranges",
        "integration list",
        "app show",
        "lab report",
        "lab list --json",
        "exam stats",
    ),
)
"""What prints something that came from elsewhere."""
PRESSED = ("f5", "f4", "ctrl+l", "ctrl+e", "ctrl+t", "f3", "f2", "f8", "f6", "ctrl+d", "f7", "f1")
ESCAPE, PALETTE = b"\x1b", KEYS["ctrl+p"]
SEQUENCE = re.compile(
    "\x1b[\\]P_^X][^\x07\x1b\x9c]{0,80}HX|\x1b\\]52;|\x1b\\[\\?9471|\x1b\\]8;;http://127", re.S
)
"""A sequence to the terminal that holds part of our texts."""
ODD = re.compile("[\x80-\x9f\udc80-\udc9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
FORGED = re.compile("^FORGED", re.M)
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:u="urn:partner.soap.sforce.com"><e:Header>'
    "<u:CallOptions><u:client>{client}</u:client></u:CallOptions><u:LoginScopeHeader><u:organizationId>{organisation}"
    "</u:organizationId></u:LoginScopeHeader></e:Header><e:Body><u:login><u:username>{username}</u:username>"
    "<u:password>{password}</u:password></u:login></e:Body></e:Envelope>"
)
SOAP, FORM = "/services/Soap/u/64.0", "/services/oauth2/token"


@dataclass(frozen=True)
class Door:
    """Where texts are brought in: the org, and the host and ports that answer, if any."""

    org: Path
    texts: tuple[str, ...]
    http: str = ""
    proxy: str = ""
    session: str = ""

    def send(self, request: bytes, proxy: bool = False) -> None:
        """One request; the answer is read to its end and not looked at."""
        at = urlsplit(self.proxy if proxy else self.http)
        assert at.hostname == "127.0.0.1", "only this machine is talked to"
        with (
            suppress(OSError),
            socket.create_connection((at.hostname, at.port or 0), timeout=5) as link,
        ):
            link.sendall(request)
            link.settimeout(5)
            while link.recv(1 << 16):
                pass

    def ask(self, method: str, path: str, body: str = "", **headers: str | bytes) -> None:
        """An HTTP request; a header's value may be any bytes but a line end."""
        content = body.encode("utf-8", "surrogateescape")
        own: dict[str, str | bytes] = {
            "Host": "127.0.0.1",
            "Connection": "close",
            "Content-Length": str(len(content)),
            **headers,
        }
        lines = [f"{method} {path} HTTP/1.1".encode()]
        for name, value in own.items():
            lines.append(
                f"{name.replace('_', '-')}: ".encode()
                + (value if isinstance(value, bytes) else value.encode())
            )
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + content)

    def log_in(
        self,
        path: str = SOAP,
        password: str = "x",
        *,
        client: str = "",
        organisation: str = "",
        username: str = USER,
        **headers: str | bytes,
    ) -> None:
        """A SOAP login(), refused unless the password is right."""
        body = ENVELOPE.format(
            client=_xml(client),
            organisation=_xml(organisation),
            username=_xml(username),
            password=_xml(password),
        )
        self.ask("POST", path, body, **{"Content_Type": "text/xml", "SOAPAction": '""'} | headers)

    def line(self, *words: str) -> None:
        """A command line in this process; how it ends is another campaign's."""
        with suppress(Exception):
            call(["--org", str(self.org), *words])


def _xml(text: str) -> str:
    """As XML 1.0 lets it in: line ends by number, and what it forbids as C1, which it allows."""
    allowed = text.replace("\x1b]", "\x9d").replace("\x1b[", "\x9b").replace("\x1b\\", "\x9c")
    kept = "".join(
        char if char >= " " or char in "\t\n\r" else chr(ord(char) | 0x80) for char in allowed
    )
    return escape(kept, {"\n": "&#10;", "\r": "&#13;", "\x85": "&#133;", "\u2028": "&#8232;"})


def _header(text: str) -> bytes:
    """As a header lets it in."""
    return re.sub("[\r\n\0]", "", text).encode("latin-1", "ignore")


def _path(at: Door) -> None:
    for text in at.texts:
        at.log_in(f"{SOAP}/{quote(text, safe='')}")
        if not at.proxy:
            continue  # the app draws each request: one a text is enough for it
        at.ask("GET", f"/services/data/{quote(text, safe='')}")
        at.ask("GET", f"/{quote(text.encode('latin-1', 'ignore'), safe='')}")


def _query(at: Door) -> None:
    for text in at.texts:
        at.ask(
            "GET",
            f"/services/oauth2/authorize?response_type=code&client_id={quote(text)}&redirect_uri={quote(text)}",
        )
        at.ask("GET", f"/services/data/v64.0/limits?x={quote(text)}")
        at.log_in(f"{SOAP}?{quote(text)}")


def _agent(at: Door) -> None:
    for text in at.texts:
        at.log_in(User_Agent=_header(text))
        at.log_in(User_Agent=text.replace("\n", "").replace("\r", "").replace("\0", "").encode())


def _action(at: Door) -> None:
    for text in at.texts:
        at.log_in(
            SOAPAction=_header(text),
            Sforce_Call_Options=b"client=" + _header(text),
            X_Odd=_header(text),
        )


def _host(at: Door) -> None:
    for text in at.texts:
        at.log_in(Host=_header(text))
        at.log_in(Host=_header(text) + b".my.salesforce.com")
        at.log_in(Host=b"localhost:" + _header(text))


def _soap(at: Door) -> None:
    for text in at.texts:
        at.log_in(client=text)
        at.log_in(organisation=text)
        at.log_in(client=text, username=text)
        at.log_in(client=text, password=text)


def _form(at: Door) -> None:
    for text in at.texts:
        for name in (
            "username",
            "password",
            "client_id",
            "client_secret",
            "grant_type",
            "scope",
            "code",
            "assertion",
        ):
            fields = {
                "grant_type": "password",
                "client_id": "x",
                "client_secret": "x",
                "username": USER,
                "password": "x",
            }
            at.ask(
                "POST",
                FORM,
                urlencode(fields | {name: text}),
                Content_Type="application/x-www-form-urlencoded",
            )


def _connect(at: Door) -> None:
    for text in at.texts:
        for host in (
            _header(text),
            text.replace("\n", "").encode(),
            _header(text).replace(b" ", b""),
        ):
            at.send(b"CONNECT " + host + b":443 HTTP/1.1\r\nHost: x\r\n\r\n", proxy=True)
        at.send(_header(text) + b" x HTTP/1.1\r\n\r\n", proxy=True)


def _soql(at: Door) -> None:
    for text in at.texts:
        for asked in (
            f"SELECT {text} FROM Account",
            f"SELECT Id FROM {text}",
            f"SELECT Id FROM Account WHERE Name = '{text}'",
        ):
            at.ask(
                "GET",
                f"/services/data/v64.0/query?q={quote(asked)}",
                Authorization=f"Bearer {at.session}",
            )


def _users(at: Door) -> None:
    for number, text in enumerate(at.texts):
        common = ["--email", f"{text}@x.example", "--profile", "Standard User"]
        at.line(
            "user",
            "create",
            f"--first-name={text}",
            f"--last-name={text}",
            *common,
            "--",
            f"{text}@acme.example",
        )
        plain_name = f"hx{number}@acme.example"
        at.line(
            "user",
            "create",
            plain_name,
            f"--first-name={text}",
            f"--last-name={text}",
            "--email",
            "x@x.example",
            *common[2:],
        )
        at.line("password", "reset", plain_name)
        at.line("login", plain_name, "--password", text)


def _edited(at: Door) -> None:
    for text in at.texts:
        at.line("user", "edit", "sam", f"--first-name={text}")
        at.line("user", "edit", "sam", f"--last-name={text}")
        at.line("user", "edit", "nora", f"--username={text}@acme.example")
        at.line("user", "edit", "integration", f"--email={text}@acme.example")
    at.line("password", "reset", "integration")


def _profiles(at: Door) -> None:
    for text in at.texts:
        at.line("profile", "create", "--", text)
        at.line("setup", "add-range", "203.0.113.50", "203.0.113.51", f"--description={text}")
        at.line("setup", "set", "session_timeout", text)


def _clients(at: Door) -> None:
    for text in at.texts:
        at.line("client", "set", "Nightly sync", f"--user={text}")
        at.line("client", "set", "Sales dashboard", f"--password={text}", f"--token={text}")
        at.line("client", "login", "Nightly sync")
        at.line(
            "integration", "add", "--every=15m", f"--password={text}", "--", text, "integration"
        )
    at.line("clock", "advance", "1h")
    at.line("password", "forgot", at.texts[0])


def _reports(at: Door) -> None:
    at.line("lab", "start", "first-change")
    for text in at.texts:
        at.line("lab", "report", f"--name={text}")


def _content(at: Door) -> None:
    """A folder with a lab, a demo and a broken file of questions for each text; and one with two of
    these labs.
    """
    own, few = at.org.parent / "own", at.org.parent / "few"
    lab = (freshtoken_data.folder() / "labs/01-first-change.toml").read_text(encoding="utf-8")
    demo = (freshtoken_data.folder() / "demos/01-two-minutes.toml").read_text(encoding="utf-8")
    for folder in ("labs", "demos", "questions"):
        (own / folder).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(at.texts):
        title = json.dumps(text).replace("\\u007f", "\\u007F").replace("\x7f", "\\u007F")
        made = lab.replace('"first-change"', f'"hx-{number}"').replace('"The first change"', title)
        made = made.replace('"Say what a password change does to the security token."', title)
        (own / f"labs/hx-{number}.toml").write_text(
            made.replace('done = "', f'done = {title} #"', 1), encoding="utf-8"
        )
        told = demo.replace('"two-minutes"', f'"hx-{number}"').replace(
            '"The two-minute story"', title
        )
        (own / f"demos/hx-{number}.toml").write_text(
            told.replace('"All is well"', title), encoding="utf-8"
        )
        (own / f"questions/hx-{number}.toml").write_text(
            f"format = {title}\ntopic = {title}\n{title} = 1\n", encoding="utf-8"
        )
    (few / "labs").mkdir(parents=True)
    for number in (1, 17):
        shutil.copy(own / f"labs/hx-{number}.toml", few / "labs")
        shutil.copy(own / f"questions/hx-{number}.toml", few / "labs" / f"broken-{number}.toml")


WIRE: dict[str, Callable[[Door], None]] = {
    "path": _path, "query": _query, "User-Agent": _agent, "SOAPAction": _action, "Host": _host, "SOAP": _soap,
    "OAuth form": _form, "CONNECT": _connect, "SOQL": _soql,
}  # fmt: skip
LINES: dict[str, Callable[[Door], None]] = {
    "users": _users, "edited users": _edited, "profiles": _profiles, "clients": _clients, "reports": _reports,
    "content": _content, "file name": lambda at: None,
}  # fmt: skip
MORE_LINES = {
    "content": (
        "content check --content few",
        "lab start hx-1",
        "lab start hx-17",
        "lab status",
        "demo notes hx-1",
        "demo notes hx-17",
    ),
    "reports": tuple(
        f"lab report --name={text}" for text in TEXTS if "\n" not in text
    ),  # a line end there is one's own
}


def told(pattern: re.Pattern[str], text: str) -> list[str]:
    """What a pattern finds in a text, once each, and what stands around the first: a line, or
    none.
    """
    matches = list(pattern.finditer(text))
    if not matches:
        return []
    first = matches[0]
    kinds = " ".join(repr(kind) for kind in dict.fromkeys(match[0] for match in matches))
    return [f"{kinds[:200]}, first in {text[max(0, first.start() - 25) : first.end() + 15]!r}"]


def tricks_in(text: str) -> list[str]:
    """What a text has that plays tricks in a terminal: control characters, and a line that one of
    ours has forged.
    """
    return told(TRICKS, text) + told(FORGED, text)


def formulas_in(text: str) -> list[str]:
    """Cells of a CSV that a spreadsheet would calculate."""
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    return [
        f"a formula: {cell[:30]!r}"
        for cell in dict.fromkeys(cells)
        if cell.startswith(("=", "@", "+", "-"))
    ]


class HostileText(Campaign):
    """Every way in, looked at from the command line or in the app; after these, ways of chance with
    texts of chance.
    """

    name, share = "hostile_text", 3

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self._cases = [
            (way, app)
            for way in (*WIRE, *LINES)
            for app in (False, True)
            if not (app and way in ("CONNECT", "reports"))
        ]
        random.Random(f"hostile_text {seed}").shuffle(self._cases)

    def attempt(self, number: int) -> list[str]:
        """All texts by one way, and what is seen of them."""
        dice, texts = self.dice(number), TEXTS
        way, in_app = self._cases[number % len(self._cases)]
        if number >= len(self._cases):
            texts = tuple(
                "HX" + "".join(dice.choices((*PIECES, "a", " ", "é"), k=dice.randint(1, 4)))
                for _ in range(25)
            )
        with self.room() as room:
            name = "org\x1b]0;HX\x07\x9d0;HX\x9c\u202e[b]\n.db" if way == "file name" else "org.db"
            org = furnish(room, name)
            found = (
                self._in_app(room, org, way, texts)
                if in_app
                else self._printed(room, org, way, texts)
            )
        return [
            f"{way}, {'the app' if in_app else 'printed'}: {what}" for what in dict.fromkeys(found)
        ]

    def _printed(self, room: Path, org: Path, way: str, texts: tuple[str, ...]) -> list[str]:
        found: list[str] = []
        if way in WIRE:
            found += self._served(room, org, way, texts)
        with inside(room):
            if way in LINES:
                LINES[way](Door(org, texts))
            lines = [
                line.split()
                for line in SHOWN
                if way != "content" or line.split()[0] in ("lab", "demo", "exam")
            ]
            lines += [
                line.split(" ", 2) if "--name" in line else line.split()
                for line in MORE_LINES.get(way, ())
            ]
            option = ["--content", "own"] if way == "content" else []
            for words in lines:
                found += self._shown(
                    org,
                    [words[0], *option, *words[1:]]
                    if words[0] in ("lab", "demo", "exam")
                    else words,
                )
            if (room / "t.svg").exists():
                found += [
                    f"timeline --svg: {what}"
                    for what in tricks_in((room / "t.svg").read_text(encoding="utf-8"))
                ]
        return found

    def _shown(self, org: Path, words: Sequence[str]) -> list[str]:
        shown = plain(" ".join(words))[:40]
        try:
            code, out, err = call(["--org", str(org), *words])
        except (Exception, Hung) as error:
            return [f"{shown}: {error!r}"[:200]]
        found = tricks_in(out) + tricks_in(err) + (formulas_in(out) if "--csv" in words else [])
        return [
            f"{shown}: {what}"
            for what in found + wrong(Ended(code, "", err), forbidden=re.compile(r"(?!)"))
        ]

    def _session(self, room: Path, org: Path) -> str:
        """A session of the API client in the org."""
        with inside(room):
            call(["--org", str(org), "client", "login", "Nightly sync"])
        return str(query(org, "select session from client where name = 'Nightly sync'")[0][0])

    def _served(self, room: Path, org: Path, way: str, texts: tuple[str, ...]) -> list[str]:
        """Bring texts in through serve; what its outputs and its journal have."""
        ready, journal = room / "ready.json", room / "journal.jsonl"
        options = [*FREE_PORTS, "--ready-file", str(ready), "--journal", str(journal)]
        process = start(["--org", str(org), "serve", *options], room)
        try:
            if not appears(ready, process):
                return ["serve did not answer"]
            at = json.loads(ready.read_text())
            WIRE[way](Door(org, texts, at["http"], at["proxy"], self._session(room, org)))
            process.terminate()
            ended = finish(process)
        finally:
            kill_group(process)
        found = [
            f"serve's {name}: {what}"
            for name, text in (("stdout", ended.out), ("stderr", ended.err))
            for what in tricks_in(text)
        ]
        found += [f"serve: {what}" for what in wrong(ended, forbidden=re.compile(r"(?!)"))]
        kept = journal.read_text(encoding="utf-8", errors="surrogateescape")
        return found + [f"the journal: {what}" for what in tricks_in(kept)]

    def _in_app(self, room: Path, org: Path, way: str, texts: tuple[str, ...]) -> list[str]:
        if way in LINES:
            with inside(room):
                LINES[way](Door(org, texts))
        variables = {"FRESHTOKEN_CONTENT": str(room / "own")} if way == "content" else {}
        app = Terminal(room, "--org", str(org), **variables)
        try:
            app.wait_for(b"CONNECTED" if way in WIRE else b"Username")
            app.settle(0.5)
            if way in WIRE and not self._called(app, org, way, texts):
                return (
                    ["its ports did not open"]
                    if app.open or app.ended(10) is None
                    else [app.complaint()]
                )
            for key in PRESSED:
                app.press(KEYS[key])
                app.settle(0.15, 0.4, limit=2)
            app.press(PALETTE)
            app.settle()
            app.press(b"HX")
            app.settle()
            app.press(ESCAPE)
            app.settle()
            found = app.quit()
            return found + [
                f"on the terminal: {what}"
                for pattern in (SEQUENCE, ODD)
                for what in told(pattern, app.text)
            ]
        finally:
            app.close()

    def _called(self, app: Terminal, org: Path, way: str, texts: tuple[str, ...]) -> bool:
        """Open the app's own ports, and bring texts in by them."""
        app.press(KEYS["ctrl+s"])
        app.wait_for(b"Served to real clients")
        app.settle()
        port = re.search(r"http://127\.0\.0\.1:(\d+)", app.text)
        app.press(ESCAPE)
        app.settle()
        if port is None:
            return False
        door = Door(
            org, texts, http=f"http://127.0.0.1:{port[1]}", session=self._session(app.room, org)
        )
        calling = threading.Thread(target=WIRE[way], args=(door,))
        calling.start()
        while calling.is_alive() and app.open:
            app.pump(0.1)
        calling.join()
        app.settle(limit=3)
        return app.open

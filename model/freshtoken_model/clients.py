"""API clients: what they hold (credentials, an open session) lives in the org file, as they were told last."""

import re

from sqlite_utils import Database

from . import storage
from .credentials import digest
from .errors import OrgError, UnknownName
from .records import App, Client, record, records
from .work import maybe, working

CLIENT_SQL = """
select c.id, c.name, c.username, c.password, c.token, c.network_id, n.name as network, n.address, c.protocol, c.api_version,
    c.app_id, c.session, c.light, c.told, c.told_at
from client c join network n on n.id = c.network_id
"""
EDITABLE = {"username", "password", "token", "network_id", "protocol", "api_version"}
PROTOCOLS = ("soap", "oauth")
VERSION = re.compile(r"[0-9]{1,3}\.0")
SECRET = {"password", "token"}


class Clients:
    """org.clients"""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Client]:
        """Every API client, with the state of the token it holds."""
        with storage.read(self._db):
            return [self._read(row) for row in self._db.query(CLIENT_SQL + " order by c.id")]

    def get(self, client_id: int) -> Client:
        """A client by id. Raises UnknownName."""
        with storage.read(self._db):
            row = maybe(self._db, CLIENT_SQL + " where c.id = ?", client_id)
            if row is None:
                raise UnknownName("That API client is no longer there.")
            return self._read(row)

    def app(self, client: Client) -> App | None:
        """The connected app a client names at the OAuth door."""
        row = maybe(self._db, "select * from app where id = ?", client.app_id or 0)
        if row is None:
            row = maybe(self._db, "select * from app order by id limit 1")
        return record(App, row) if row else None

    def apps(self) -> list[App]:
        """The connected apps."""
        return records(App, self._db.query("select * from app order by id"))

    def hold(self, client_id: int, **fields: str | int) -> Client:
        """Put credentials, network, protocol or API version into a client. Secrets stay out of the event log."""
        unknown = set(fields) - EDITABLE
        if unknown:
            raise UnknownName(f"A client has no {', '.join(sorted(unknown))}.")
        if "protocol" in fields and fields["protocol"] not in PROTOCOLS:
            raise OrgError(f"A client calls by {' or '.join(PROTOCOLS)}.")
        if "api_version" in fields and not VERSION.fullmatch(str(fields["api_version"])):
            raise OrgError(f"{fields['api_version']!r} is no API version; write it like 64.0.")
        with working(self._db) as work:
            client = self.get(client_id)
            changed = {name: value for name, value in fields.items() if getattr(client, name) != value}
            for name, value in changed.items():
                work.run(f"update client set {name} = ? where id = ?", value, client_id)
            if changed:
                words = [f"new {n}" if n in SECRET else f"{n.replace('_', ' ')} changed" for n in changed]
                work.event("client_changed", client_id=client_id, detail=", ".join(words))
            return self.get(client_id)

    def told(self, client_id: int, light: str, told: str, session: str | None = None) -> None:
        """Keep what the last answer meant to the client: its light, the words, and a session if it got one."""
        with working(self._db) as work:
            self.get(client_id)
            work.run(
                "update client set light = ?, told = ?, told_at = ?, session = coalesce(?, session) where id = ?",
                light,
                told,
                work.now,
                session,
                client_id,
            )
            work.event("client_told", client_id=client_id, detail=f"{light}: {told}"[:200])

    def _read(self, row: dict[str, object]) -> Client:
        holds = "none"
        if row["token"]:
            found = maybe(
                self._db,
                "select t.retired_at from token t join user u on u.id = t.user_id where t.digest = ? and u.username = ?",
                digest(str(row["token"])),
                row["username"],
            )
            holds = "unknown" if found is None else "live" if found["retired_at"] is None else "retired"
        return record(Client, {**row, "holds": holds})

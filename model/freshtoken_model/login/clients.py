"""API clients: what they hold (credentials, an open session) lives in the org file, as they were
told last.
"""

import re
from collections.abc import Mapping

from freshtoken_model.accounts.sessions import was_lost
from freshtoken_model.decision.credentials import digest
from freshtoken_model.decision.grants import relaxes_ranges
from freshtoken_model.decision.lights import Light, light_of_event, shown_light
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.store import clients as client_rows
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, one, writing
from freshtoken_model.values.errors import (
    BadValueError,
    NotAllowedError,
    UnknownNameError,
)
from freshtoken_model.values.kinds import EventKind, LoginAt, TokenState
from freshtoken_model.values.names import match_name
from freshtoken_model.values.records import App, Client, record
from freshtoken_model.values.visible import visible

CLIENT_SQL = """
select c.id, c.name, case when c.protocol = 'client_credentials' then coalesce(
        (select u.username from app a join user u on u.id = a.run_as where a.id = coalesce(c.app_id,
        1)), '')
    else c.username end as username, c.password, c.token, c.network_id, n.name as network,
    n.address, c.protocol,
    c.api_version, c.app_id, c.session, c.light, c.told, c.told_at, c.outside, c.login_at,
    case when c.login_at = 'my-domain' then o.my_domain || '.my'
        when o.my_domain like '%.sandbox' then 'test' else 'login' end
    || '.salesforce.com' as login_host
from client c join network n on n.id = c.network_id join org o
"""
EDITABLE = {*("username", "password", "token", "network_id", "protocol", "api_version", "login_at")}
PROTOCOLS: dict[str, str] = {
    Door.SOAP: "SOAP login()",
    Door.OAUTH: "OAuth username-password flow",
    Door.CLIENT_CREDENTIALS: "OAuth client credentials flow",
    Door.JWT_BEARER: "OAuth JWT bearer flow",
}
"""What a client can be told to call by (a JWT: by its schedule only); those from outside come as
they are.
"""
MOST_OUTSIDE = 50
"""Clients from outside that are remembered: their names are theirs to choose, the file is ours."""
APP_SQL = """
select a.id, a.name, a.consumer_key, a.consumer_secret, a.flows as flow_names, u.username as run_as,
a.public_key,
    a.callbacks as callback_lines, a.refresh_rotation, a.ip_relaxation
from app a left join user u on u.id = a.run_as
"""
VERSION = re.compile(r"[0-9]{1,3}\.0")
SECRET = {"password", "token"}


def attempt_of(client: Client, app: App | None) -> Attempt:
    """The login a client makes by itself, with what it holds."""
    door = Door(client.protocol)
    soap = door is Door.SOAP
    return Attempt(
        (app.run_as or "") if door is Door.CLIENT_CREDENTIALS and app else client.username,
        client.password + client.token if door.takes_password else "",
        door,
        client.address,
        client.api_version if soap else "",
        client.name if soap or app is None else visible(app.name),
        visible(f"/services/Soap/u/{client.api_version}" if soap else "/services/oauth2/token"),
        login_url=visible(client.login_host),
        client_id=client.id,
        app_id=app.id if app and not soap else None,
        scope="" if door.takes_password else "api",
        ip_relaxed=bool(app and not soap and relaxes_ranges(app.ip_relaxation, door)),
    )


def client_id_of(db: Database, name: str) -> int:
    """The client of a name, letter case aside, or of its beginning where only one has it. Raises
    UnknownNameError.
    """
    rows = database.rows(db, "select id, name from client where outside = 0 order by id")
    ids = {str(row["name"]): int(row["id"]) for row in rows}
    return ids[match_name("API client", name, list(ids), by_beginning=True)]


class Clients:
    """`org.clients`: the API clients, what they hold and what they were told."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Client]:
        """Every API client, with the state of the token it holds."""
        with database.read(self._db):
            return [
                self._read(row) for row in database.rows(self._db, CLIENT_SQL + " order by c.id")
            ]

    def get(self, client_id: int) -> Client:
        """A client by id. Raises UnknownNameError."""
        with database.read(self._db):
            row = maybe(self._db, CLIENT_SQL + " where c.id = ?", client_id)
            if row is None:
                raise UnknownNameError("That API client is no longer there.")
            return self._read(row)

    def named(self, name: str) -> Client:
        """A client of the org by its name, or by its beginning where only one has it. Raises
        UnknownNameError.
        """
        with database.read(self._db):
            return self.get(client_id_of(self._db, name))

    def app(self, client: Client) -> App | None:
        """The connected app a client names at the OAuth door."""
        row = maybe(self._db, APP_SQL + " where a.id = ?", client.app_id or 0)
        if row is None:
            row = maybe(self._db, APP_SQL + " order by a.id limit 1")
        return record(App, row) if row else None

    def hold(self, client_id: int, **fields: str | int) -> Client:
        """Put credentials, network, protocol or API version into a client. Secrets stay out of the
        event log.
        """
        with writing(self._db) as work:
            put_in(work, self.get(client_id), fields)
            return self.get(client_id)

    def told(
        self,
        client_id: int,
        light: str,
        told: str,
        session: str | None = None,
        used_session: bool = False,
    ) -> None:
        """Keep what the last answer meant to the client: its light, the words, and a session if it
        got one. `used_session`: it had called with the session that it holds.
        """
        with writing(self._db) as work:
            client = self.get(client_id)
            held = maybe(work.db, "select * from session where digest = ?", digest(client.session))
            if used_session and held is not None and was_lost(work.db, client_id, held):
                work.event(EventKind.SESSION_LOST, held["user_id"], client_id=client_id)
            client_rows.record_answers(work.db, [(light, told, work.now, session, client_id)])
            work.event(EventKind.CLIENT_TOLD, client_id=client_id, detail=f"{light}: {told}"[:200])

    def _read(self, row: dict[str, object]) -> Client:
        holds = "none"
        if row["token"]:
            found = maybe(
                self._db,
                "select t.retired_at from token t join user u on u.id = t.user_id where t.digest "
                "= ? and u.username = ?",
                digest(str(row["token"])),
                row["username"],
            )
            holds = (
                "unknown"
                if found is None
                else TokenState.LIVE
                if found["retired_at"] is None
                else TokenState.RETIRED
            )
        if row["outside"]:
            holds = "unknown"
            row = {**row, **self._last_login(int(str(row["id"])))}
        light = shown_light(str(row["light"]), self._locked(row))
        return record(Client, {**row, "holds": holds, "light": light})

    def _locked(self, row: dict[str, object]) -> bool:
        """Whether the client's user is locked out; looked up only where it would be shown."""
        if row["light"] != Light.BLOCKED:
            return False
        sql = "select 1 from user where username = ? and locked_at is not null"
        return maybe(self._db, sql, row["username"]) is not None

    def _last_login(self, client_id: int) -> dict[str, object]:
        """Light and words of a client from outside, as its last login left them; of a refusal the
        fault's key.
        """
        last = maybe(
            self._db,
            "select at, kind, detail from event where client_id = ? and kind in "
            "('login_accepted', 'login_refused')"
            " order by id desc limit 1",
            client_id,
        )
        if last is None:
            return {}
        return {
            "light": light_of_event(last["kind"], last["detail"], from_outside=True),
            "told": last["detail"],
            "told_at": last["at"],
        }


def put_in(work: UseCase, client: Client, fields: Mapping[str, str | int]) -> None:
    """Put something into a client, in the transaction of the caller. Raises OrgError."""
    unknown = set(fields) - EDITABLE
    if unknown:
        raise UnknownNameError(f"A client has no {', '.join(sorted(unknown))}.")
    if "protocol" in fields:
        protocol = match_name("protocol", str(fields["protocol"]), list(PROTOCOLS))
        fields = {**fields, "protocol": protocol}
    if "login_at" in fields:
        login_at = match_name("login host", str(fields["login_at"]), [at.value for at in LoginAt])
        fields = {**fields, "login_at": login_at}
    version = str(fields.get("api_version", "64.0"))
    if not VERSION.fullmatch(version):
        raise BadValueError(f"{version[:80]!r} is not an API version; write it like 64.0.", version)
    if client.outside:
        raise NotAllowedError("This client is outside: what it holds is its own affair.")
    # The row, because of client credentials a Client has the username that the app runs as.
    held = one(work.db, "select * from client where id = ?", client.id)
    changed = {name: value for name, value in fields.items() if held[name] != value}
    if changed:
        client_rows.clients.update(work.db, client.id, **changed)
        words = [f"new {n}" if n in SECRET else f"{n.replace('_', ' ')} changed" for n in changed]
        work.event(EventKind.CLIENT_CHANGED, client_id=client.id, detail=", ".join(words))


def outside_client(work: UseCase, username: str, attempt: Attempt) -> int | None:
    """The row of a client from outside, by its name and its username; made at its first
    login, if there is room.
    """
    who = username.split("@", 1)[0]
    name = visible(f"{attempt.application or attempt.agent or 'unnamed'} as {who}")
    found = maybe(work.db, "select id, username, outside from client where name = ?", name)
    if found is not None:
        return int(found["id"]) if found["outside"] and found["username"] == username else None
    full = one(work.db, "select count(*) as n from client where outside = 1")["n"] >= MOST_OUTSIDE
    if full:
        return None
    sql = "select coalesce((select id from network where address = ?), min(id)) as id from network"
    return client_rows.clients.insert(
        work.db,
        name=name,
        username=username,
        password="",
        network_id=one(work.db, sql, attempt.address)["id"],
        protocol=attempt.door.value,
        api_version=attempt.api_version or "64.0",
        app_id=attempt.app_id,
        outside=1,
    )

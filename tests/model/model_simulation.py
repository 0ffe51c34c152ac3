"""Moved time, told slowly: moment by moment, each try through the org's own doors, with the clock
frozen and set by hand.

It imports nothing of the simulation. The org file it works on never has anything due: its plan is
kept here while time is moved.
"""

from collections import Counter
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from freshtoken_model.accounts.sessions import was_lost
from freshtoken_model.decision.credentials import digest
from freshtoken_model.login.clients import attempt_of
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.simulation.integrations import RETRIES
from freshtoken_model.store.connection import Database
from freshtoken_model.store.events import Shape
from freshtoken_model.values.clock import HOUR, MINUTE, SECOND, parse_moment, wall_clock
from freshtoken_model.values.errors import GrantRefusedError
from freshtoken_model.values.records import Client

from ..world import CHEAP

CALENDAR, LOCK, EXPIRY, RUN = range(4)
"""The order of things due at one moment."""
DATES = {"login_retired": "login_retirement", "any_api_auth_required": "any_api_auth_date"}
PASSWORD_FLOW_ENDS = "2027-02-20"
WRONG = ("invalid_login", "must_use_token")
"""What a client is told when what it holds is wrong."""


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key with which an app signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem() -> bytes:
    """What the org is to know of it."""
    return signing_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class Program:
    """An integration: its plan, and how far it is."""

    id: int
    every: int
    anchor: int
    habit: str
    retry: str
    tries: int
    run_at: int | None
    due: int | None
    stopped: bool


class Slow:
    """An org file in which time is moved by hand."""

    def __init__(self, path: Path) -> None:
        self.org = Org(path, CHEAP)
        self.seed = self.org.info().seed
        self.now = self.org.clock.read().seen_org

    def sql(self, statement: str, *values: object) -> None:
        self.org.database.conn.execute(statement, values)

    def rows(self, query: str) -> list[dict]:
        return list(self.org.database.tables.query(query))

    def event(
        self, kind: str, user: int | None = None, client: int | None = None, detail: str = ""
    ) -> None:
        self.sql(
            "insert into event(at, kind, user_id, client_id, detail) values (?,?,?,?,?)",
            *(self.now, kind, user, client, detail),
        )

    def advance(self, milliseconds: int) -> None:
        """Everything that is due until then, in order; each at its own moment."""
        start, until = self.now, self.now + milliseconds
        found = self.rows("select *, client_id as id, next_due as due from integration")
        programs = [
            Program(**{field.name: r[field.name] for field in fields(Program)}) for r in found
        ]  # fmt: skip
        calendar = self.calendar(start)
        expiries = self.expiries(start)
        self.sql("update integration set next_due = null")
        self.sql("update user set expires_at = null")
        self.sql("update org set calendar_due = null")
        while True:
            due: list[tuple[int, int, Any]] = [(at, CALENDAR, name) for at, name in calendar]
            due += [
                (r["at"], LOCK, r["id"])
                for r in self.rows("select id, locked_until as at from user")
                if r["at"]
            ]
            due += [(at, EXPIRY, user) for user, at in expiries.items()]
            due += [(p.due, RUN, p.id) for p in programs if p.due is not None]
            which: Any
            moment, kind, which = min(due, default=(until + 1, RUN, 0))
            self.set_clock(min(moment, until))
            if moment > until:
                break
            if kind == CALENDAR:
                calendar.remove((moment, which))
                self.event("release_reached", detail=which)
            elif kind == LOCK:
                self.sql(
                    "update user set locked_at = null, locked_until = null where id = ?", which
                )
                self.event("lock_ended", which)
            elif kind == EXPIRY:
                del expiries[which]
                self.event("password_expired", which)
            else:
                self.run(next(p for p in programs if p.id == which))
        for p in programs:
            self.sql("update integration set tries = ?, run_at = ?, next_due = ?, stopped = ? "
                "where client_id = ?",
                     p.tries, p.run_at, p.due, int(p.stopped), p.id)  # fmt: skip
        for user, at in expiries.items():
            self.sql("update user set expires_at = ? where id = ?", at, user)
        self.sql("update org set calendar_due = ?", min(calendar)[0] if calendar else None)

    def set_clock(self, moment: int) -> None:
        self.now = moment
        self.sql("update org set seen_org = ?, anchor_org = ?", moment, moment)

    def calendar(self, after: int) -> list[tuple[int, str]]:
        values = self.org.setup.values()
        if values["release_calendar"] == "off":
            return []
        days = {name: values[setting] for name, setting in DATES.items()} | {
            "password_flow_retired": PASSWORD_FLOW_ENDS
        }
        dates = [
            (parse_moment(day, "Europe/London"), name)
            for name, day in days.items()
            if day != "never"
        ]
        return [(at, name) for at, name in dates if at > after]

    def expiries(self, after: int) -> dict[int, int]:
        dates = {
            u.id: self.org.passwords.policy_of(u).password_expires(u)
            for u in self.org.users.all()
            if not u.must_change_password
        }
        return {user: at for user, at in dates.items() if at is not None and at > after}

    # ---- a run

    def run(self, program: Program) -> None:
        """A run by schedule, or a further try of one."""
        slot = program.anchor + ((self.now - program.anchor) // program.every + 1) * program.every
        if (self.now - program.anchor) % program.every == 0:
            program.tries = 0
        program.run_at = self.now
        client = self.org.clients.get(program.id)
        delay = None
        held = self.rows(f"select * from session where digest = '{digest(client.session)}'")
        if program.habit == "keep" and held and was_lost(self.org.database, client.id, held[0]):
            self.event("session_lost", held[0]["user_id"], client=client.id)
        if (
            program.habit == "keep"
            and self.org.sessions.check(client.session, client.address).fault is None
        ):
            program.tries = 0
            users = {user.username: user.id for user in self.org.users.all()}
            self.event("run_worked", users.get(client.username), client=client.id)
            self.shows(client, "connected", self.answer())
        else:
            delay = self.log_in(program, client)
        program.due = (
            None if program.stopped else slot if delay is None else min(slot, self.now + delay)
        )

    def log_in(self, program: Program, client: Client) -> int | None:
        """One try; how long the program waits before the next, None for its next run."""
        program.tries += 1
        told = ""
        try:
            result = self.present(client)
        except GrantRefusedError as refused:
            self.event("run_refused", client=client.id, detail=refused.fault)
            self.shows(client, "blocked", refused.fault)
        else:
            if result.session_id is not None:
                self.sql("update client set session = ? where id = ?", result.session_id, client.id)
                expired = result.verdict.password_expired
                self.shows(
                    client,
                    "expired" if expired else "connected",
                    "expired_password" if expired else self.answer(),
                )
                if not expired:
                    program.tries = 0
                return 10 * SECOND if expired and program.retry == "loop" else None
            told = result.verdict.fault or ""
            self.shows(client, "blocked", told)
        if program.retry == "breaker" and told in WRONG:
            program.stopped = True
            self.event("integration_stopped", client=client.id)
        return self.delay(program, client)

    def delay(self, program: Program, client: Client) -> int | None:
        if program.retry == "four":
            return 2 * SECOND if client.protocol == "soap" and program.tries < 4 else None
        if program.retry == "fixed":
            return MINUTE
        if program.retry == "backoff":
            return RETRIES["backoff"].delay(
                program.tries, True, f"{self.seed} {client.id} {self.now}"
            )
        return None

    def present(self, client: Client) -> LoginResult:
        """The client's login, by the door it calls at. Raises GrantRefusedError."""
        app = self.org.clients.app(client)
        attempt = attempt_of(client, app)
        if client.protocol == "soap":
            return self.org.login(attempt)
        assert app is not None
        if client.protocol == "oauth":
            grant = self.org.apps.password(app, attempt)
        elif client.protocol == "client_credentials":
            grant = self.org.apps.client_credentials(app, attempt)
        else:
            claims = {
                "iss": app.consumer_key,
                "sub": client.username,
                "aud": "https://login.salesforce.com",
            }
            signed = jwt.encode(
                claims | {"exp": wall_clock() // 1000}, signing_key(), algorithm="RS256"
            )
            _, grant = self.org.apps.jwt_bearer(signed, "", attempt, wall_clock())
        assert grant.login is not None
        return grant.login

    def answer(self) -> str:
        return f"{len(self.rows('select id from account'))} records returned"

    def shows(self, client: Client, light: str, told: str) -> None:
        self.sql(
            "update client set light = ?, told = ?, told_at = ? where id = ?",
            light,
            told,
            self.now,
            client.id,
        )


# ---- what is compared

SHAPE = ", ".join(f"s.{name}" for name in Shape._fields)
EVENTS = f"""
select e.id, e.at, e.kind, e.user_id, e.client_id, e.number, e.detail, t.text as trace,
{SHAPE} from event e
left join shape s on s.id = e.shape_id left join trace t on t.id = e.trace_id where e.kind != 'clock_changed' order by e.id
"""
SESSIONS = """
select c.id as client_id, s.user_id, s.kind, s.source_ip, s.opened_at, s.used_at, s.password_expired, s.app_id, s.scope,
s.ended_at, s.ended_by, s.application, s.holders, s.kept_id != '' as kept from client c join session s on s.digest = ? where c.id = ?
"""


def happened(db: Database) -> dict[str, list]:
    """All that moving time left behind, but the numbers of its events and the notes that the clock
    was moved.
    """
    events = list(db.tables.query(EVENTS))
    rank = {event.pop("id"): number for number, event in enumerate(events)}
    for event in events:
        if event["kind"] == "session_ended":
            event["number"] = (
                # of a client's own sessions moved time keeps the newest only (advance.py says so)
                None
            )
    history = list(
        db.tables.query(f"select h.user_id, h.login_time, {SHAPE}, h.status, h.event_id from login_history h"
                 " join shape s on s.id = h.shape_id order by h.id")
    )  # fmt: skip
    clients = list(
        db.tables.query("select id, session, light, told, told_at from client order by id")
    )
    return {
        "events": events,
        "history": [row | {"event_id": rank[row["event_id"]]} for row in history],
        "users": list(
            db.tables.query(
                "select id, failed_attempts, locked_at, locked_until, expires_at from user order "
                "by id"
            )
        ),
        "integrations": list(db.tables.query("select * from integration order by client_id")),
        "sessions": [
            row
            for c in clients
            for row in db.tables.query(SESSIONS, [digest(c.pop("session")), c["id"]])
        ],
        "clients": clients,
        "mails": list(db.tables.query("select id, user_id, tried_dead_at from mail order by id")),
        "calendar": list(db.tables.query("select calendar_due from org")),
    }


def tally(db: Database) -> Counter:
    """The clients' hours as the org keeps them."""
    counted: Counter = Counter()
    for row in db.tables.query("select * from tally"):
        counted.update(
            {
                (row["client_id"], row["hour"], k): row[k]
                for k in ("accepted", "refused", "locked", "worked")
            }
        )
    return +counted


def recount(db: Database) -> Counter:
    """The clients' hours, counted from the event log."""
    kinds = {"login_accepted": "accepted", "run_refused": "refused", "run_worked": "worked"}
    hours: Counter = Counter()
    for event in db.tables.query(EVENTS):
        kind = kinds.get(event["kind"], "")
        if event["kind"] == "login_refused":
            kind = "locked" if '["not_locked","refused"' in event["trace"] else "refused"
        if kind:
            hours[event["client_id"] or 0, event["at"] // HOUR, kind] += 1
    return hours

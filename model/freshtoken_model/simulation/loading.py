"""Everything the future of an org depends on, read in one read transaction; what the clients hold
is verified meanwhile.
"""

from collections import deque
from dataclasses import replace
from typing import Any

from freshtoken_model.accounts.networks import address_number
from freshtoken_model.accounts.sessions import (
    SessionKey,
    session_key,
    shared_session,
    was_lost,
)
from freshtoken_model.decision.credentials import (
    Evidence,
    Hashing,
    SimulatedMemory,
    VerifiedPasswords,
    digest,
    readings,
)
from freshtoken_model.decision.grants import FLOW_OF_DOOR, grant_fault
from freshtoken_model.login.clients import CLIENT_SQL, Clients, attempt_of
from freshtoken_model.login.login import Logins, shape_of_attempt
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import DUE_SQL, first_at, maybe, one, read_settings
from freshtoken_model.values.clock import HOUR
from freshtoken_model.values.records import Client, Integration, record

from .integrations import INTEGRATION_SQL
from .state import Held, Person, Runner, SimulatedOrg


def load(db: Database, hashing: Hashing, memory: SimulatedMemory, now: int) -> SimulatedOrg:
    """Read the org. What is due may lie before now: its hour of logins is read as well."""
    with database.read(db):
        due = db.conn.execute(DUE_SQL).fetchone()[0]
        now = now if due is None else min(now, due)
        row = one(
            db,
            "select seed, calendar_due, (select coalesce(max(id), 0) from event) as last from org",
        )
        works = f"{one(db, 'select count(*) as n from account')['n']} records returned"
        org = SimulatedOrg(
            database.version(db),
            row["seed"],
            row["calendar_due"],
            row["last"],
            read_settings(db),
            works,
        )
        loading = _Loading(db, hashing, memory, now, org)
        for user in database.rows(
            db, "select id from user where locked_until is not null or expires_at is not null"
        ):
            loading.person(user["id"])
        for plan in database.rows(
            db, INTEGRATION_SQL + " where i.next_due is not null order by i.client_id"
        ):
            org.runners[plan["client_id"]] = loading.runner(record(Integration, plan))
    return org


class _Loading:
    """Fills an org with its users and integrations; a user that several need is read once."""

    def __init__(
        self, db: Database, hashing: Hashing, memory: SimulatedMemory, now: int, org: SimulatedOrg
    ) -> None:
        self._db, self._hashing, self._memory = db, hashing, memory
        self._now, self._org = now, org
        self._logins = Logins(db, hashing, VerifiedPasswords())
        self._hour_from = first_at(db, "login_history", "login_time", now - HOUR + 1)

    def person(self, user_id: int) -> Person:
        """A user on whose behalf integrations run, or whose lock or password ends."""
        if user_id in self._org.people:
            return self._org.people[user_id]
        sql = (
            "select id, failed_attempts as failed, locked_at, locked_until, expires_at from "
            "user where id = ?"
        )
        row = one(self._db, sql, user_id)
        limit = self._org.settings.rate_limit
        newest = maybe(
            self._db,
            "select login_time, status from login_history where user_id = ? order by id desc "
            "limit 1",
            user_id,
        )
        hour = (
            "select login_time from login_history where user_id = ? and id >= ? order by id "
            "desc limit ?"
        )
        found = self._db.conn.execute(hour, (user_id, self._hour_from, limit)).fetchall()
        recent = deque((at for (at,) in reversed(found)), limit or 1)
        status, at = (newest["status"], newest["login_time"]) if newest else ("", 0)
        self._org.people[user_id] = Person(**row, recent=recent, last_status=status, last_time=at)
        return self._org.people[user_id]

    def runner(self, plan: Integration) -> Runner:
        """An integration at work, with what its credentials are worth now."""
        client = record(Client, one(self._db, CLIENT_SQL + " where c.id = ?", plan.client_id))
        app = Clients(self._db).app(client)
        attempt = attempt_of(client, app)
        flow = FLOW_OF_DOOR.get(attempt.door)
        fault = grant_fault(app, flow) if flow else None  # a signed JWT is taken to be right
        known = self._logins.standing(attempt, address_number(attempt.address), self._now)
        evidence: Evidence = {}
        user, stored = known.standing.user, known.standing.password_hash
        if attempt.door.takes_password and stored:
            candidates = {reading.password for reading in readings(attempt.sent)}
            evidence = {
                (stored, c): self._memory.verify(self._hashing, stored, c) for c in candidates
            }
        if known.standing.codes:  # a code it holds was one once; it cannot make a new one
            known = replace(known, standing=replace(known.standing, codes=frozenset({"-"})))
        session = maybe(
            self._db,
            "select * from session where digest = ?",
            digest(client.session) if client.session else "",
        )
        if user is not None:
            self._shared(session_key(user.id, attempt))
        return Runner(
            plan,
            client,
            attempt,
            known,
            evidence,
            self.person(user.id) if user else None,
            fault or "",
            self._org.stored_once(shape_of_attempt(attempt, user)),
            plan.tries,
            plan.run_at,
            plan.next_due or 0,
            plan.stopped,
            self._held(session, client.session) if session else None,
            session is not None and was_lost(self._db, plan.client_id, session),
        )

    def _held(self, row: dict[str, Any], session_id: str) -> Held:
        """A session of the file; one that several clients hold is read once."""
        known = self._org.sessions.get(row["id"])
        if known is not None:
            return known
        held = self._org.sessions[row["id"]] = Held(
            (
                row["user_id"],
                row["kind"],
                row["source_ip"],
                row["application"],
                row["app_id"],
                row["scope"],
            ),
            row["opened_at"],
            row["used_at"],
            row["ended_at"] is None,
            bool(row["password_expired"]),
            row["holders"],
            bool(row["kept_id"]),
            row=row["id"],
            session_id=session_id,
        )
        if held.kept:
            self._org.by_key.setdefault(held.key, []).append(held)
        return held

    def _shared(self, key: SessionKey) -> None:
        """Read the sessions that logins with this key may be answered, whoever opened them."""
        for expired in (False, True):
            row = shared_session(self._db, key, expired, self._org.settings, self._now)
            if row is not None:
                self._held(row, row["kept_id"])

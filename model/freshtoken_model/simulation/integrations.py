"""Integrations: API clients that log in on a schedule, what they do with a session, and how they
retry.

What real programs do is measured [MEASURED client-retries, client-login-again]; paces
that were not are ours, and marked so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from freshtoken_model.decision.verdict import Door
from freshtoken_model.login.clients import PROTOCOLS, Clients, client_id_of, put_in
from freshtoken_model.store import clients as client_rows
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, one, writing
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND
from freshtoken_model.values.errors import (
    BadValueError,
    NotAllowedError,
    UnknownNameError,
)
from freshtoken_model.values.kinds import EventKind, Habit
from freshtoken_model.values.names import match_name
from freshtoken_model.values.records import Integration, record
from freshtoken_model.values.visible import visible

INTEGRATION_SQL = """
select i.client_id, c.name as client, c.username, c.protocol, i.every, i.anchor, i.habit, i.retry,
i.paused, i.stopped,
    i.tries, i.run_at, i.next_due
from integration i join client c on c.id = i.client_id
"""
HABITS: dict[str, str] = {
    Habit.EVERY_RUN: "logs in every run",
    Habit.KEEP: "keeps its session, and logs in again with what it holds on the first 401",
}
"""What a client does with a session; that live clients log in again by themselves: [MEASURED
client-login-again].
"""


@dataclass(frozen=True, slots=True)
class Retry:
    """What a client does when it was refused. Delays in ms between the attempts of one run; None:
    it waits for the next.
    """

    name: str
    label: str
    teaches: str
    source: str
    delays: tuple[int, ...] = ()
    then_every: int | None = None
    doubles_to: int = 0
    server_errors_only: bool = False
    stops_on_invalid_login: bool = False
    loops_while_expired: bool = False

    def delay(self, tries: int, server_error: bool, key: str) -> int | None:
        """How long it waits after so many tries of a run; `key` decides the jitter, the same for
        the same try.
        """
        if self.server_errors_only and not server_error:
            return None
        if tries <= len(self.delays):
            return self.delays[tries - 1]
        if self.doubles_to:
            most = min(self.doubles_to, SECOND << min(tries, 40))
            return (
                SECOND
                + int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % most
            )
        return self.then_every


RETRIES = {
    retry.name: retry
    for retry in (
        Retry(
            "none",
            "one attempt",
            "One attempt, then it waits for its next run.",
            "[MEASURED client-retries]: simple-salesforce, zeep, curl, pyforce, jsforce",
        ),
        Retry(
            "four",
            "four attempts on a 5xx answer",
            "A refused SOAP login() is an HTTP 500: what retries on 5xx burns four attempts in a "
            "few seconds.",
            "[MEASURED client-four-attempts]: aiosalesforce 0.6.2, 1 to 2 s apart (2 s here)",
            (2 * SECOND,) * 3,
            server_errors_only=True,
        ),
        Retry(
            "loop",
            "a loop without end",
            "Let in with an expired password and then refused, it logs in again and again.",
            "[MEASURED client-endless-login]: jsforce 1 and 3, 20 a second; here every 10 s, ours",
            then_every=10 * SECOND,
            loops_while_expired=True,
        ),
        Retry(
            "fixed",
            "every minute until it gets in",
            "Ten attempts are used up in ten minutes.",
            "[OURS] bad practice as told in public reports "
            "[3P integration-locks-user-2016, integration-locks-user-2014]; the pace is ours",
            then_every=MINUTE,
        ),
        Retry(
            "backoff",
            "exponential backoff with jitter",
            "Slower and slower, to an hour: kind to a busy server, but a wrong credential does "
            "not heal by waiting.",
            "[OURS] common practice; the numbers are ours",
            doubles_to=HOUR,
        ),
        Retry(
            "breaker",
            "stops on INVALID_LOGIN",
            "One attempt with a wrong credential, then it stops and somebody is told: no lockout.",
            "[OURS] good practice: circuit breaker",
            stops_on_invalid_login=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A program as it was measured: protocol, session habit, retry behaviour."""

    protocol: str
    habit: str
    retry: str
    source: str


KINDS = {
    "simple-salesforce": Kind(
        Door.SOAP, Habit.KEEP, "none", "[MEASURED client-retries, client-login-again]"
    ),
    "aiosalesforce": Kind(
        Door.SOAP, Habit.KEEP, "four", "[MEASURED client-four-attempts, client-login-again]"
    ),
    "jsforce": Kind(
        Door.SOAP, Habit.KEEP, "loop", "[MEASURED client-endless-login, client-login-again]"
    ),
    "script": Kind(
        Door.SOAP, Habit.EVERY_RUN, "none", "[OURS] a script that logs in, works and ends"
    ),
    "job-queue": Kind(Door.SOAP, Habit.EVERY_RUN, "fixed", "[3P integration-locks-user-2016]"),
    "careful": Kind(Door.SOAP, Habit.KEEP, "breaker", "[OURS] good practice"),
    "jwt": Kind(
        Door.JWT_BEARER, Habit.KEEP, "none", "[MEASURED client-jwt-again]: sf; again on a 401"
    ),
    "app-only": Kind(
        Door.CLIENT_CREDENTIALS, Habit.EVERY_RUN, "none", "[OURS] holds neither password nor token"
    ),
}
"""Programs to choose from by name; the first three as measured."""


def next_slot(every: int, anchor: int, after: int) -> int:
    """The first scheduled moment after a moment."""
    return anchor + ((after - anchor) // every + 1) * every if after >= anchor else anchor


class Integrations:
    """`org.integrations`: API clients with a schedule."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Integration]:
        """Every integration, in the order of the clients' ids."""
        return [
            record(Integration, row)
            for row in database.rows(self._db, INTEGRATION_SQL + " order by i.client_id")
        ]

    def get(self, name: str) -> Integration:
        """The integration of a client's name, or of its beginning. Raises UnknownNameError."""
        with database.read(self._db):
            return self._of(client_id_of(self._db, name), name)

    def add(
        self,
        name: str,
        username: str,
        network: str,
        kind: str,
        every: int,
        first: int | None = None,
        held: Mapping[str, str | int] | None = None,
    ) -> Integration:
        """A new API client with a schedule, one of KINDS, and what it is to hold, as
        org.clients.hold takes it.

        `every` ms; `first` the org moment of its first run, by default one interval from now.
        Raises OrgError.
        """
        program = KINDS[match_name("kind", kind, list(KINDS))]
        given, name = name, name.strip()
        if not name or len(name) > 60 or visible(name) != name:
            raise BadValueError(
                "An API client needs a name of at most 60 characters that can be printed.", given
            )
        with writing(self._db) as work:
            if maybe(self._db, "select 1 from client where name = ? collate nocase", name):
                raise NotAllowedError(f"There is an API client {name!r} already.")
            rows = database.rows(self._db, "select id, name from network order by id")
            places = {row["name"]: row["id"] for row in rows}
            client_id = client_rows.clients.insert(
                work.db,
                name=name,
                username=username,
                password="",
                network_id=places[match_name("network", network, list(places))],
                protocol=program.protocol,
                api_version="64.0",
                app_id=one(work.db, "select min(id) as id from app")["id"],
            )
            schedule(work, client_id, every, first, program.habit, program.retry)
            work.event(
                EventKind.INTEGRATION_CHANGED,
                client_id=client_id,
                detail=f"new, {interval_words(self._of(client_id, name))}",
            )
            if held:
                put_in(work, Clients(self._db).get(client_id), held)
            return self._of(client_id, name)

    def change(
        self,
        name: str,
        every: int | None = None,
        first: int | None = None,
        habit: str | None = None,
        retry: str | None = None,
        held: Mapping[str, str | int] | None = None,
    ) -> Integration:
        """Change schedule, session habit or retry behaviour; a client without a schedule gets one.
        Raises OrgError.

        `held`: what the client is to hold from now on, in the same transaction. Alone it leaves the
        plan as it is: an integration that has stopped stays stopped.
        """
        if habit is not None:
            habit = match_name("session habit", habit, list(HABITS))
        if retry is not None:
            retry = match_name("retry behaviour", retry, list(RETRIES))
        with writing(self._db) as work:
            client_id = client_id_of(self._db, name)
            row = maybe(self._db, INTEGRATION_SQL + " where i.client_id = ?", client_id)
            now = record(Integration, row) if row else None
            planned = any(given is not None for given in (every, first, habit, retry))
            if now is None and not planned:
                raise UnknownNameError(f"{name} has no schedule.")
            if now is None and every is None:
                raise NotAllowedError(f"{name} has no schedule; give it one with an interval.")
            if planned:
                schedule(
                    work,
                    client_id,
                    every or (now.every if now else DAY),
                    first if first is not None or now is None or every else now.anchor,
                    habit or (now.habit if now else Habit.EVERY_RUN),
                    retry or (now.retry if now else "none"),
                )
            if held:
                put_in(work, Clients(self._db).get(client_id), held)
            changed = self._of(client_id, name)
            if planned:
                work.event(
                    EventKind.INTEGRATION_CHANGED,
                    client_id=client_id,
                    detail=interval_words(changed),
                )
            return changed

    def pause(self, name: str, paused: bool = True) -> Integration:
        """Stop running it by schedule, or run it again; starting closes an open circuit breaker.
        Raises NotAllowedError.
        """
        with writing(self._db) as work:
            integration = self._of(client_id_of(self._db, name), name)
            if paused and (integration.paused or integration.stopped):
                raise NotAllowedError(f"{integration.client} does not run as it is.")
            if not paused and not (integration.paused or integration.stopped):
                raise NotAllowedError(f"{integration.client} runs already.")
            due = None if paused else next_slot(integration.every, integration.anchor, work.now)
            client_rows.integrations.update(
                work.db,
                integration.client_id,
                paused=int(paused),
                stopped=0,
                tries=0,
                next_due=due,
            )
            words = "paused" if paused else "started again"
            work.event(EventKind.INTEGRATION_CHANGED, client_id=integration.client_id, detail=words)
            return self._of(integration.client_id, name)

    def remove(self, name: str) -> None:
        """Remove the schedule of a client; the client stays. Raises UnknownNameError."""
        with writing(self._db) as work:
            integration = self._of(client_id_of(self._db, name), name)
            client_rows.integrations.delete(work.db, integration.client_id)
            work.event(
                EventKind.INTEGRATION_CHANGED,
                client_id=integration.client_id,
                detail="no schedule any more",
            )

    def _of(self, client_id: int, name: str) -> Integration:
        row = maybe(self._db, INTEGRATION_SQL + " where i.client_id = ?", client_id)
        if row is None:
            raise UnknownNameError(f"{name} has no schedule.")
        return record(Integration, row)


SHORTEST, LONGEST_INTERVAL = SECOND, 366 * DAY
"""Between two runs."""


def schedule(
    work: UseCase, client_id: int, every: int, first: int | None, habit: str, retry: str
) -> None:
    """Write an integration's plan, in the transaction of the caller. Raises OrgError."""
    if not SHORTEST <= every <= LONGEST_INTERVAL:
        raise BadValueError("An integration runs at least every second, at most once a year.")
    anchor = work.now + every if first is None else first
    paused = maybe(
        work.db, "select 1 from integration where client_id = ? and paused = 1", client_id
    )
    client_rows.integrations.upsert(
        work.db,
        "client_id",
        client_id=client_id,
        every=every,
        anchor=anchor,
        habit=habit,
        retry=retry,
        tries=0,
        stopped=0,
        next_due=None if paused else next_slot(every, anchor, work.now),
    )


def interval(milliseconds: int) -> str:
    """5 minutes, 1 hour, 2 days: the largest unit that fits whole."""
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if milliseconds % unit == 0:
            count = milliseconds // unit
            return name if count == 1 else f"{count} {name}s"
    return f"{milliseconds / SECOND:g} seconds"


def interval_words(integration: Integration) -> str:
    """What an integration does, in a line."""
    return (
        f"every {interval(integration.every)}, "
        f"{PROTOCOLS.get(integration.protocol, integration.protocol)},"
        f" {HABITS[integration.habit].partition(',')[0]}, {RETRIES[integration.retry].label}"
    )


def answers_with_server_error(door: Door) -> bool:
    """A refused SOAP login() is an HTTP 500, a refused OAuth grant a 400 [WIRE
    soap-fault-http-500].
    """
    return door is Door.SOAP

"""Reads what the last use case did, from the events of its transaction."""

from freshtoken_model.accounts.sessions import SESSION_SQL
from freshtoken_model.accounts.users import by_id
from freshtoken_model.decision.consequences import (
    Aftermath,
    Consequence,
    Holder,
    consequences,
)
from freshtoken_model.decision.session_rules import is_open
from freshtoken_model.login.clients import Clients
from freshtoken_model.login.fits import Fits
from freshtoken_model.simulation.integrations import Integrations
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import (
    LAST_USE_CASE,
    LastUseCase,
    maybe,
    read_clock,
    read_settings,
)
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Event, Session, User, record

from .event_log import EVENT_SQL


class Consequences:
    """`org.consequences`: what a use case did, besides its answer."""

    def __init__(self, db: Database, fits: Fits) -> None:
        self._db, self._fits = db, fits

    def last(self) -> tuple[Consequence, ...]:
        """Of the last use case of this connection that wrote an event; empty for one whose
        consequences are not told. Takes up to a hash for each API client of the user.
        """
        done: LastUseCase | None = getattr(self._db, LAST_USE_CASE, None)
        if done is None:
            return ()
        with database.read(self._db):
            sql = EVENT_SQL + " where e.id between ? and ? order by e.id"
            events = [record(Event, row) for row in database.rows(self._db, sql, done)]
            users = [event.user_id for event in events if event.user_id is not None]
            user = by_id(self._db, users[0]) if users else None
            return consequences(self._aftermath(events, user))

    def _aftermath(self, events: list[Event], user: User | None) -> Aftermath:
        db, clock = self._db, read_clock(self._db)
        settings = read_settings(db)
        holders: list[Holder] = []
        sessions = 0
        if user is not None:
            plans = {plan.client_id: plan for plan in Integrations(db).all()}
            holders = [
                Holder(client, self._fits.of(client), plans.get(client.id))
                for client in Clients(db).all()
                if client.username == user.username and not client.outside
            ]
            rows = database.rows(db, SESSION_SQL + " where s.user_id = ?", (user.id,))
            sessions = sum(
                is_open(one.ended_at is not None, one.used_at, settings, clock.seen_org)
                for one in (record(Session, row) for row in rows)
            )
        return Aftermath(
            events,
            user,
            holders,
            sessions,
            self._retired_from(events),
            clock.seen_org,
            settings.time_zone,
        )

    def _retired_from(self, events: list[Event]) -> int | None:
        """When the token that died in these events was issued."""
        died = next((e for e in events if e.kind == EventKind.TOKEN_RETIRED), None)
        if died is None:
            return None
        sql = "select issued_at from token where user_id = ? and retired_at = ? order by id desc"
        row = maybe(self._db, sql + " limit 1", died.user_id, died.at)
        return int(row["issued_at"]) if row else None

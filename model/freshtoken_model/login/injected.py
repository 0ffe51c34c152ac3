"""Faults that freshtoken injected on request: the event log says so. Nothing else in the org
changes: nothing is counted, and Login History gets no row.
"""

from freshtoken_model.accounts.users import by_username, unicode
from freshtoken_model.decision.credentials import digest
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import maybe, writing
from freshtoken_model.values.kinds import EventKind


class InjectedFaults:
    """`org.injected`: calls that were answered without the org."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(
        self, fault: str, username: str = "", session: str = "", client_id: int | None = None
    ) -> int:
        """Note that a call was answered with a fault, for the user of the username or of the
        session ID if there is one; returns the event's id.
        """
        with writing(self._db) as work:
            user = by_username(self._db, unicode(username)) if username else None
            user_id = user.id if user else self._user_of(session)
            return work.event(EventKind.FAULT_INJECTED, user_id, detail=fault, client_id=client_id)

    def _user_of(self, session: str) -> int | None:
        sql = "select user_id from session where digest = ?"
        row = maybe(self._db, sql, digest(session)) if session else None
        return int(row["user_id"]) if row else None

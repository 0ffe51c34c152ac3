"""The tale of a user's trouble, told from the event log: who changed what, who failed first and
why, what ended it.

Salesforce shows none of this in one place; every sentence is freshtoken's own note, drawn from its
event log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from freshtoken_model.accounts.users import find
from freshtoken_model.decision.words import detail, event_words, refusing, title, unpack
from freshtoken_model.simulation.integrations import INTEGRATION_SQL, RETRIES
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import one, read_clock, read_password_policy
from freshtoken_model.values.clock import DAY, at
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Event, Integration, User, record
from freshtoken_model.values.visible import visible

from .event_log import EVENT_SQL, NO_TRY

QUIET = 3 * DAY
"""Without a refusal for so long, a trouble is over; the next refusal begins another."""
CAUSE_KINDS = (
    EventKind.PASSWORD_CHANGED,
    EventKind.PASSWORD_RESET,
    EventKind.PASSWORD_EXPIRED,
    EventKind.TOKEN_RESET,
    EventKind.FROZEN,
    EventKind.FROZEN_BY_SALESFORCE,
    EventKind.PERMISSION_REVOKED,
)
"""What a user's trouble can come from."""
COUNT_SQL = """
select e.client_id, min(case when e.kind = 'login_refused' then e.id end) as first_refused,
    max(case when e.kind = 'login_refused' then e.id end) as last_refused,
    max(case when e.kind = 'login_accepted' then e.id end) as last_accepted,
    sum(e.kind = 'login_refused') as refused, sum(e.kind = 'run_worked') as worked, sum(e.kind =
    'locked_out') as locks
from event e where e.user_id = ? and e.id >= ? and e.kind in ('login_accepted', 'login_refused',
'run_worked', 'locked_out')
group by 1 order by coalesce(min(case when e.kind = 'login_refused' then e.id end), 1 << 60)
"""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the tale; `event_id` leads to the attempt it tells of."""

    at: int
    words: str
    event_id: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A user's latest trouble; without one, `sentences` is empty. `culprit` is the client whose
    tries locked the user.
    """

    user: User
    sentences: tuple[Sentence, ...]
    culprit: str | None
    over: bool
    prevention: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one client did in it."""

    name: str
    integration: Integration | None
    refused: int
    worked: int
    locks: int
    first_refused: Event | None
    last_refused: Event | None
    last_accepted: Event | None
    counted: int

    @property
    def came_back(self) -> bool:
        """Whether it was let in after its last refusal."""
        if self.last_accepted is None or self.last_refused is None:
            return False
        return self.last_accepted.id > self.last_refused.id


class Incidents:
    """`org.incidents`: the latest trouble of a user, in sentences."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, name: str) -> Incident:
        """The latest trouble of a user. Raises UnknownNameError."""
        with database.read(self._db):
            user = find(self._db, name)
            first = self._first_refusal(user)
            if first is None:
                return Incident(user, (), None, True, ())
            return self._tell(user, first)

    def _first_refusal(self, user: User) -> int | None:
        """The event that began the latest trouble: refusals follow each other with no quiet time
        between.
        """
        begun: int | None = None
        later: int | None = None
        rows = self._db.conn.execute(
            "select event_id, login_time from login_history where user_id = ? and status != "
            "'success' order by id desc",
            (user.id,),
        )
        for event_id, moment in rows:
            if later is not None and later - moment > QUIET:
                break
            begun, later = event_id, moment
        return begun

    def _tell(self, user: User, first_refusal: int) -> Incident:
        # Everything is told from the event that caused the first refusal, or from that refusal
        # where no cause is in the log: what came before belongs to another incident.
        db = self._db
        zone = one(db, "select time_zone from org")["time_zone"]
        now = read_clock(db).seen_org
        cause = self._cause(user, first_refusal)
        parts = self._parts(user, cause.id if cause else first_refusal)
        told: list[Sentence] = []
        if cause is not None:
            told.extend(self._of_cause(user, cause))
        failing = [part for part in parts if part.first_refused is not None]
        for place, part in enumerate(failing):
            told.append(_failed(part, place == 0, now, zone))
        told.extend(self._of_locks(user, first_refusal, parts, zone))
        told.extend(
            _went_on(part)
            for part in parts
            if part.worked and part.integration and not part.refused
        )
        told.extend(self._of_lost_sessions(user, cause.id if cause else first_refusal - 1))
        told.extend(self._of_ends(user, first_refusal, now))
        told.extend(_came_back(part) for part in failing if part.came_back)
        # The client that locked the user out most often; among equals the one whose refusals
        # counted most. A client that was refused while the user was locked cost nothing.
        culprit = max(
            (p for p in failing if p.locks or p.counted),
            key=lambda p: (p.locks, p.counted),
            default=None,
        )
        over = (
            user.locked_at is None and not user.frozen and all(part.came_back for part in failing)
        )
        return Incident(
            user,
            tuple(sorted(told, key=lambda s: (s.at, s.event_id or 0))),
            culprit.name if culprit else None,
            over,
            tuple(
                FROZEN_PREVENTION
                if cause is not None and cause.kind == EventKind.FROZEN_BY_SALESFORCE
                else self._prevention(user, parts, culprit)
            ),
        )

    def _cause(self, user: User, first_refusal: int) -> Event | None:
        marks = ",".join("?" * len(CAUSE_KINDS))
        rows = database.rows(
            self._db,
            EVENT_SQL
            + f" where e.user_id = ? and e.id < ? and e.kind in ({marks}) and {NO_TRY} order by "
            f"e.id desc limit 1",
            (user.id, first_refusal, *CAUSE_KINDS),
        )
        return record(Event, rows[0]) if rows else None

    def _of_cause(self, user: User, cause: Event) -> Iterable[Sentence]:
        words: str = event_words(cause.kind, user.username, None, cause.detail)
        # What a password change brings about is logged right behind it, at the same moment.
        rows = database.rows(
            self._db,
            EVENT_SQL + " where e.id >= ? and e.id < ? and e.user_id = ? order by e.id",
            (cause.id, cause.id + 6, user.id),
        )
        kinds = {row["kind"] for row in rows if row["at"] == cause.at}
        if EventKind.TOKEN_RETIRED in kinds:
            words += (
                "; the security token died with it"
                if cause.kind != EventKind.TOKEN_RESET
                else "; the token before it died"
            )
        yield Sentence(cause.at, _sentence(words), cause.id, cause.kind)
        if EventKind.TOKEN_MAILED in kinds:
            yield Sentence(
                cause.at,
                f"A new security token was mailed to {user.email}.",
                cause.id,
                EventKind.TOKEN_MAILED,
            )

    def _parts(self, user: User, since: int) -> list[_Part]:
        plans = {
            r["client_id"]: record(Integration, r) for r in database.rows(self._db, INTEGRATION_SQL)
        }
        names = {
            row["id"]: visible(row["name"])
            for row in database.rows(self._db, "select id, name from client")
        }
        return [
            _Part(
                names.get(row["client_id"]) or "A login outside any API client",
                plans.get(row["client_id"]),
                refused=row["refused"],
                worked=row["worked"],
                locks=row["locks"],
                first_refused=self._event(row["first_refused"]),
                last_refused=self._event(row["last_refused"]),
                last_accepted=self._event(row["last_accepted"]),
                counted=self._counted(user, row["client_id"], since) if row["refused"] else 0,
            )
            for row in database.rows(self._db, COUNT_SQL, (user.id, since))
        ]

    def _counted(self, user: User, client_id: int | None, since: int) -> int:
        """Refusals of a client that counted toward the lockout: all but those of a locked user, or
        of another gate.
        """
        sql = (
            "select count(*) as n from login_history h cross join event e on e.id = h.event_id "
            "where h.user_id = ?"
            " and h.status in ('invalid_password', 'token_required') and h.status != 'success' "
            "and h.event_id >= ?"
            " and e.client_id = ?"
        )
        return (
            int(one(self._db, sql, user.id, since, client_id)["n"]) if client_id is not None else 0
        )

    def _event(self, event_id: int | None) -> Event | None:
        rows = (
            database.rows(self._db, EVENT_SQL + " where e.id = ?", (event_id,)) if event_id else []
        )
        return record(Event, rows[0]) if rows else None

    def _of_locks(
        self, user: User, since: int, parts: list[_Part], zone: str
    ) -> Iterable[Sentence]:
        locks = self._marks(user, since, EventKind.LOCKED_OUT)
        if not locks:
            return
        first, policy = locks[0], read_password_policy(self._db, user.profile_id)
        by = f", by {first.client}," if first.client else ""
        period = (
            f"{policy.lockout_period // 60_000} minutes"
            if policy.lockout_period
            else "until an admin unlocks"
        )
        words = f"Failed attempt {first.number}{by} locked {user.username} out ({period})."
        yield Sentence(first.at, words, first.id, EventKind.LOCKED_OUT)
        if len(locks) > 1:
            others = [f"{p.name} {p.locks} times" for p in parts if p.locks]
            yield Sentence(
                locks[-1].at,
                f"By {at(locks[-1].at, zone):%a %d %b %H:%M} it had been locked {len(locks)} "
                f"times: {', '.join(others)}."
                " Each time the lockout ended, the next tries used up the attempts again.",
                locks[-1].id,
                EventKind.LOCKED_OUT,
            )

    def _of_lost_sessions(self, user: User, since: int) -> Iterable[Sentence]:
        """Clients that had to log in because another program logged out of the session that they
        shared. `since` may be the event before the first refusal: it is found out there.
        """
        for event in self._marks(user, since, EventKind.SESSION_LOST):
            words = event_words(event.kind, user.username, event.client, event.detail)
            yield Sentence(event.at, _sentence(f"{words}, and had to log in"), event.id, event.kind)

    def _of_ends(self, user: User, since: int, now: int) -> Iterable[Sentence]:
        if user.locked_at is not None:
            end = (
                "until an admin unlocks"
                if user.locked_until is None
                else "this lockout ends by time"
            )
            yield Sentence(now, f"It is locked now: {end}.", None, EventKind.LOCKED_OUT)
        if user.frozen:
            yield Sentence(
                now, "It is frozen now, until an admin unfreezes.", None, EventKind.FROZEN
            )
        for kind in (
            EventKind.UNLOCKED,
            EventKind.UNLOCKED_BY_RESET,
            EventKind.UNFROZEN,
            EventKind.TOKEN_RESET,
        ):
            for event in self._marks(user, since, kind)[-1:]:
                yield Sentence(
                    event.at,
                    _sentence(event_words(kind, user.username, None, event.detail)),
                    event.id,
                    kind,
                )
        if user.locked_at is None:
            for event in self._marks(user, since, EventKind.LOCK_ENDED)[-1:]:
                yield Sentence(
                    event.at, "The last lockout ended by time.", event.id, EventKind.LOCK_ENDED
                )

    def _marks(self, user: User, since: int, kind: str) -> list[Event]:
        rows = database.rows(
            self._db,
            EVENT_SQL + " where e.user_id = ? and e.id >= ? and e.kind = ? order by e.id",
            (user.id, since, kind),
        )
        return [record(Event, row) for row in rows]

    def _prevention(self, user: User, parts: list[_Part], culprit: _Part | None) -> Iterable[str]:
        """What would have prevented it, the most direct first."""
        if culprit is not None and culprit.integration is not None:
            retry = RETRIES[culprit.integration.retry]
            if not retry.stops_on_invalid_login:
                yield (
                    f"{culprit.name}, in every run: {retry.label}. A client that stops on "
                    "INVALID_LOGIN (a circuit breaker) costs one attempt in all, and tells "
                    "somebody."
                )
        sharing = [part.name for part in parts if part.integration is not None]
        if len(sharing) > 1:
            yield (
                f"{', '.join(sharing)} share {user.username}: one stale client locks the others "
                f"out as well. A user for"
                " each integration keeps the damage where it is."
            )
        yield (
            "Change the password when every client can be changed with it: they hold it until "
            "somebody tells them."
        )
        yield (
            "Client credentials or JWT bearer hold neither password nor token: a password "
            "change means nothing to them."
        )


FROZEN_PREVENTION = (
    "Let an integration call from addresses that you know, and not through an anonymizing VPN or "
    "proxy: Salesforce freezes users for such traffic.",
    "A user for each integration, with no login by people: a login anomaly of one then stops no "
    "other.",
    "Put the cause right before you unfreeze: after a login anomaly reset the password first.",
)
"""What keeps Salesforce from freezing it again [DOC freeze-login-anomaly-kb,
freeze-high-risk-ip-kb].
"""


def _failed(part: _Part, is_first: bool, now: int, zone: str) -> Sentence:
    event = part.first_refused
    assert event is not None
    step = refusing(unpack(event.trace or "[]"))
    why = (detail(step, now, zone) or title(step)) if step else event.detail
    others = part.refused - 1
    more = f"; refused {others:,} more time{'s' if others != 1 else ''}" if others else ""
    counted = f" ({part.counted:,} counted toward the lockout)" if part.counted and others else ""
    who = f"{part.name} failed first" if is_first else f"{part.name} failed too"
    return Sentence(event.at, f"{who}: {why}{more}{counted}.", event.id, EventKind.LOGIN_REFUSED)


def _went_on(part: _Part) -> Sentence:
    assert part.integration is not None
    moment = part.integration.run_at or 0
    words = (
        f"{part.name} went on with the session it keeps: {part.worked:,} runs, no login, so "
        f"nothing showed."
    )
    return Sentence(moment, words, None, EventKind.RUN_WORKED)


def _came_back(part: _Part) -> Sentence:
    event: Any = part.last_accepted
    return Sentence(event.at, f"{part.name} was let in again.", event.id, EventKind.LOGIN_ACCEPTED)


def _sentence(words: str) -> str:
    """With a full stop, and a capital unless it begins with a username."""
    first = words.partition(" ")[0]
    return (words if "@" in first else words[:1].upper() + words[1:]) + "."

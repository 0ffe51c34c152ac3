"""How often something happened, and when last: what labs, demos and proofs ask the event log."""

from dataclasses import dataclass

from freshtoken_model.store.connection import Database


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events, after the id `after`; what is None is not asked for.

    `detail` is a part of the event's detail, `status` a key of Login History, `door` and `address`
    are the login attempt's, `code` is that of the step that refused it, `outside` says whether the
    client is one from outside.
    """

    after: int = 0
    kind: str | None = None
    detail: str | None = None
    status: str | None = None
    user_id: int | None = None
    client_id: int | None = None
    outside: bool | None = None
    door: str | None = None
    address: str | None = None
    code: str | None = None


CLIENT = "left join client c on c.id = e.client_id"
SHAPE_JOIN = "join shape s on s.id = e.shape_id"
CONDITIONS = {
    "after": ("", "e.id > ?"),
    "kind": ("", "e.kind = ?"),
    "detail": ("", "instr(e.detail, ?)"),
    "status": ("join login_history h on h.event_id = e.id", "h.status = ?"),
    "user_id": ("", "e.user_id = ?"),
    "client_id": ("", "e.client_id = ?"),
    "outside": (CLIENT, "coalesce(c.outside, 0) = ?"),
    "door": (SHAPE_JOIN, "s.door = ?"),
    "address": (SHAPE_JOIN, "s.address = ?"),
    "code": ("join trace t on t.id = e.trace_id", "t.code = ?"),
}
"""What each field needs joined, and asks for."""


def count_events(db: Database, which: EventFilter) -> int:
    """How many there are."""
    return int(_ask(db, "count(*)", which) or 0)


def newest_event(db: Database, which: EventFilter) -> int | None:
    """The id of the newest one, None when there is none."""
    return _ask(db, "max(e.id)", which)


def newest_named(db: Database, kind: str, detail: str) -> int | None:
    """The id of the newest event of a kind with exactly this detail, None when there is none."""
    found: int | None = db.conn.execute(
        "select max(id) from event where kind = ? and detail = ?", (kind, detail)
    ).fetchone()[0]
    return found


def _ask(db: Database, what: str, which: EventFilter) -> int | None:
    asked = {name: value for name in CONDITIONS if (value := getattr(which, name)) is not None}
    joins = " ".join({CONDITIONS[name][0]: None for name in asked})
    where = " and ".join(CONDITIONS[name][1] for name in asked)
    found: int | None = db.conn.execute(
        f"select {what} from event e {joins} where {where}", tuple(asked.values())
    ).fetchone()[0]
    return found

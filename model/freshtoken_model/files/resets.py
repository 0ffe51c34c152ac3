"""An org is set back to its beginning, as a step that can be taken back: a copy of what it was is
kept beside its file.
"""

import json
import secrets
from contextlib import suppress
from pathlib import Path

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.store import database, whole_org
from freshtoken_model.store import steps as stored_steps
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import PROCESS, one
from freshtoken_model.values.errors import NotAllowedError
from freshtoken_model.values.kinds import EventKind

from . import snapshots, training_org

ROUNDS = 5
"""Copies that are made of an org that others change meanwhile, before a reset gives up."""
COPIES_KEPT = 3
"""Copies beside an org file: as many resets can be taken back."""


def reset(
    db: Database, path: Path, hashing: Hashing, beginning: training_org.Beginning | None
) -> None:
    """Set an org back to how it began, or to another beginning, in one transaction. Raises
    UnknownNameError, BadValueError, OrgFileError, and NotAllowedError when others change the org
    again and again meanwhile.
    """
    if beginning is not None:
        training_org.preset_named(beginning.preset)
    for _ in range(ROUNDS):
        if _reset_unless_changed(db, path, hashing, beginning):
            return
    raise NotAllowedError("The org is changed all the time. Nothing was reset.")


def _reset_unless_changed(
    db: Database, path: Path, hashing: Hashing, beginning: training_org.Beginning | None
) -> bool:
    """Copy the org and set it back; False, and nothing done, if it changed in between."""
    before = path.with_name(f".{path.name}.before-{secrets.token_hex(4)}")
    last = _last_event(db)
    snapshots.snapshot(db, before)
    try:
        with database.write(db):
            if _last_event(db) != last:
                _remove(before)
                return False
            kind = EventKind.ORG_RESET if beginning is None else EventKind.ORG_MADE
            if beginning is None:
                row = one(db, "select seed, frozen_at, preset, created_release, my_domain from org")
                sandbox = row.pop("my_domain").endswith(".sandbox")
                beginning = training_org.Beginning(**row, sandbox=sandbox)
            whole_org.empty(db)
            event_id = training_org.fill(db, hashing, beginning, kind)
            stored_steps.keep_reset(db, event_id, PROCESS, json.dumps({"before": before.name}))
    except BaseException:
        _remove(before)
        raise
    copies = sorted(path.parent.glob(f".{path.name}.before-*"), key=lambda one: one.stat().st_mtime)
    for old in copies[:-COPIES_KEPT]:
        _remove(old)
    return True


def take_back(db: Database, path: Path, before: str, seen: int | None) -> None:
    """Put back what the org was before a reset, with the steps it had then. `seen`: the id of the
    last event the caller knows of. Raises NotAllowedError, OrgFileError.
    """
    copy = path.with_name(before)
    if not copy.exists():
        raise NotAllowedError("The copy that was made before the reset is gone.")
    with snapshots.attached(db, copy), database.write(db):
        if seen is not None and _last_event(db) != seen:
            raise NotAllowedError(
                "Another process has changed the org since. Nothing was taken back."
            )
        whole_org.copy_attached(db, with_steps=True)
    _remove(copy)


def _last_event(db: Database) -> int:
    return int(one(db, "select coalesce(max(id), 0) as n from event")["n"])


def _remove(copy: Path) -> None:
    with suppress(OSError):
        copy.unlink(missing_ok=True)

"""Writes the row of the org itself."""

import secrets
from typing import Any

from freshtoken_model.values.clock import Clock

from .connection import Database


def insert_org(db: Database, **columns: Any) -> None:
    """Write the only row."""
    db.table("org").insert({"id": 1, **columns})


def update(db: Database, **columns: Any) -> None:
    """Update columns. Raw: through sqlite-utils one step back would take 1.7 ms instead of 1.2."""
    marks = ", ".join(f"{name} = ?" for name in columns)
    db.conn.execute(f"update org set {marks}", tuple(columns.values()))


def set_clock(db: Database, clock: Clock, steps: int) -> None:
    """Write the clock, and count on by so many steps. Raw, because every use case writes it."""
    db.conn.execute(
        "update org set clock_mode=?, anchor_wall=?, anchor_org=?, seen_wall=?, seen_org=?, "
        "step = step + ?",
        (
            clock.mode,
            clock.anchor_wall,
            clock.anchor_org,
            clock.seen_wall,
            clock.seen_org,
            steps,
        ),
    )


def set_draws(db: Database, draws: int) -> None:
    """Write how often the random source was used. Raw, because every login writes it."""
    db.conn.execute("update org set draws = ?", (draws,))


def begin_generation(db: Database, **columns: Any) -> None:
    """Update columns, and tell who follows the org to start over."""
    update(db, generation=secrets.token_hex(8), **columns)

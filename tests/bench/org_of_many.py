"""An org file with many users, each with a password hash of its own, for the benchmarks beside this
file.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import urandom
from pathlib import Path

from freshtoken_model.decision.credentials import Hashing, digest, record_id
from freshtoken_model.org import Org

PASSWORD = "Benchmark-Boat-7"
MODEL = "integration@acme.example"
FIRST_NUMBER = 5_000
"""Of the record IDs."""


@dataclass(frozen=True, slots=True)
class Many:
    """The file, its users, and the connected app for the password grant."""

    path: Path
    usernames: list[str]
    consumer_key: str
    consumer_secret: str


def token_of(number: int) -> str:
    """The live security token of a user, made up: 24 letters and digits (six digits at the end
    would read as a code).
    """
    return f"{number:019d}Bench"


def make(
    path: Path, users: int = 1_000, network: str = "office", hashing: Hashing | None = None
) -> Many:
    """A training org with copies of one user; logins not rate-limited, outside clients in a trusted
    network by default.
    """
    hashing = hashing or Hashing()
    Org.create(path, hashing=hashing)
    with Org(path, hashing) as org:
        org.setup.choose("rate_limit", "off")
        org.setup.choose("outside_network", network)
        app = next(app for app in org.apps.all() if "password" in app.flow_names)
    with ThreadPoolExecutor(2) as threads:
        hashes = list(threads.map(lambda _: hashing.hash(PASSWORD, urandom(16)), range(users)))
    names = [f"user{number:04d}@bench.example" for number in range(users)]
    conn = sqlite3.connect(path)
    try:
        columns = [row[1] for row in conn.execute("pragma table_info(user)")]
        row = dict(
            zip(
                columns,
                conn.execute("select * from user where username = ?", (MODEL,)).fetchone(),
                strict=True,
            )
        )
        del row["id"]
        for number, (name, stored) in enumerate(zip(names, hashes, strict=True)):
            row |= {
                "username": name,
                "password_hash": stored,
                "record_id": record_id("005", FIRST_NUMBER + number),
            }
            row |= {"demo_password": PASSWORD}
            marks = ",".join("?" * len(row))
            user_id = conn.execute(
                f"insert into user({','.join(row)}) values ({marks})", tuple(row.values())
            ).lastrowid
            conn.execute(
                "insert into token(user_id, digest, issued_at, issued_by) values (?, ?, ?, "
                "'token_reset')",
                (user_id, digest(token_of(number)), row["password_changed_at"]),
            )
        conn.commit()
    finally:
        conn.close()
    return Many(path, names, app.consumer_key, app.consumer_secret)

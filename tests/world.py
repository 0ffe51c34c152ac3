"""What the tests share: people, secrets and addresses of the training org, how it hashes, and calls
of the command line.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner, Result

from freshtoken_model.decision.credentials import QUICK, Hashing
from freshtoken_model.org import Org
from freshtoken_model.values.clock import parse_moment
from freshtoken_tui.cli import main

CHEAP = QUICK
START = parse_moment("2026-11-24T14:00:00Z", "UTC")
"""When the training org of the tests stands still."""
FRIDAY = parse_moment("2026-11-27T17:30:00Z", "UTC")
INTEGRATION, PASSWORD, FRESH = "integration@acme.example", "Harbour-Light-7", "Fresh-Start-88"
"""A user, the password, and another one to change it to."""
ADA, ADAS = "ada@acme.example", "Copper-Kettle-4"
SAM, SAMS = "sam@acme.example", "Velvet-Train-9"
LOADER, LOADERS = "loader@acme.example", "Granite-Bridge-8"
LEE, NORA = "lee@acme.example", "nora@acme.example"
CLOUD, OFFICE, HOME = "203.0.113.7", "198.51.100.20", "192.0.2.44"
"""Addresses of the training org's networks; the office is trusted."""
RUN = [sys.executable, "-c", "from freshtoken_tui.cli import main; main()"]
"""The program in a process of its own."""


def open_sessions(org: Org, username: str) -> list[str]:
    """The kind of each session of a user that was not ended."""
    sql = (
        "select s.kind from session s join user u on u.id = s.user_id"
        " where u.username = ? and s.ended_at is null"
    )
    return [kind for (kind,) in org.database.conn.execute(sql, (username,))]


@dataclass(frozen=True)
class Counting(Hashing):
    """Keeps the candidates that it verifies."""

    candidates: list[str] = field(default_factory=list, compare=False)

    def verify(self, stored: str, candidate: str) -> bool:
        self.candidates.append(candidate)
        return super().verify(stored, candidate)

    def count(self, login: Callable[[], object]) -> int:
        """How many candidates a login has verified."""
        self.candidates.clear()
        login()
        return len(self.candidates)


def invoke(*words: object, **more: Any) -> Result:
    """Run a command line in this process; its orgs hash cheaply. `more`: of CliRunner.invoke()."""
    return CliRunner().invoke(
        main, [str(word) for word in words], prog_name="freshtoken", obj=CHEAP, **more
    )

"""Learns what a client holds from its first login, in the healthy run. It is kept in memory only,
and shown, logged and written nowhere.
"""

import asyncio
import re
from dataclasses import fields, replace
from typing import Any

from freshtoken_model.accounts.profiles import USERNAME
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.pool import OrgPool

from .orgs import as_the_org_reads, let_know
from .secrets import Secrets
from .wire import Asked

MADE_UP = re.compile(
    r"@(?:[a-z0-9-]+\.)*(?:acme\.[a-z.]+|example(?:\.(?:com|org|net))?|invalid|localhost)"
    r"|@[a-z0-9-]+\.test",
    re.IGNORECASE,
)
"""Matches a username whose domain nobody can own, or that of the training org. Not any that ends in
.test: sandboxes put such a word behind the real username.
"""


class Learning:
    """What has been learned so far, into `secrets`, so that it is found in what the client prints.
    Of a client that is known only whether it logs in to a sandbox.
    """

    def __init__(self, secrets: Secrets, known: bool) -> None:
        secrets.learning = not known
        self._secrets, self._known, self._turn = secrets, known, asyncio.Lock()
        self.others = 0
        """Logins with another username than the first one."""
        self.signed = False
        """Whether a signed JWT arrived: its key cannot be learned from it."""

    @property
    def held(self) -> AdoptedCredentials:
        """What the client holds, password and token parted."""
        return self._secrets.held

    async def arrived(self, asked: Asked, pool: OrgPool) -> None:
        """Take what a login presents, before the org decides it; one login at a time, for the next
        one may present the same.
        """
        async with self._turn:
            new = self._new(asked)
            if new:
                learned = replace(self.held, **new)
                self._secrets.held = as_the_org_reads(learned) if "password" in new else learned
                taught = AdoptedCredentials(**{"username": learned.username, **new})
                await pool.run(lambda org: let_know(org, taught))

    def _new(self, asked: Asked) -> dict[str, Any]:
        """The fields that are not known yet."""
        shown, known = asked.held, self.held
        if shown is None:
            return {}
        if self._known:
            return {"sandbox": True} if shown.sandbox and not known.sandbox else {}
        self.signed = self.signed or asked.assertion
        if shown.username and known.username and shown.username != known.username:
            self.others += 1
            return {}
        if shown.username and not USERNAME.fullmatch(shown.username):
            return {}
        return {
            one.name: getattr(shown, one.name)
            for one in fields(AdoptedCredentials)
            if getattr(shown, one.name) and not getattr(known, one.name)
        }


def looks_made_up(username: str) -> bool:
    """Whether a username is one that somebody made up for a test."""
    at = username.rfind("@")
    return at > 0 and MADE_UP.fullmatch(username, at) is not None

"""What must not be seen: finds the secrets of a run in what its command prints and in URLs, and
takes them out of what is kept.
"""

import html
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, quote_plus

from freshtoken_model.files.adoption import AdoptedCredentials

SHORTEST = 6
"""Characters of a secret that is searched for: a shorter one is found in any text."""
HELD_BACK = 1_024
"""Bytes at the end of what was read so far in which a secret may have begun; longer than each."""
SESSION = re.compile(rb"00D[A-Za-z0-9]{12}(?:!|%21)AQ[A-Za-z0-9._]{94}")
REFRESH = re.compile(rb"5Aep861[A-Za-z0-9._]{80}")
"""How this org writes session IDs and refresh tokens."""
ISSUED = re.compile(
    r'<sessionId>(?P<soap>[^<]+)<|"access_token"\s*:\s*"(?P<token>[^"]+)"'
    r'|"refresh_token"\s*:\s*"(?P<refresh>[^"]+)"'
)
"""What an answer gives out."""
PASSWORD, TOKEN, SESSION_ID = "the password", "the security token", "a session ID"
CLIENT_SECRET, REFRESH_TOKEN = "the consumer secret", "a refresh token"
CREDENTIALS = (PASSWORD, TOKEN, CLIENT_SECRET, REFRESH_TOKEN)
"""Secrets that outlive a run."""


@dataclass
class Secrets:
    """The secrets of a run: what the client holds, as far as it is known, and what the org has
    given out so far.
    """

    held: AdoptedCredentials = field(repr=False)
    learning: bool = False
    """Whether what the client holds is still being learned."""
    sessions: set[str] = field(default_factory=set, repr=False)
    refresh_tokens: set[str] = field(default_factory=set, repr=False)

    def taken_out_of(self, text: str) -> str:
        """A text with the name of each secret in its place."""
        return self.found_in(text.encode("utf-8", "replace"))[0].decode()

    def note(self, answer: str) -> None:
        """Remember what an answer of the org gives out."""
        for found in ISSUED.finditer(answer):
            if found["refresh"]:
                self.refresh_tokens.add(found["refresh"])
            else:
                self.sessions.add(found["soap"] or found["token"])

    def found_in(self, data: bytes) -> tuple[bytes, set[str]]:
        """The data with the name of each secret in its place, and the secrets that were in it."""
        seen: set[str] = set()
        for what, written in _written(self.held):
            if written in data:
                seen.add(what)
                data = data.replace(written, _named(what))
        for pattern, what, given in (
            (SESSION, SESSION_ID, self.sessions),
            (REFRESH, REFRESH_TOKEN, self.refresh_tokens),
        ):
            for found in set(pattern.findall(data)) if given else ():
                if found.decode("ascii").replace("%21", "!") in given:
                    seen.add(what)
                    data = data.replace(found, _named(what))
        return data, seen


@lru_cache(maxsize=4)
def _written(held: AdoptedCredentials) -> tuple[tuple[str, bytes], ...]:
    """What a client holds, in every spelling, with the name of each."""
    named = (
        (PASSWORD, held.password),
        (TOKEN, held.token),
        (CLIENT_SECRET, held.client_secret),
        (REFRESH_TOKEN, held.refresh_token),
    )
    return tuple(
        (what, written.encode("utf-8", "surrogateescape"))
        for what, secret in named
        if len(secret) >= SHORTEST
        for written in _spellings(secret)
    )


def _spellings(secret: str) -> set[str]:
    """A secret as it is, and as URLs, XML and JSON write it."""
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        html.escape(secret, quote=False),
        json.dumps(secret)[1:-1],
    }


def _named(what: str) -> bytes:
    return f"[{what} was here]".encode()


class Redactor:
    """Takes secrets out of a stream that comes in pieces, across their borders."""

    def __init__(self, secrets: Secrets, most: int) -> None:
        """`most`: bytes that are held in memory while the secrets are still being learned."""
        self._secrets, self._most, self._held_back = secrets, most, b""
        self.seen: set[str] = set()

    def feed(self, data: bytes) -> bytes:
        """What of the stream can be kept by now: nothing before the secrets are known."""
        if self._secrets.learning:
            self._held_back += data[: max(0, self._most - len(self._held_back))]
            return b""
        clean = self._cleaned(self._held_back + data)
        self._held_back = clean[-HELD_BACK:]
        return clean[:-HELD_BACK]

    def end(self) -> bytes:
        """The rest."""
        rest, self._held_back = self._cleaned(self._held_back), b""
        return rest

    def _cleaned(self, data: bytes) -> bytes:
        clean, seen = self._secrets.found_in(data)
        self.seen |= seen
        return clean

"""Exchanges as they went over the wire: those of the pane, and those a port records of external
clients.
"""

import re
from collections import deque
from dataclasses import dataclass, field

from freshtoken_model.values.visible import Visible, VisibleLines, visible

EXCHANGES_KEPT = 200
"""Exchanges that a tape holds; older ones are dropped."""
LONGEST_TEXT = 64_000
"""Characters of a body that are kept."""
REDACTED = "••••••••"
SHOWN = (
    "host",
    "content-type",
    "soapaction",
    "authorization",
    "cache-control",
    "user-agent",
    "location",
    "x-freshtoken-has-no",
    "x-freshtoken-injected",
)
"""Names of the headers that are shown."""
SECRETS = re.compile(
    r"<(?:[\w.-]+:)?(?:password|oldPassword|newPassword|NewPassword|sessionId)(?:\s[^>]*)?>([^<]+)<"
    r'|"(?:access_token|refresh_token|id_token|NewPassword|signature)"\s*:\s*"([^"]+)"'
    r"|(?:^|[?&])(?:password|client_secret|assertion|refresh_token|code|code_verifier|token|oauth_token|access_token)=([^&\s]+)"
    r"|^(?:Bearer|OAuth|Basic)\s+(\S+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer as it is shown: its first line, the headers of SHOWN, and the body."""

    line: Visible
    headers: tuple[tuple[Visible, Visible], ...] = field(repr=False)
    body: VisibleLines = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientAnswer:
    """What an answer means to the client: its light, the words it read, and the session if it got
    one.
    """

    light: str
    told: Visible
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of a client and its answer. `secrets` are the strings to redact in previews; the
    number of a recorded exchange is negative.
    """

    number: int
    client_id: int | None
    purpose: str
    request: Message
    response: Message
    answer: ClientAnswer
    event_id: int | None
    secrets: tuple[str, ...] = field(repr=False)

    def redacted(self, text: str) -> str:
        """A text of this exchange with dots for every secret."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        return text


Tape = deque[Exchange]


def shown_headers(raw: list[tuple[bytes, bytes]]) -> tuple[tuple[Visible, Visible], ...]:
    """The headers of SHOWN, made visible."""
    named = (
        (visible(name.decode("latin-1")), visible(value.decode("latin-1"))) for name, value in raw
    )
    return tuple((name, value) for name, value in named if name.lower() in SHOWN)


def secrets_in(*texts: str) -> tuple[str, ...]:
    """The secrets in bodies, paths and header values, found by the names before them; the longest
    first.
    """
    found = {
        next(filter(None, match.groups())) for text in texts for match in SECRETS.finditer(text)
    }
    return tuple(sorted(found, key=len, reverse=True))

"""Which half of what an API client sends fits what the org takes: the password, and the security
token that is glued to it. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from freshtoken_model.values.kinds import TokenState
from freshtoken_model.values.records import Client

from .policies import OrgSettings
from .verdict import Door, Standing
from .words import when_words


class PasswordHalf(StrEnum):
    """What the password is that a client sends."""

    RIGHT = "right"
    OLD = "old"
    """A password of the user that was replaced."""
    WRONG = "wrong"
    ENDED = "ended"
    """An admin's reset ended the password; none is set."""
    NONE = "none"
    UNCHECKED = "unchecked"


class TokenHalf(StrEnum):
    """What the security token is that a client sends."""

    LIVE = "live"
    RETIRED = "retired"
    UNKNOWN = "unknown"
    MISSING = "missing"
    NOT_ASKED = "not_asked"
    """The address is trusted, or inside the login IP ranges of the profile."""
    CODE_ASKED = "code_asked"
    """MFA for API Logins: an authenticator's code is asked for in the token's place."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a client sends beside what the org takes. Moments in ms of org time, None where there is
    none. `secretless`: the client presents neither half; `unknown_user`: no user has its username.
    """

    password: PasswordHalf
    token: TokenHalf
    secretless: bool = False
    unknown_user: bool = False
    retired_at: int | None = None
    """When the token that the client holds was retired."""
    password_since: int | None = None
    token_since: int | None = None
    """Since when the org takes its present password and its present token."""

    @property
    def checked(self) -> bool:
        """Whether the password was compared: that takes as long as a login."""
        return self.password is not PasswordHalf.UNCHECKED

    @property
    def password_fits(self) -> bool:
        """Whether the org takes this password."""
        return self.password is PasswordHalf.RIGHT

    @property
    def token_fits(self) -> bool:
        """Whether the org takes this token, or asks for none."""
        return self.token in (TokenHalf.LIVE, TokenHalf.NOT_ASKED)

    @property
    def fits(self) -> bool:
        """Whether both halves fit, or neither is presented."""
        return self.secretless or (self.password_fits and self.token_fits)

    def sentence(self, now: int, zone: str) -> str:
        """Which half fits, in a sentence."""
        if self.secretless:
            return "It presents neither password nor token: a password change does not touch it."
        if self.unknown_user:
            return "No user of the org has this username."
        if not self.checked:
            return ""
        died = f" {when_words(self.retired_at, now, zone)}" if self.retired_at else ""
        if self.fits:
            return (
                "The password fits. From this network no token is asked for."
                if self.token is TokenHalf.NOT_ASKED
                else "Both halves fit."
            )
        if self.password_fits:
            return f"The password fits, the token does not: {TOKEN_WORDS[self.token]}{died}."
        if self.token_fits:
            return f"The token fits, the password does not: {PASSWORD_WORDS[self.password]}."
        return "Neither half fits."


PASSWORD_WORDS: dict[PasswordHalf, str] = {
    PasswordHalf.RIGHT: "right",
    PasswordHalf.OLD: "old",
    PasswordHalf.WRONG: "wrong",
    PasswordHalf.ENDED: "ended by a reset",
    PasswordHalf.NONE: "none",
    PasswordHalf.UNCHECKED: "…",
}
TOKEN_WORDS: dict[TokenHalf, str] = {
    TokenHalf.LIVE: "live",
    TokenHalf.RETIRED: "retired",
    TokenHalf.UNKNOWN: "not this user's",
    TokenHalf.MISSING: "missing",
    TokenHalf.NOT_ASKED: "not asked for",
    TokenHalf.CODE_ASKED: "a code of the authenticator is asked for",
}


def fit(client: Client, standing: Standing, settings: OrgSettings, password: PasswordHalf) -> Fit:
    """What a client sends beside what the org takes from its user. `standing` is read for the
    token that the client holds.
    """
    user = standing.user
    if not Door(client.protocol).takes_password or client.outside:
        return Fit(PasswordHalf.NONE, TokenHalf.NOT_ASKED, secretless=True)
    if user is None:
        token = TokenHalf.UNKNOWN if client.token else TokenHalf.MISSING
        return Fit(PasswordHalf.WRONG, token, unknown_user=True)
    held = standing.tokens.get(client.token)
    if user.mfa_api and standing.codes and not settings.mfa_api_accepts_token:
        token = TokenHalf.CODE_ASKED
    elif held is not None:
        token = TokenHalf.LIVE if held.retired_at is None else TokenHalf.RETIRED
    elif client.token:
        token = TokenHalf.UNKNOWN
    else:
        token = TokenHalf.NOT_ASKED if standing.no_token_needed else TokenHalf.MISSING
    return Fit(
        password,
        token,
        retired_at=held.retired_at if held else None,
        password_since=None if standing.password_hash is None else user.password_changed_at,
        token_since=user.token_issued_at if user.token_state is TokenState.LIVE else None,
    )

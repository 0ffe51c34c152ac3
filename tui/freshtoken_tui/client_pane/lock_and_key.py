"""Lock and key: what the client sends, glued as it really is, beside what the org takes. Salesforce
never shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive

from freshtoken_model.decision.fit import PASSWORD_WORDS, Fit, PasswordHalf, TokenHalf
from freshtoken_model.values.clock import at, wall_clock
from freshtoken_model.values.kinds import TokenState
from freshtoken_tui.widgets.lockout import time_bar, time_left
from freshtoken_tui.widgets.redrawn import Redrawn

if TYPE_CHECKING:
    from freshtoken_tui.view import OrgView

FITS, BROKEN, QUIET = "$text-success", "$text-error", "$foreground 60%"
PASSWORD_SHORT = {**PASSWORD_WORDS, PasswordHalf.ENDED: "reset"}
TOKEN_SHORT = {
    TokenHalf.LIVE: "live",
    TokenHalf.RETIRED: "retired",
    TokenHalf.UNKNOWN: "unknown",
    TokenHalf.MISSING: "missing",
    TokenHalf.NOT_ASKED: "no need",
    TokenHalf.CODE_ASKED: "no code",
}
BOXES = 10
"""Boxes of the attempts; with another limit each stands for a share of it."""
SENT, TAKEN = 9, 13
"""Columns of the words of a half, on each side: both cards fit beside a page."""
BRIDGE = 2
"""Columns between the cards."""
LAST = 3
"""Attempts left from which the boxes warn."""


def attempt_boxes(picture: OrgView, named: bool = False) -> Content:
    """The attempts that count toward the lockout as boxes that fill; while locked out the time
    that is left. `named`: there is room for more words.
    """
    user, policy = picture.client_user, picture.client_policy
    if user is None or policy is None or (picture.fit.secretless and not picture.client.outside):
        return Content("")
    if user.locked_at is not None:
        now = picture.clock.now(wall_clock())
        left_words = f" locked out, {time_left(user, now)}"
        if user.locked_until is not None and named:
            left_words += f", until {at(user.locked_until, picture.info.time_zone):%H:%M}"
        return Content.assemble(time_bar(user, now, BOXES), left_words)
    left = policy.attempts_left(user)
    if left is None:
        return Content.styled("no limit of attempts", QUIET)
    limit, used = policy.max_attempts, user.failed_attempts
    words = " attempts" if named else ""
    boxes = min(limit, BOXES)
    full = -(-used * boxes // limit) if used else 0
    style = BROKEN if left == 1 else "$text-warning" if left <= LAST else "$foreground 85%"
    return Content.assemble(
        ("■" * full, style if used else QUIET),
        ("□" * (boxes - full), QUIET),
        (
            f" {used} of {limit}{words}",
            f"{style} bold" if left <= LAST else style if used else QUIET,
        ),
    )


def sends_line(picture: OrgView, riddle: bool) -> Content:
    """What the client sends in one line: `sends password old ✗ + token retired ✗`."""
    fit = picture.fit
    if picture.client.outside:
        return Content.styled("holds its own credentials", QUIET)
    if fit.secretless:
        return Content.styled("presents no password", QUIET)
    return Content.assemble(
        ("sends ", QUIET),
        _half("password", PASSWORD_WORDS[fit.password], _password_fits(fit, riddle)),
        (" + ", QUIET),
        _half("token", TOKEN_SHORT[fit.token], _token_fits(fit, riddle)),
    )


def _half(name: str, words: str, fits: bool | None) -> Content:
    if fits is None:
        return Content.styled(f"{name} ?", "$text-warning")
    return Content.styled(f"{name} {words} {'✓' if fits else '✗'}", FITS if fits else BROKEN)


def _password_fits(fit: Fit, riddle: bool) -> bool | None:
    """Whether the password fits; None while that is not told."""
    return None if riddle or not fit.checked else fit.password_fits


def _token_fits(fit: Fit, riddle: bool) -> bool | None:
    return None if riddle else fit.token_fits


class LockAndKey(Redrawn):
    """Two cards with a password half and a token half each. Where both fit, the edges meet."""

    picture: reactive[OrgView | None] = reactive(None, repaint=False)
    riddle: reactive[bool] = reactive(False, repaint=False)

    watch_picture = watch_riddle = Redrawn.redraw

    def render(self) -> Content:
        """Draw it for the width there is; in one line where there is no room."""
        picture = self.picture
        if picture is None:
            return Content("")
        left, right = self._sent(picture), self._taken(picture)
        room = self.size.height >= 5 and self.size.width >= left.width + BRIDGE + right.width
        if picture.client.outside or not room:
            return sends_line(picture, self.riddle)
        sentence = picture.fit.sentence(picture.clock.seen_org, picture.info.time_zone)
        if picture.fit.secretless:
            return Content(sentence)
        words = "Why tells which half does not fit: ctrl+t." if self.riddle else sentence
        bridge = self._bridge(picture.fit)
        width = left.width + BRIDGE
        head = f"{picture.client.name[: left.width - 6]} sends".ljust(width)
        blank = " " * BRIDGE
        return Content("\n").join(
            [
                Content.styled(f"{head}the org takes", "bold"),
                Content.assemble(left.top, blank, right.top),
                Content.assemble(left.middle, bridge, right.middle),
                Content.assemble(left.bottom, blank, right.bottom),
                Content.styled(words, "$foreground 85%"),
            ]
        )

    def _bridge(self, fit: Fit) -> Content:
        """The line between the cards: closed where both halves fit, half closed where one does."""
        halves = (_password_fits(fit, self.riddle), _token_fits(fit, self.riddle))
        if None in halves:
            return Content.styled(" ?", "$text-warning")
        if all(halves):
            return Content.styled("━" * BRIDGE, FITS)
        return Content.styled(("╍" if any(halves) else " ") * BRIDGE, "$text-warning")

    def _sent(self, picture: OrgView) -> Card:
        fit = picture.fit
        password, token = _password_fits(fit, self.riddle), _token_fits(fit, self.riddle)
        torn = password is False or token is False
        return Card(
            SENT,
            _told(password, PASSWORD_SHORT[fit.password]),
            _told(token, TOKEN_SHORT[fit.token]),
            torn=torn,
        )

    def _taken(self, picture: OrgView) -> Card:
        fit, user = picture.fit, picture.client_user
        now, zone = picture.clock.seen_org, picture.info.time_zone
        live = user is not None and user.token_state == TokenState.LIVE
        password = _since("since", fit.password_since, now, zone)
        token = (_since("mailed", fit.token_since, now, zone), FITS if live else BROKEN)
        if fit.token is TokenHalf.NOT_ASKED:
            token = ("not asked", QUIET)
        elif fit.token is TokenHalf.CODE_ASKED:
            token = ("a code", FITS)
        return Card(
            TAKEN,
            (password, FITS if fit.password_since is not None else BROKEN),
            token,
            dotted=fit.token is TokenHalf.NOT_ASKED,
        )


def _told(fits: bool | None, words: str) -> tuple[str, str]:
    """A half that is sent, and its colour."""
    if fits is None:
        return "held ?", "$text-warning bold"
    return f"{words} {'✓' if fits else '✗'}", f"{FITS if fits else BROKEN} bold"


def _since(word: str, moment: int | None, now: int, zone: str) -> str:
    if moment is None:
        return "none"
    then = at(moment, zone)
    same = then.date() == at(now, zone).date()
    return f"{word} {then:%H:%M}" if same else f"{word} {then.day} {then:%b}"


@dataclass(frozen=True, slots=True)
class Card:
    """A password half and a token half, each a text and its colour. `dotted`: the token half is
    not asked for; `torn`: the halves do not belong together any more.
    """

    inner: int
    password: tuple[str, str]
    token: tuple[str, str]
    dotted: bool = False
    torn: bool = False

    @property
    def width(self) -> int:
        """Columns of the card."""
        return 2 * self.inner + 5

    @property
    def top(self) -> Content:
        """The edge with the names of the halves."""
        password = " password ".ljust(self.inner + 1, "─")[: self.inner + 1]
        token = " token ".ljust(self.inner + 1, self._edge)[: self.inner + 1]
        return Content.styled(f"┌{password}{'╳' if self.torn else '┬'}{token}┐", QUIET)

    @property
    def middle(self) -> Content:
        """The halves."""
        glue = ("╳", BROKEN) if self.torn else ("┊" if self.dotted else "│", QUIET)
        return Content.assemble(
            ("│", QUIET), self._cell(self.password), glue, self._cell(self.token), ("│", QUIET)
        )

    @property
    def bottom(self) -> Content:
        """The lower edge."""
        halves = "─" * (self.inner + 1), self._edge * (self.inner + 1)
        return Content.styled(f"└{halves[0]}{'╳' if self.torn else '┴'}{halves[1]}┘", QUIET)

    @property
    def _edge(self) -> str:
        return "┄" if self.dotted else "─"

    def _cell(self, half: tuple[str, str]) -> Content:
        text, style = half
        return Content.styled(f" {text[: self.inner].ljust(self.inner)}", style)

"""Setup, Users: the user under the cursor. The lockout and the ways out of it, and the API clients
that log in as the user.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from freshtoken_model.decision.words import clock_words
from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.kinds import TokenState
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.consequence_tree import ConsequenceTree
from freshtoken_tui.widgets.countdown import CountsDown
from freshtoken_tui.widgets.lockout import time_bar, time_left, ways_of
from freshtoken_tui.widgets.notes import QUIET, show
from freshtoken_tui.words import HELD, HOLDS

if TYPE_CHECKING:
    from freshtoken_model.decision.consequences import Consequence
    from freshtoken_model.values.records import User
    from freshtoken_tui.view import OrgView

BAR = 20
"""Columns of the bar of a lockout."""


class UserDetail(Hosted, CountsDown, Vertical):
    """Who the user is, what state, what an admin just did."""

    DEFAULT_CSS = """
    UserDetail {
        height: auto;
        Static { height: auto; }
        ConsequenceTree { margin: 1 0 0 0; }
    }
    """

    _shown: tuple[User, OrgView] | None = None

    def compose(self) -> ComposeResult:
        """Compose the facts, and the tree of what was done."""
        yield Static(id="user-facts")
        yield Static(id="user-left", classes="-empty")
        yield Static(id="user-more")
        yield ConsequenceTree()

    def draw(self, user: User, picture: OrgView) -> None:
        """Show a user; what was done to another one is told no longer."""
        if self._shown is None or user.username != self._shown[0].username:
            self.tell(())
        self._shown = user, picture
        facts = [
            Content.styled(user.name, "bold"),
            Content(user.username),
            Content.styled(f"{user.email} · {user.profile}", QUIET),
            Content(""),
            *_state(user, picture),
        ]
        more = [
            *_ways_out(user, self.host.with_bound_keys),
            *_holders(user, picture, self.host.client.riddle(picture)),
        ]
        show(self.query_one("#user-facts", Static), Content("\n").join(facts))
        show(self.query_one("#user-more", Static), Content("\n").join(more))
        self.draw_time()

    def counted(self) -> User | None:
        """The user who is shown."""
        return self._shown[0] if self._shown is not None else None

    def draw_time(self) -> None:
        """Show what is left of the lockout."""
        words = Content("")
        if self._shown is not None and self._shown[0].locked_at is not None:
            user, now = self._shown[0], self._shown[1].clock.now(wall_clock())
            words = Content.assemble(time_bar(user, now, BAR), f" {time_left(user, now)}")
        show(self.query_one("#user-left", Static), words)

    def tell(self, found: Sequence[Consequence]) -> None:
        """Show what was done to the user."""
        self.query_one(ConsequenceTree).tell(found, moves=self.host.moves)


def _state(user: User, picture: OrgView) -> list[Content]:
    now, zone = picture.clock.now(wall_clock()), picture.info.time_zone
    token = user.token_state.replace("_", " ")
    if user.token_state is TokenState.RETIRED and user.token_retired_at is not None:
        token += f" since {clock_words(user.token_retired_at, now, zone)}"
    lines = [Content.assemble(("The user's security token  ", QUIET), token)]
    if user.locked_at is not None:
        lines += [Content(""), Content.styled("Locked out", "$text-error bold")]
    return lines


def _ways_out(user: User, bound: Callable[[str], str]) -> list[Content]:
    if user.locked_at is None:
        return []
    lines = [Content(""), Content.styled("Ways out", "bold")]
    for name, key, leaves, _ in ways_of(user):
        lines.append(Content.assemble((name.ljust(16), "bold"), bound(key)))
        lines.append(Content.styled(f"  {leaves}", QUIET))
    return lines


def _holders(user: User, picture: OrgView, riddle: bool) -> list[Content]:
    """The API clients that log in as the user, and the token that each holds."""
    holders = [client for client in picture.clients if client.username == user.username]
    if not holders:
        return []
    lines = [Content(""), Content.styled("API clients of this user", "bold")]
    for client in holders:
        untold = riddle and client.id == picture.client.id
        glyph, word, colour = HELD if untold else HOLDS[client.holds]
        style = f"$text-{colour}" if colour != "muted" else QUIET
        token = word if client.token else "no token"
        lines.append(Content.assemble((f"{glyph} ", style), client.name, (f"  {token}", QUIET)))
    return lines

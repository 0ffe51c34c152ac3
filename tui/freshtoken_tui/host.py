"""What pages, dialogs and the API client pane may use of the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from .parts.client import ClientPane
    from .parts.clock import ClockPart
    from .parts.exam import Exam
    from .parts.labs import Labs
    from .parts.org_session import OrgSession
    from .parts.rehearsals import Rehearsals

Answer = TypeVar("Answer")


@runtime_checkable
class Host(Protocol):
    """The app as its pages see it. What is not a use case is asked for by a message."""

    @property
    def org(self) -> OrgSession:
        """The org that is open: its view, its use cases."""

    @property
    def client(self) -> ClientPane:
        """The API client pane."""

    @property
    def clock(self) -> ClockPart:
        """Moves org time."""

    @property
    def labs(self) -> Labs:
        """The lab that is open."""

    @property
    def exam(self) -> Exam:
        """Questions, mock exams, experiments."""

    @property
    def rehearsals(self) -> Rehearsals:
        """The rehearsals that are kept."""

    @property
    def moves(self) -> bool:
        """Whether things on the screen may move by themselves."""

    def with_bound_keys(self, text: str) -> str:
        """A text that names keys, with those that the user bound."""

    async def show_dialog(self, screen: Screen[Any]) -> None:
        """Put a dialog over what is shown."""

    async def off_the_loop(self, what: Callable[[], Answer]) -> Answer | None:
        """Run something that blocks in a thread; None, and a toast, when it is refused."""

    def copy(self, text: str, what: str) -> None:
        """Put a text into the clipboard; `what` names it in the toast."""

    def wrote(self, path: Path, what: str) -> None:
        """Say that a file was written and `what` is in it. A browser downloads it."""


class Hosted:
    """A mixin of widgets and screens that use the app."""

    app: App[Any]

    @property
    def host(self) -> Host:
        """The app."""
        return host_of(self.app)


def host_of(app: App[Any]) -> Host:
    """An app that is a host. Raises TypeError for another one."""
    if not isinstance(app, Host):
        raise TypeError(f"{type(app).__name__} holds no org")
    return app

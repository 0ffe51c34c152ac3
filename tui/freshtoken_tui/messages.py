"""What a page, a dialog or a widget asks of the app, where it is not a use case of the org."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from freshtoken_model.training.demos.demos import Demo
    from freshtoken_model.training.exam.questions import Question
    from freshtoken_model.training.labs.labs import Lab


class Request(Message):
    """What the app does for who posts it: the part that says so in `requests()`."""


@dataclass
class DoCommand(Request):
    """Do a command of the app, by its id in commands.py."""

    id: str


@dataclass
class OpenPage(Request):
    """Open a page by its name."""

    name: str


@dataclass
class ShowAttempt(Request):
    """Show what the org decided at an event, in the API client pane."""

    event_id: int


@dataclass
class ShowClient(Request):
    """Show another API client in the pane. `open`: go to the pane where it covers the page."""

    client_id: int
    open: bool = False


class LogOut(Request):
    """End the session of the user interface."""


@dataclass
class ChooseSetting(Request):
    """A picklist of Setup or Assumptions was changed."""

    name: str
    value: str


@dataclass
class OpenLab(Request):
    """Start a lab, or go on with it."""

    lab: Lab


@dataclass
class PlayDemo(Request):
    """Play a demo."""

    demo: Demo


class GoOnWithDemo(Request):
    """Go on with a demo that was taken over."""


@dataclass
class Practise(Request):
    """Ask questions one by one."""

    questions: list[Question]


@dataclass
class Prove(Request):
    """Play a question's experiment. `order`: the options as they were shown; `came_from`: the page
    to go back to.
    """

    question: Question
    order: list[int]
    came_from: str

"""The Wire tab: answer and request exactly as they went, secrets as dots until asked. The answer
comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from freshtoken_api.faults import fault_text
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.kinds import FaultKey
from freshtoken_tui.widgets.notes import MarginNote, show

if TYPE_CHECKING:
    from freshtoken_api.client.tape import Exchange, Message
    from freshtoken_model.history.event_log import AttemptRow

HEADER_STYLE = "$foreground 65%"


class WireView(VerticalScroll):
    """One exchange of the client."""

    DEFAULT_CSS = """
    WireView {
        height: 1fr;
        #wire { height: auto; }
        #rebuilt { margin: 0 0 1 0; }
    }
    """

    def compose(self) -> ComposeResult:
        """A note for what was rebuilt, and the exchange."""
        yield MarginNote(id="rebuilt")
        yield Static(id="wire")

    def draw(self, exchange: Exchange | None, attempt: AttemptRow | None, revealed: bool) -> None:
        """Show an exchange of this process; else what can be rebuilt of an attempt made
        elsewhere.
        """
        note, wire = self.query_one("#rebuilt", MarginNote), self.query_one("#wire", Static)
        if exchange is not None:
            note.tell("")
            seen = (lambda text: text) if revealed else exchange.redacted
            answered = exchange.response.line.startswith("HTTP/1.1 2")
            answer = _message(
                "← ",
                exchange.response,
                seen,
                "$text-success bold" if answered else "$text-error bold",
            )
            show(
                wire,
                Content("\n\n").join(
                    [answer, _message("→ ", exchange.request, seen, "$text-primary bold")]
                ),
            )
        elif attempt is not None:
            note.tell("There is no recording of this login; this is what the org remembers of it.")
            show(wire, _rebuilt(attempt))
        else:
            note.tell("")
            show(wire, Content.styled("Nothing was sent yet.", "$foreground 60%"))


def _message(arrow: str, message: Message, seen: Callable[[str], str], style: str) -> Content:
    lines = [Content.styled(arrow + seen(message.line), style)]
    lines += [
        Content.styled(f"{name}: {seen(value)}", HEADER_STYLE) for name, value in message.headers
    ]
    if message.body:
        lines += [Content(""), _highlighted(seen(message.body), style)]
    return Content("\n").join(lines)


TAGS = re.compile(r"<[^<>]*>")
TELLING = re.compile(
    r'<(?:faultstring|sessionId|size)>([^<]+)|"(?:error|error_description|message|errorCode)":"([^"]+)'
)


def _highlighted(body: str, style: str) -> Content:
    """The body, byte for byte; tags step back, what the client is told stands out."""
    content = Content(body)
    for tag in TAGS.finditer(body):
        content = content.stylize("$foreground 60%", *tag.span())
    for told in TELLING.finditer(body):
        content = content.stylize(style, *told.span(told.lastindex or 0))
    return content


def _rebuilt(attempt: AttemptRow) -> Content:
    shape = attempt.shape
    door = Door(shape.get("door", Door.SOAP))
    lines = [
        Content.styled(f"→ {shape.get('endpoint') or 'the login page'}", "$text-primary bold"),
        Content.styled(
            f"from {shape.get('address')}, by {shape.get('application') or 'an unnamed client'}",
            HEADER_STYLE,
        ),
    ]
    if attempt.accepted:
        lines.append(Content.styled("← accepted: a session ID", "$text-success bold"))
    else:
        fault = fault_text(
            attempt.event.detail or FaultKey.INVALID_LOGIN,
            door,
            version=shape.get("api_version", ""),
        )
        code = f"{fault.code}: " if fault.code else ""
        lines.append(
            Content.styled(f"← {fault.http_status}  {code}{fault.message}", "$text-error bold")
        )
    return Content("\n").join(lines)

"""The Wire tab: request and answer, indented for reading or byte for byte; secrets as dots until
asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message as Posted
from textual.widgets import Static

from freshtoken_api.client.code import curl_of
from freshtoken_api.faults import fault_text
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.kinds import FaultKey
from freshtoken_tui.widgets.notes import MarginNote, show

from .pretty import folded

if TYPE_CHECKING:
    from freshtoken_api.client.tape import Exchange, Message
    from freshtoken_model.history.event_log import AttemptRow

QUIET = "$foreground 60%"
DECIDING = re.compile(
    r"<faultstring>[^<]*|<sessionId>[^<]*|<size>[^<]*"
    r'|"(?:error_description|message|totalSize|access_token)" ?: ?"?[^",}]*'
)
"""What decides: what the client is told, or the session that it gets."""
TAG = re.compile(r"</?[\w:.-]+[^<>]*>")
KEY = re.compile(r'"[^"\n]+"(?= ?:)')


class WireView(VerticalScroll):
    """One exchange of the client."""

    DEFAULT_CSS = """
    WireView {
        height: 1fr;
        #wire { height: auto; }
        #rebuilt { margin: 0 0 1 0; }
    }
    """

    class Copied(Posted):
        """Somebody wants this text in the clipboard."""

        def __init__(self, text: str, what: str) -> None:
            self.text, self.what = text, what
            super().__init__()

    exact = False
    """Whether every byte is shown, with all headers."""
    _drawn: tuple[Exchange | None, AttemptRow | None, bool] = (None, None, False)

    def compose(self) -> ComposeResult:
        """A note for what was rebuilt, and the exchange."""
        yield MarginNote(id="rebuilt")
        yield Static(id="wire")

    def draw(self, exchange: Exchange | None, attempt: AttemptRow | None, revealed: bool) -> None:
        """Show an exchange of this process; else what can be rebuilt of an attempt made
        elsewhere.
        """
        new = exchange is not self._drawn[0]
        self._drawn = exchange, attempt, revealed
        note, wire = self.query_one("#rebuilt", MarginNote), self.query_one("#wire", Static)
        if exchange is not None:
            note.tell("")
            text = self._exchange(exchange, revealed)
            show(wire, text)
            if new:
                self.call_after_refresh(self._show_deciding, text.plain)
        elif attempt is not None:
            note.tell(
                "This login took place before or elsewhere: this is what the org knows of it."
            )
            show(wire, _rebuilt(attempt))
        else:
            note.tell("")
            show(wire, Content.styled("Nothing was sent yet. f9 logs in.", QUIET))

    def on_show(self) -> None:
        """The tab came into sight: so does the line that decides."""
        exchange, _, revealed = self._drawn
        if exchange is not None:
            self.call_after_refresh(self._show_deciding, self._exchange(exchange, revealed).plain)

    def _exchange(self, exchange: Exchange, revealed: bool) -> Content:
        seen = (lambda text: text) if revealed else exchange.redacted
        answered = exchange.response.line.startswith("HTTP/1.1 2")
        told = "$text-success bold" if answered else "$text-error bold"
        return Content("\n").join(
            [
                self._message("→", exchange.request, seen, "$text-primary bold", ""),
                Content(""),
                self._message("←", exchange.response, seen, told, told),
            ]
        )

    def _message(
        self,
        arrow: str,
        message: Message,
        seen: Callable[[str], str],
        style: str,
        deciding: str,
    ) -> Content:
        line = seen(message.line)
        if self.exact:
            lines = [Content.styled(f"{arrow} {line}", style)]
            lines += [Content.styled(f"{n}: {seen(v)}", QUIET) for n, v in message.headers]
            return Content("\n").join(
                [*lines, Content(""), _coloured(seen(message.body), deciding)]
            )
        line = line.removeprefix("HTTP/1.1 ").removesuffix(" HTTP/1.1")
        count = len(message.headers)
        hidden = f"   {count} header{'' if count == 1 else 's'}" if count else ""
        head = Content.assemble((f"{arrow} {line}", style), (hidden, QUIET))
        if not message.body:
            return head
        return Content("\n").join([head, _coloured(folded(seen(message.body)), deciding)])

    def _show_deciding(self, text: str) -> None:
        """Scroll to the line that decides, with a line around it."""
        found = DECIDING.search(text, text.find("\n←"))
        if found is None:
            return
        width = max(1, self.query_one("#wire").size.width)
        above = sum(-(-max(1, len(line)) // width) for line in text[: found.start()].split("\n"))
        self.scroll_to_region(Region(0, max(0, above - 1), 1, 4), animate=False)

    def action_exact(self) -> None:
        """Show every byte, or the indented form again."""
        self.exact = not self.exact
        self.draw(*self._drawn)

    def action_curl(self) -> None:
        """Copy the request as a curl command."""
        exchange = self._drawn[0]
        if exchange is None:
            self.app.notify("This login was not recorded here.", severity="warning")
        else:
            words = "the request as curl, with the secrets in it"
            self.post_message(self.Copied(curl_of(exchange.request), words))


def _coloured(body: str, deciding: str) -> Content:
    """Tags and keys step back; what decides stands out, where it is told."""
    content = Content(body)
    for quiet in (TAG, KEY):
        for found in quiet.finditer(body):
            content = content.stylize(QUIET, *found.span())
    if deciding:
        for told in DECIDING.finditer(body):
            content = content.stylize(deciding, *told.span())
    return content


def _rebuilt(attempt: AttemptRow) -> Content:
    shape = attempt.shape
    door = Door(shape.get("door", Door.SOAP))
    lines = [
        Content.styled(f"→ {shape.get('endpoint') or 'the login page'}", "$text-primary bold"),
        Content.styled(
            f"from {shape.get('address')}, by {shape.get('application') or 'an unnamed client'}",
            QUIET,
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

"""The API client pane: state light, what the client holds, what it was told, and what the org
really decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import var
from textual.widgets import Button, DataTable, Input, Select, Static, TabbedContent, TabPane

from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_tui.commands import local_keys
from freshtoken_tui.host import Hosted
from freshtoken_tui.messages import ShowClient
from freshtoken_tui.widgets.field import Buttons, button
from freshtoken_tui.widgets.header_bar import styled
from freshtoken_tui.widgets.notes import entitle, show
from freshtoken_tui.widgets.plain import PlainTitles
from freshtoken_tui.words import COLOURS, LEGEND, NEXT_TAB, shown_light

from .about import HELP
from .attempts import Attempts, LastAttempts
from .attempts_row import AttemptsRow
from .code_view import CodeView
from .gate_trace import GateTrace
from .holdings import Holdings
from .lock_and_key import LockAndKey
from .strip import schedule_words
from .timeline import ClientTimeline
from .wire_view import WireView

if TYPE_CHECKING:
    from freshtoken_model.history.event_log import AttemptRow
    from freshtoken_tui.view import OrgView

LONG = 160
"""Characters of a fault that has no room beside the light: Wire and Why have the whole text."""
PANE_TABS = ("wire", "why", "code", "attempts")


class ApiClientPane(Hosted, PlainTitles, Vertical):
    """The pane beside every screen of the org."""

    HELP = HELP

    BINDINGS = local_keys(
        "client_pane",
        ("g", "of_tab('why', 'unfold')", "All gates"),
        ("s", "of_tab('why', 'sources')", "Sources"),
        ("r", "of_tab('wire', 'exact')", "Exact bytes"),
        ("c", "of_tab('wire', 'curl')", "Copy as curl"),
    )

    picture: var[OrgView | None] = var(None)
    revealed: var[bool] = var(False)
    busy: var[bool] = var(False)
    chosen: var[int | None] = var(None)
    """The event id of the attempt that was chosen; None follows the newest one."""

    _fetched: AttemptRow | None = None
    """The attempt that was asked for from elsewhere; older than the newest ones, maybe."""
    _why_by_itself = False
    """Whether Why was opened by a refusal, not by a key, since the last login."""
    _why_is_new = True
    """Whether nobody has seen a refusal's gates in this app."""
    answered = 0
    """Calls that have ended: a demo waits for the next one."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.holdings = Holdings(id="holdings")

    def compose(self) -> ComposeResult:
        """Light, credentials, buttons, timeline, tabs."""
        with Horizontal(id="light-row"):
            yield Static(id="light")
            yield Static(id="told")
        yield LockAndKey()
        yield self.holdings
        with Buttons(id="client-buttons"):
            yield button("Log in", "client-login", "primary", key="f9")
            yield button("Query", "client-query", key="ctrl+g")
            yield button("Newest token", "client-paste", key="f10")
            yield button("New password", "client-new")
        yield AttemptsRow(id="attempts-row")
        yield ClientTimeline()
        with TabbedContent(initial="tab-wire", id="client-tabs"):
            with TabPane("Wire", id="tab-wire"):
                yield WireView()
            with TabPane("Why", id="tab-why"):
                yield GateTrace()
            with TabPane("Code", id="tab-code"):
                yield CodeView()
            with TabPane("Attempts", id="tab-attempts"):
                yield Attempts()
        yield LastAttempts(id="last-attempts")

    def on_mount(self) -> None:
        """Say what the pane is, and what its notes are."""
        self.border_title = "API client"
        self.border_subtitle = f"{NEXT_TAB}  ▌ {LEGEND}"

    def watch_picture(self, picture: OrgView | None) -> None:
        """Redraw the client."""
        if picture is None or not self.is_mounted:
            return
        entitle(self, f"API client · {picture.client.name}{schedule_words(picture)}")
        self._draw_light(picture)
        self.holdings.draw(picture)
        self._offer(picture)
        self.query_one(ClientTimeline).picture = picture
        self._draw_tabs()

    def watch_revealed(self, revealed: bool) -> None:
        """Secrets in clear, or as dots."""
        for field in self.query("#client-password, #client-token").results(Input):
            field.password = not revealed
        self._draw_tabs()

    def watch_busy(self, busy: bool) -> None:
        """A login in flight is never cancelled: the buttons wait for it, and keep the focus."""
        self.query("#client-login, #client-query").set_class(busy, "-busy")

    def watch_chosen(self) -> None:
        """Another attempt is shown."""
        self._draw_tabs()

    def _draw_light(self, picture: OrgView) -> None:
        shown = shown_light(picture)
        row = self.query_one("#light-row")
        for colour in COLOURS:
            row.set_class(shown.colour == colour, f"-{colour}")
        word = styled(f"{shown.glyph} {shown.word}", shown.colour, "bold")
        show(self.query_one("#light", Static), word)
        told = picture.client.told or "It has not called yet."
        if len(told) > LONG:
            told = f"{told.split('. ', 1)[0]}. … (the whole text: Wire)"
        show(self.query_one("#told", Static), Content(told))
        self.draw_halves(picture)
        self.query_one(AttemptsRow).draw(picture)

    def draw_halves(self, picture: OrgView) -> None:
        """What the client sends beside what the org takes, as far as it may be told."""
        keys = self.query_one(LockAndKey)
        keys.picture, keys.riddle = picture, self.host.client.riddle(picture)

    def _offer(self, picture: OrgView) -> None:
        """Disable what this client cannot be asked to do."""
        client = picture.client
        by_itself = client.outside or client.protocol == Door.JWT_BEARER
        for name in ("login", "query"):
            self.query_one(f"#client-{name}", Button).disabled = by_itself
        self.query_one("#client-paste", Button).disabled = picture.fit.secretless
        self.query_one("#client-new", Button).display = bool(
            self.host.client.offered_password(picture)
        )
        self.query_one("#client-buttons", Buttons).fit()

    def _draw_tabs(self) -> None:
        picture = self.picture
        if picture is None:
            return
        attempt = self._attempt(picture)
        client = self.host.org.api_client
        exchange = None
        if client is not None:
            mine = [e for e in client.exchanges if e.client_id == picture.client.id]
            if self.chosen is None:
                exchange = mine[-1] if mine else None
                newest = picture.last_attempt.event.id if picture.last_attempt else 0
                if (
                    exchange is not None
                    and exchange.event_id is not None
                    and exchange.event_id < newest
                ):
                    exchange = None
            elif attempt is not None:
                exchange = client.of_event(attempt.event.id)
        self.query_one(WireView).draw(exchange, attempt, self.revealed)
        self.query_one(GateTrace).draw(attempt, picture, self.chosen is None)
        self._look_at_why(attempt)
        self.query_one(CodeView).draw(picture, self.revealed)
        self.query_one(Attempts).draw(picture)
        self.query_one(LastAttempts).draw(picture)

    def _look_at_why(self, attempt: AttemptRow | None) -> None:
        """Why is open for an attempt: what the client could not know is no riddle any more."""
        if attempt is not None and self.display and self.query_one("#tab-why").display:
            self.call_later(self.host.client.saw_why, attempt.event.id)

    @on(TabbedContent.TabActivated)
    def _turned(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        self.set_class(event.pane.id == "tab-why", "-why")
        self.refresh_bindings()  # each tab has keys of its own
        if self.picture is not None:
            self._look_at_why(self._attempt(self.picture))

    def on_show(self) -> None:
        """The pane came into sight."""
        if self.picture is not None:
            self._look_at_why(self._attempt(self.picture))

    def show(self, attempt: AttemptRow) -> None:
        """Show an attempt, however old: its Why, and its Wire one tab before."""
        self._fetched, self.chosen = attempt, attempt.event.id
        self._draw_tabs()
        self.query_one(TabbedContent).active = "tab-why"

    def _attempt(self, picture: OrgView) -> AttemptRow | None:
        if self.chosen is not None:
            known = (*picture.attempts, *((self._fetched,) if self._fetched else ()))
            found: AttemptRow | None = next((a for a in known if a.event.id == self.chosen), None)
            if found is not None:
                return found
        return picture.last_attempt

    async def action_of_tab(self, tab: str, action: str) -> None:
        """What a key does in a tab, wherever in the pane the focus is."""
        await {"why": self.query_one(GateTrace), "wire": self.query_one(WireView)}[tab].run_action(
            action
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys of the tab in front."""
        if action != "of_tab":
            return True
        return bool(self.query("#client-tabs")) and (
            self.query_one(TabbedContent).active == f"tab-{parameters[0]}"
        )

    def next_tab(self) -> None:
        """Show the next tab."""
        tabs = self.query_one(TabbedContent)
        place = PANE_TABS.index(tabs.active.removeprefix("tab-"))
        tabs.active = f"tab-{PANE_TABS[(place + 1) % len(PANE_TABS)]}"

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "client-login":
                self.log_in()
            case "client-query":
                self.query_org()
            case "client-paste":
                self.paste_newest_token()
            case "client-new" if self.picture is not None:
                self.query_one("#client-login").focus()
                self.hold({"password": self.host.client.offered_password(self.picture)})

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.log_in()

    @on(Input.Blurred)
    @work(group="client")
    async def _left(self, event: Input.Blurred) -> None:
        event.stop()
        await self.keep()

    @on(Select.Changed)
    def _switched(self, event: Select.Changed) -> None:
        event.stop()
        field = {
            "client-network": "network_id",
            "client-protocol": "protocol",
            "client-version": "api_version",
        }.get(str(event.select.id))
        picture = self.picture
        if (
            field is None
            or picture is None
            or event.value is Select.NULL
            or getattr(picture.client, field) == event.value
        ):
            return
        self.hold({field: cast("str | int", event.value)})

    @on(WireView.Copied)
    @on(CodeView.Copied)
    def _copied(self, event: CodeView.Copied | WireView.Copied) -> None:
        event.stop()
        self.host.copy(event.text, event.what)

    @on(DataTable.RowSelected, "#attempts")
    def _choose(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if event.row_key.value is not None:
            self.chosen = int(event.row_key.value)
            self.query_one(TabbedContent).active = "tab-why"

    @property
    def ready(self) -> bool:
        """Whether it shows a client, and waits for no answer."""
        return self.holdings.client is not None and not self.busy

    async def keep(self) -> None:
        """Put what was typed into the client it was typed for."""
        changes, client = self.holdings.typed(), self.holdings.client
        if changes and client is not None:
            await self.host.org.run_or_toast(lambda org: org.clients.hold(client.id, **changes))

    @work(group="client")
    async def hold(self, changes: dict[str, str | int]) -> None:
        """Put something into the client."""
        if self.picture is not None:
            client_id = self.picture.client.id
            await self.host.org.run_or_toast(lambda org: org.clients.hold(client_id, **changes))

    @work(group="client")
    async def log_in(self) -> None:
        """The client logs in with what the fields show."""
        await self._call("login")
        self.answered += 1

    @work(group="client")
    async def query_org(self) -> None:
        """The client queries with its session."""
        await self._call("query")
        self.answered += 1

    async def _call(self, purpose: str) -> None:
        if purpose == "login" and self._why_by_itself:
            # it opened by itself once; from now on the answer comes first, and Why is asked for
            self._why_by_itself = False
            self.query_one(TabbedContent).active = "tab-wire"
        client, picture = self.host.org.api_client, self.picture
        if client is None or picture is None or self.busy:
            return
        if picture.client.outside:
            self.app.notify(
                "This client is outside: it calls when it wants to.", severity="warning"
            )
            return
        if picture.client.protocol == Door.JWT_BEARER:
            self.app.notify(
                "It signs with a key that freshtoken does not have; its schedule runs it.",
                severity="warning",
            )
            return
        self.busy, self.chosen = True, None
        try:
            changes, client_id = self.holdings.typed(), picture.client.id
            if changes:
                await self.host.org.run_or_toast(lambda org: org.clients.hold(client_id, **changes))
            await self.host.org.call(
                client.login(client_id) if purpose == "login" else client.query(client_id)
            )
        finally:
            self.busy = False
        if purpose == "login":
            self._open_why_once()

    def _open_why_once(self) -> None:
        """Show the gates at the first refusal, over the page where the client is not in sight: who
        never saw Why does not look for it.
        """
        picture = self.host.org.view
        opens = self._why_is_new and self.host.client.opens_why
        if picture is None or picture.light != Light.BLOCKED or not opens:
            return
        self._why_is_new, self._why_by_itself = False, True
        self.query_one(TabbedContent).active = "tab-why"
        if self.host.client.covers_page:
            self.post_message(ShowClient(picture.client.id, open=True))

    @work(group="client")
    async def paste_newest_token(self) -> None:
        """Put the newest mailed token of the client's user into the client."""
        picture = self.picture
        if picture is None:
            return
        username = self.query_one("#client-username", Input).value.strip()
        token = await self.host.org.run_or_toast(lambda org: org.mail.newest_token(username))
        if not token:
            self.app.notify(f"No mail to {username} carries a token.", severity="warning")
            return
        self.put_token(token)

    @work(group="client")
    async def put_token(self, token: str) -> None:
        """Put a token into the client, with whatever else was typed."""
        if self.picture is not None:
            client_id = self.picture.client.id
            self.query_one("#client-token", Input).value = token
            await self.host.org.run_or_toast(
                lambda org: org.clients.hold(client_id, **{**self.holdings.typed(), "token": token})
            )

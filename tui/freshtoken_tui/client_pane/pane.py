"""The API client pane: state light, what the client holds, what it was told, and what the org
really decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Button, DataTable, Input, Select, Static, TabbedContent, TabPane

from freshtoken_model.decision.client_note import client_note
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.simulation.integrations import interval
from freshtoken_model.values.clock import at
from freshtoken_model.values.kinds import TokenState
from freshtoken_tui.host import Hosted
from freshtoken_tui.widgets.field import Buttons, Field, button
from freshtoken_tui.widgets.header_bar import styled
from freshtoken_tui.widgets.notes import MarginNote, show
from freshtoken_tui.widgets.plain import Picklist, PlainTitles
from freshtoken_tui.words import HOLDS, LEGEND, LIGHTS, NEXT_TAB

from .attempts import Attempts
from .code_view import CodeView
from .gate_trace import GateTrace
from .timeline import ClientTimeline
from .wire_view import WireView

if TYPE_CHECKING:
    from freshtoken_model.history.login_history import AttemptRow
    from freshtoken_model.values.records import Client, Network
    from freshtoken_tui.view import OrgView

LONG = 160
"""Characters of a fault that a low window cannot show above the tabs."""
PANE_TABS = ("wire", "why", "code", "attempts")
PROTOCOL_CHOICES = (
    ("SOAP login()", Door.SOAP),
    ("OAuth username-password", Door.OAUTH),
    ("OAuth client credentials", Door.CLIENT_CREDENTIALS),
    ("OAuth JWT bearer, by schedule", Door.JWT_BEARER),
)
VERSIONS = tuple(f"{number}.0" for number in range(68, 29, -1))
HELD = {"client-username": "username", "client-password": "password", "client-token": "token"}


class ApiClientPane(Hosted, PlainTitles, Vertical):
    """The pane beside every screen of the org."""

    HELP = """\
## API client
A program that holds credentials and calls the org, as your nightly jobs do. It is a real HTTP
client; the request and the answer on **Wire** are what went over.

- **Log in** (f9) sends password and token, glued together: the org never sees them apart.
- **Query** (ctrl+g) uses the session it already has. A password change does not end it
  [assumption own_change_ends_sessions].
- **Paste newest token** (f10) takes the newest mailed token. Whether it still works, you will see.
- **Why** shows the gates of the attempt, **Attempts** every login with this username (enter chooses
  one).
- **OAuth client credentials** presents neither password nor token: log it in before and after a
  password change.
- A client **from outside** (ctrl+s opens the ports) appears by itself when it calls; what it holds
  is its own affair.
- ctrl+t goes through the tabs, ctrl+r shows the secrets.
"""

    picture: reactive[OrgView | None] = reactive(None)
    revealed: reactive[bool] = reactive(False)
    busy: reactive[bool] = reactive(False)
    chosen: reactive[int | None] = reactive(None)
    """The event id of the attempt that was chosen; None follows the newest one."""

    _fetched: AttemptRow | None = None
    """The attempt that was asked for from elsewhere; older than the newest ones, maybe."""
    answered = 0
    """Calls that have ended: a demo waits for the next one."""
    _drawn: Client | None = None
    _networks: tuple[Network, ...] = ()
    """What the fields were filled from: what differs was typed."""

    def compose(self) -> ComposeResult:
        """Light, credentials, buttons, timeline, tabs."""
        with Horizontal(id="light-row"):
            yield Static(id="light")
            with Vertical(id="told-column"):
                yield Static(id="told")
                yield MarginNote(id="left")
        with VerticalScroll(id="holdings", can_focus=False):
            yield Field("Username", Input(id="client-username", compact=True))
            with Horizontal(classes="pair -secret"):
                yield Field("Password", Input(id="client-password", password=True, compact=True))
            with Horizontal(classes="pair -secret"):
                yield Field(
                    "Token",
                    Input(id="client-token", password=True, compact=True, placeholder="none"),
                )
                yield Static(id="token-state")
            with Horizontal(classes="pair -own"):
                yield Field(
                    "From", Picklist((), id="client-network", compact=True, prompt="network")
                )
                yield MarginNote(id="network-note")
            with Horizontal(classes="pair -own"):
                yield Field(
                    "Calls",
                    Picklist(
                        PROTOCOL_CHOICES, id="client-protocol", allow_blank=False, compact=True
                    ),
                )
                yield Picklist(
                    [(f"v{v}", v) for v in VERSIONS],
                    id="client-version",
                    allow_blank=False,
                    value="64.0",
                    compact=True,
                )
        with Buttons(id="client-buttons"):
            yield button("Log in", "client-login", "primary", key="f9")
            yield button("Query", "client-query", key="^g")
            yield button("Paste newest token", "client-paste", key="f10")
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

    def on_mount(self) -> None:
        """Say what the pane is, and what its notes are."""
        self.border_title = "API client"
        self.border_subtitle = f"{NEXT_TAB}  ▌ {LEGEND}"

    def watch_picture(self, picture: OrgView | None) -> None:
        """Redraw the client."""
        if picture is None or not self.is_mounted:
            return
        self.border_title = f"API client · {picture.client.name}{_schedule(picture)}"
        self._draw_light(picture)
        self._draw_holdings(picture)
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
        glyph, word, colour = LIGHTS[picture.light]
        row = self.query_one("#light-row")
        for _, _, other in LIGHTS.values():
            row.set_class(other == colour, f"-{other}")
        show(self.query_one("#light", Static), styled(f"{glyph} {word}", colour, "bold"))
        told = picture.client.told or "It has not called yet."
        if len(told) > LONG and self.screen.has_class("-low", "-narrow"):
            told = f"{told.split('. ', 1)[0]}. … (the whole text: Wire)"
        show(self.query_one("#told", Static), Content(told))
        refused_by = picture.attempts[0].refused_by if picture.attempts else ""
        note = client_note(
            picture.client,
            picture.client_user,
            picture.attempts_left,
            refused_by,
            picture.clock.seen_org,
            picture.info.time_zone,
        )
        self.query_one("#left", MarginNote).tell(note)

    def _draw_holdings(self, picture: OrgView) -> None:
        client = picture.client
        self._offer(client)
        other = self._drawn is None or self._drawn.id != client.id
        with self.prevent(Input.Changed, Select.Changed):
            for name, field in HELD.items():
                input_ = self.query_one(f"#{name}", Input)
                if other or not input_.has_focus or input_.value == getattr(self._drawn, field):
                    input_.value = getattr(client, field)
            networks = self.query_one("#client-network", Select)
            if picture.networks != self._networks:
                networks.set_options([(f"{n.label} {n.address}", n.id) for n in picture.networks])
                self._networks = picture.networks
            networks.value = client.network_id
            if not client.outside:
                self.query_one("#client-protocol", Select).value = client.protocol
            version = self.query_one("#client-version", Select)
            version.value = client.api_version
            version.display = client.protocol == Door.SOAP
        self._drawn = client
        trusted = (
            "trusted: no token needed"
            if picture.network.trusted
            else "not trusted: a token is needed"
        )
        self.query_one("#network-note", MarginNote).tell(trusted)
        glyph, word, colour = HOLDS[client.holds]
        state = styled(f"{glyph} {word}", colour, "bold")
        user = picture.client_user
        if (
            picture.light == Light.BLOCKED
            and client.holds == TokenState.RETIRED
            and user is not None
            and user.token_state == TokenState.LIVE
        ):
            state = Content.assemble(state, (" · a newer one exists", "$foreground 70%"))
        show(self.query_one("#token-state", Static), state)

    def _offer(self, client: Client) -> None:
        """Hide what this client does not have: its secrets, or, for one from outside,
        everything but its name.
        """
        signs = client.protocol == Door.JWT_BEARER
        secretless = client.outside or signs or client.protocol == Door.CLIENT_CREDENTIALS
        holdings = self.query_one("#holdings")
        holdings.set_class(secretless, "-secretless")
        holdings.set_class(client.outside, "-outside")
        self.query_one("#client-username", Input).disabled = secretless and not (
            signs and not client.outside
        )
        for name in ("login", "query", "paste"):
            self.query_one(f"#client-{name}", Button).disabled = (
                client.outside or signs or (secretless and name == "paste")
            )

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
                newest = picture.attempts[0].event.id if picture.attempts else 0
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
        self.query_one(CodeView).draw(picture, self.revealed)
        self.query_one(Attempts).draw(picture)

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
        return picture.attempts[0] if picture.attempts else None

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

    @on(CodeView.Copied)
    def _copied(self, event: CodeView.Copied) -> None:
        event.stop()
        self.host.copy(event.text, event.what)

    @on(DataTable.RowSelected, "#attempts")
    def _choose(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if event.row_key.value is not None:
            self.chosen = int(event.row_key.value)
            self.query_one(TabbedContent).active = "tab-why"

    def _typed(self) -> dict[str, str | int]:
        """What was typed and the client does not hold yet."""
        if self._drawn is None:
            return {}
        typed = {field: self.query_one(f"#{name}", Input).value for name, field in HELD.items()}
        typed["username"] = typed["username"].strip()
        typed["token"] = typed["token"].strip()
        return {
            field: value for field, value in typed.items() if getattr(self._drawn, field) != value
        }

    @property
    def ready(self) -> bool:
        """Whether it shows a client, and waits for no answer."""
        return self._drawn is not None and not self.busy

    async def keep(self) -> None:
        """Put what was typed into the client it was typed for."""
        changes, client = self._typed(), self._drawn
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
            changes, client_id = self._typed(), picture.client.id
            if changes:
                await self.host.org.run_or_toast(lambda org: org.clients.hold(client_id, **changes))
            await self.host.org.call(
                client.login(client_id) if purpose == "login" else client.query(client_id)
            )
        finally:
            self.busy = False

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
                lambda org: org.clients.hold(client_id, **{**self._typed(), "token": token})
            )


def _schedule(picture: OrgView) -> str:
    """When the client runs by itself, for the border."""
    plan = picture.plan
    if plan is None:
        return ""
    if plan.next_due is None:
        return " · stopped by itself" if plan.stopped else " · paused"
    again = "tries again" if plan.tries else f"every {interval(plan.every)}, next"
    return f" · {again} {at(plan.next_due, picture.info.time_zone):%H:%M}"

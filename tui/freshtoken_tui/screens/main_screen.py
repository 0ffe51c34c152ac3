"""The one screen of the org: header, a page, the API client beside it (or one key away), footer."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from freshtoken_model.decision.lights import Light
from freshtoken_tui.commands import local_keys
from freshtoken_tui.host import Hosted
from freshtoken_tui.messages import OpenPage
from freshtoken_tui.widgets.guide_bar import GuideBar
from freshtoken_tui.widgets.header_bar import HeaderBar
from freshtoken_tui.widgets.key_bar import KeyBar
from freshtoken_tui.widgets.places_bar import PlacesBar

from .home import Home
from .login import LoginForm
from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_tui.client_pane.pane import ApiClientPane
    from freshtoken_tui.client_pane.strip import ClientStrip
    from freshtoken_tui.demo.player import DemoPlayer
    from freshtoken_tui.view import OrgView
    from freshtoken_tui.widgets.demo_bar import BigCaption, DemoBar

PAGES = {
    "home": "home:Home",
    "change_password": "change_password:ChangePassword",
    "reset_token": "reset_token:ResetToken",
    "inbox": "inbox:Inbox",
    "history": "login_history:LoginHistory",
    "setup": "setup.page:SetupPage",
    "timeline": "timeline:TimelinePage",
    "incident": "incident:IncidentPage",
    "assumptions": "assumptions:Assumptions",
    "production": "production:Production",
    "labs": "labs:LabsPage",
    "lab": "lab:LabPage",
    "demos": "demos:DemosPage",
    "exam": "exam:ExamPage",
    "question": "question:QuestionPage",
    "proof": "proof:ProofPage",
    "sitting": "sitting:SittingPage",
    "result": "result:ResultPage",
    "rehearsals": "rehearsals:RehearsalsPage",
}
"""Pages by name; imported and mounted when first opened."""
ROOM_FOR_BOTH = 35
"""Rows of a window from which on Why has room below what the client holds."""
FIRST_CSS = ("main_screen.tcss", "login.tcss", "home.tcss")
"""Read for the first paint, by the app."""


def _seen(widget: Widget) -> bool:
    """Whether neither the widget nor anything around it is hidden."""
    return all(n.display for n in widget.ancestors_with_self if isinstance(n, Widget))


class MainScreen(Hosted, Screen[None]):
    """Header, page, API client, footer."""

    BINDINGS = local_keys(
        "main",
        ("escape", "leave_client", "Back"),
    )
    AUTO_FOCUS = "#login-password"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (80, "-small"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-low"), (30, "-tall"), (46, "-huge")]
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual would paint the whole screen when the focus moves; what shows it paints itself."""
    _has_all_styles = False
    guided = True
    """Whether the guide is shown where it has something to say."""
    client: ApiClientPane | None = None
    strip: ClientStrip | None = None
    guide: GuideBar | None = None
    captions: tuple[DemoBar, BigCaption] | None = None
    """What follows the first paint, once it is there. Held, because looking through all widgets
    takes milliseconds.
    """

    def __init__(self) -> None:
        super().__init__(classes=PageKind.STAGE.value)
        self.header = HeaderBar()
        self.places = PlacesBar()

    def compose(self) -> ComposeResult:
        """The login frame only: the rest follows the first paint."""
        yield self.header
        yield self.places
        with (
            Horizontal(id="body"),
            Vertical(id="page-column"),
            ContentSwitcher(initial="page-home", id="pages"),
        ):
            yield Home(id="page-home")
        yield Static(
            Content("freshtoken needs 60 columns and 20 rows.\nMake the window larger, please."),
            id="larger",
        )
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the focus."""
        self.watch(self, "focused", self._show_side, init=False)

    def _show_side(self, focused: Widget | None) -> None:
        """Give the page or the client that has the focus within another border.

        By a class: with :focus-within Textual would style everything in it again at each Tab.
        """
        around = focused.ancestors_with_self if focused is not None else []
        was_in_client = self.client is not None and self.client.has_class("-at-work")
        for side in (*self.pages, self.client):
            if side is not None:
                self._mark(side, side in around, "-at-work", side)
        picture = self.host.org.view
        if picture is not None and was_in_client != self.in_client:
            self.draw_guide(picture)

    def _mark(self, node: Widget, marked: bool, name: str, *styled: Widget) -> None:
        """Set a class and style only the widgets that its rules are about: Textual would go
        through all that is within.
        """
        if node.has_class(name) != marked:
            node.set_class(marked, name, update=False)
            self.app.stylesheet.update_nodes(styled)

    async def mount_rest_of_login(self) -> None:
        """Bring in what the first paint did not need of the login page."""
        await self.query_one(Home).mount_rest()
        guide = GuideBar(classes="-hidden")
        await self.mount(guide, before=self.query_one(KeyBar))
        self.guide = guide
        self._show_side(self.focused)

    def read_styles(self) -> None:
        """Read the style sheets of the client and of the pages, once: the login page shows the org
        without them.
        """
        if self._has_all_styles:
            return
        self._has_all_styles = True
        screens = Path(__file__).parent
        for sheet in (*sorted(screens.rglob("*.tcss")), screens.parent / "client_pane/pane.tcss"):
            if sheet.name not in FIRST_CSS:
                self.app.stylesheet.read(sheet)
        self.app.stylesheet.parse()

    async def mount_client(self) -> None:
        """Bring in the API client."""
        self.read_styles()
        from freshtoken_tui.client_pane.pane import ApiClientPane
        from freshtoken_tui.client_pane.strip import ClientStrip
        from freshtoken_tui.widgets.demo_bar import BigCaption, DemoBar

        pane, strip, bar, caption = (
            ApiClientPane(id="client-pane"),
            ClientStrip(id="client-strip"),
            DemoBar(),
            BigCaption(),
        )
        await self.mount(caption)
        await self.query_one("#body").mount(pane)
        await self.mount(strip, before="#larger")
        await self.mount(bar, before="#larger")
        pane.set_class(self.short, "-short")
        self.client, self.strip, self.captions, picture = (
            pane,
            strip,
            (bar, caption),
            self.host.org.view,
        )
        if picture is not None:
            pane.picture = picture
            strip.draw(picture)

    @property
    def short(self) -> bool:
        """Whether Why takes the place of what the client holds: there is no room for both."""
        return self.size.height < ROOM_FOR_BOTH

    def on_resize(self) -> None:
        """There is other room; also for a client that is not in sight."""
        if self.client is not None:
            self.client.set_class(self.short, "-short")

    @property
    def login(self) -> LoginForm:
        """The Login screen, which is always mounted."""
        return self.query_one(LoginForm)

    @property
    def pages(self) -> list[Page]:
        """The pages opened so far."""
        return [page for page in self.query_one("#pages").children if isinstance(page, Page)]

    @property
    def page(self) -> Page:
        """The page that is shown."""
        current = self.query_one("#pages", ContentSwitcher).current
        return next(page for page in self.pages if page.id == current)

    async def open_page(self, name: str) -> Page:
        """Show a page, mounting it the first time; closes the client where it covers the page."""
        switcher, ident = self.query_one("#pages", ContentSwitcher), f"page-{name}"
        if all(page.id != ident for page in self.pages):
            self.read_styles()
            module, _, kind = PAGES[name].partition(":")
            made: Page = getattr(import_module(f"{__package__}.{module}"), kind)(id=ident)
            await switcher.add_content(made)
        switcher.current = ident
        page, self.places.here = self.page, name
        self._place_sides(client_open=False, kind=page.KIND)
        page.picture = picture = self.host.org.view
        if picture is not None:
            self.draw_guide(picture)
        self._focus_shown(page, page.first_focus())
        return page

    def _place_sides(self, client_open: bool, kind: PageKind) -> None:
        """Which of page and client is seen, and how much of the width the page has."""
        sides = [
            w for w in (self.query_one("#page-column"), self.client, self.strip) if w is not None
        ]
        sides += self.page.query(".desk, .desk-list, .desk-detail").results(Widget)
        self._mark(self, client_open, "-client-open", *sides)
        for one in PageKind:
            self._mark(self, kind is one, one.value, *sides)

    def _focus_shown(self, side: Widget, selector: str) -> None:
        """Focus the first of a side that can be seen; nothing rather than something hidden."""
        found = (
            w
            for one in filter(None, selector.split(", "))
            for w in self.query(one).results(Widget)
            if side in w.ancestors_with_self
        )
        self.set_focus(next((w for w in found if w.focusable and _seen(w)), None))

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """Focus a widget that can be seen; one that was hidden meanwhile is left alone.

        Widget.focus() works later: without this rule a page that made room would take the focus
        from the page that was opened.
        """
        if widget is None or _seen(widget):
            super().set_focus(widget, scroll_visible, from_app_focus)

    def draw(self, picture: OrgView) -> None:
        """Redraw everything that is shown."""
        self.header.picture = picture
        self.draw_guide(picture)
        if self.client is not None:
            self.client.picture = picture
        if self.strip is not None:
            self.strip.draw(picture)
        self.page.picture = picture

    def draw_page(self, picture: OrgView) -> None:
        """Draw the page again, though the org is as it was: a refused choice goes back."""
        self.page.draw(picture)

    def show_demo(self, player: DemoPlayer | None) -> None:
        """What a demo says, beside or over everything; nothing without one."""
        if self.captions is None:
            return
        bar, caption = self.captions
        bar.set_class(player is not None and not player.now.big, "-shown")
        caption.set_class(player is not None and player.now.big, "-shown")
        if player is not None:
            bar.tell(player)
            caption.tell(player)

    def draw_guide(self, picture: OrgView) -> None:
        """What comes next, on the pages that it is about."""
        self.places.unread = picture.unread
        self.header.riddle = self.host.client.riddle(picture)
        if self.guide is not None:
            step = self.host.labs.guide(picture, self.places.here)
            told = map(self.host.with_bound_keys, (step.what, step.why))
            self.guide.tell(*(told if self.guided else ("", "")))

    def toggle_guide(self) -> None:
        """Hide the guide, or bring it back."""
        self.guided = not self.guided
        if self.host.org.view is not None:
            self.draw_guide(self.host.org.view)

    @property
    def roomy(self) -> bool:
        """Whether the guide has two lines."""
        return self.has_class("-tall") or self.has_class("-huge")

    def toggle_client(self) -> None:
        """Beside the screen: go to the client, and back. In its place: open and close it."""
        if self.client is None:
            return
        inside, kind = self.in_client, self.page.KIND
        beside = self.has_class("-wide") and kind is PageKind.STAGE
        opens = not inside if beside else not self.has_class("-client-open")
        self._place_sides(client_open=opens and not beside, kind=kind)
        picture = self.host.org.view
        refused = picture is not None and picture.light in (Light.BLOCKED, Light.EXPIRED)
        if opens:
            first = "#client-password, " if refused else ""
            self._focus_shown(self.client, f"#client-new, {first}#client-login")
        else:
            self._focus_shown(self.page, self.page.first_focus())

    def open_client(self) -> None:
        """Go to the client where it is not in sight."""
        if self.client is not None and not _seen(self.client):
            self.toggle_client()

    def action_leave_client(self) -> None:
        """Escape goes back from the client to the page, and from a page that is read to the org;
        else it hides the guide.
        """
        if self.has_class("-client-open") or self.in_client:
            self.toggle_client()
        elif self.places.here in ("production", "assumptions", "rehearsals"):
            self.post_message(OpenPage("home"))
        elif self.guided and self.guide is not None and self.guide.said:
            self.toggle_guide()
            self.app.notify("The guide is hidden. ctrl+x, g brings it back.")

    @property
    def in_client(self) -> bool:
        """Whether the focus is in the client."""
        return self.focused is not None and self.client in self.focused.ancestors

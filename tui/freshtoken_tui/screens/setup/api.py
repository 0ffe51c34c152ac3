"""Setup, API: User Interface, My Domain, OAuth and OpenID Connect Settings, where outside clients
call from, and the connected apps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, DataTable, Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from freshtoken_model.decision.grants import IpRelaxation
from freshtoken_model.decision.settings import INTERFACE, MY_DOMAIN, OAUTH_PAGE, SERVED
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.forms import Dialog, picklist
from freshtoken_tui.widgets.field import Buttons, button, text_field
from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.scroll import UnanimatedScroll
from freshtoken_tui.widgets.table import RowTable, fill

from .pane import Pane
from .words import APP_POLICIES, CALLBACKS, FLOW_TAKEN, FLOW_WORDS

if TYPE_CHECKING:
    from freshtoken_model.values.records import App, User
    from freshtoken_tui.view import OrgView

ELSEWHERE = (
    "Key and secret: freshtoken org show --json. A key for signed JWTs: freshtoken app certificate."
)
RELAXATION = [(choice.label, choice.value) for choice in IpRelaxation]
ROTATION = [("off", "off"), ("on: each refresh token works once", "on")]


def _rotation(app: App) -> str:
    return "on" if app.refresh_rotation else "off"


class ApiPane(Pane):
    """Four pages of Setup that say who may call, and how."""

    BINDINGS = local_keys(
        "apps",
        ("e", "edit", "Edit app"),
    )
    NOTES = {
        "edit-app": "Edit: flows, the run-as user of client credentials, and callback URLs. "
        f"{ELSEWHERE}"
    }

    def compose(self) -> ComposeResult:
        """Picklists, then the apps."""
        yield from self.settings(INTERFACE, MY_DOMAIN, OAUTH_PAGE, SERVED)
        yield Label(Content.styled("Connected apps", "bold"))
        yield RowTable("apps")
        yield self.buttons(button("Edit app", "edit-app", "primary", key="e"))

    def draw(self, picture: OrgView) -> None:
        """The apps, as they are now."""
        apps = [
            (
                Content(app.name),
                Content(app.run_as or "nobody"),
                Content(", ".join(FLOW_WORDS[flow][0] for flow in app.flows)),
            )
            for app in picture.apps
        ]
        fill(self.query_one("#apps", DataTable), ("App", "Runs as", "Flows"), apps)

    def _app(self) -> App | None:
        row = self.row_of("#apps", len(self.picture.apps)) if self.picture else None
        return self.picture.apps[row] if self.picture is not None and row is not None else None

    def about(self) -> str:
        """What the app may, and where the rest is."""
        app = self._app()
        flows = (
            f"{app.name} may use: {', '.join(FLOW_WORDS[flow][0] for flow in app.flows)}. "
            if app
            else ""
        )
        return f"{flows}{ELSEWHERE}"

    @on(DataTable.RowSelected, "#apps")
    @on(Button.Pressed, "#edit-app")
    @work(group="setup")
    async def action_edit(self) -> None:
        """The app under the cursor."""
        app = self._app()
        if self.picture is not None and app is not None:
            await self.host.show_dialog(AppForm(app, self.picture.users))


class AppForm(Dialog):
    """Enter gives or takes a flow at once; the run-as user is saved as it is chosen; Enter adds the
    callback URL that was typed, and takes the one under the cursor.
    """

    BINDINGS = local_keys(
        "app",
        ("escape", "dismiss(None)", "Close"),
    )

    def __init__(self, app: App, users: tuple[User, ...]) -> None:
        super().__init__()
        self._app, self._users = app, users

    def compose(self) -> ComposeResult:
        """Flows, run-as user, policies, callback URLs, what each means."""
        users = [("nobody", ""), *((user.username, user.username) for user in self._users)]
        with UnanimatedScroll(classes="dialog -form"):
            yield Label(Content.assemble(("Connected app ", ""), (self._app.name, "bold")))
            yield OptionList(*self._options(), id="flows", compact=True)
            yield picklist("Runs as", "run-as", users, self._app.run_as or "")
            yield picklist("IP Relaxation", "relaxation", RELAXATION, self._app.ip_relaxation)
            yield picklist("Token rotation", "rotation", ROTATION, _rotation(self._app))
            yield text_field("Callback URL", "callback", placeholder="https://, Enter adds it")
            yield OptionList(*self._callback_lines(), id="callbacks", compact=True)
            yield MarginNote(id="app-note")
            yield MarginNote(ELSEWHERE)
            yield Static(id="form-said", classes="-empty")
            with Buttons():
                yield button("Close", "form-cancel", "primary", key="esc")

    def _options(self) -> list[Option]:
        has = set(self._app.flows)
        return [
            Option(Content(f"{'✓ has  ' if name in has else '○ lacks'}  {label}"), id=name)
            for name, (label, _) in FLOW_WORDS.items()
        ]

    def _callback_lines(self) -> list[Option]:
        return [Option(Content(url)) for url in self._app.callbacks]

    def on_mount(self) -> None:
        """Focus the list of flows."""
        self.query_one("#flows").focus()

    @on(OptionList.OptionHighlighted, "#flows")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        name = str(event.option_id)
        key = "Enter takes it." if name in self._app.flows else "Enter gives it."
        self.query_one("#app-note", MarginNote).tell(f"{FLOW_WORDS[name][1]} {key} {FLOW_TAKEN}")

    def on_descendant_focus(self) -> None:
        """What a run-as user, a policy, a callback URL is."""
        note, flows = self.query_one("#app-note", MarginNote), self.query_one("#flows", OptionList)
        if self.focused is not None and self.focused.id == "run-as":
            note.tell(
                "Client credentials run as this user, with its permissions. Without a user the "
                "flow is refused. Saved at once."
            )
        elif self.focused is not None and self.focused.id in APP_POLICIES:
            note.tell(f"{APP_POLICIES[self.focused.id]} Saved at once.")
        elif self.focused is not None and self.focused.id in ("callback", "callbacks"):
            note.tell(CALLBACKS)
        elif flows.highlighted is not None:
            self._highlighted(
                OptionList.OptionHighlighted(
                    flows, flows.options[flows.highlighted], flows.highlighted
                )
            )

    @on(OptionList.OptionSelected, "#flows")
    @work(group="app")
    async def _toggle(self, event: OptionList.OptionSelected) -> None:
        name, flow = self._app.name, str(event.option_id)
        wanted = set(self._app.flows) ^ {flow}
        changed, error = await self.host.org.run(lambda org: org.apps.choose_flows(name, wanted))
        self._said(changed, error)

    @on(Select.Changed, "#run-as")
    @work(group="app")
    async def _run_as(self, event: Select.Changed) -> None:
        name, username = self._app.name, str(event.value) or None
        if username != self._app.run_as:
            changed, error = await self.host.org.run(lambda org: org.apps.run_as(name, username))
            self._said(changed, error)

    @on(Input.Submitted, "#callback")
    @work(group="app")
    async def _add_callback(self, event: Input.Submitted) -> None:
        name, url = self._app.name, event.value.strip()
        changed, error = await self.host.org.run(lambda org: org.apps.add_callback(name, url))
        if changed is not None:
            event.input.clear()
        self._said(changed, error)

    @on(OptionList.OptionSelected, "#callbacks")
    @work(group="app")
    async def _remove_callback(self, event: OptionList.OptionSelected) -> None:
        name, url = self._app.name, self._app.callbacks[event.option_index]
        changed, error = await self.host.org.run(lambda org: org.apps.remove_callback(name, url))
        self._said(changed, error)

    @on(Select.Changed, "#rotation")
    @work(group="app")
    async def _rotate(self, event: Select.Changed) -> None:
        name, state = self._app.name, str(event.value)
        if state != _rotation(self._app):
            changed, error = await self.host.org.run(
                lambda org: org.apps.rotate_refresh_tokens(name, state == "on")
            )
            self._said(changed, error)

    @on(Select.Changed, "#relaxation")
    @work(group="app")
    async def _relax(self, event: Select.Changed) -> None:
        name, value = self._app.name, str(event.value)
        if value != self._app.ip_relaxation:
            changed, error = await self.host.org.run(lambda org: org.apps.relax_ranges(name, value))
            self._said(changed, error)

    def _said(self, changed: App | None, error: str) -> None:
        self.say(error)
        if changed is not None:
            self._app = changed
            self.app.notify("Saved.")
        if not self.is_open:
            return
        flows = self.query_one("#flows", OptionList)
        for option in self._options():
            flows.replace_option_prompt(str(option.id), option.prompt)
        callbacks = self.query_one("#callbacks", OptionList)
        if len(callbacks.options) != len(self._app.callbacks):
            callbacks.clear_options().add_options(self._callback_lines())
        self.on_descendant_focus()
        stands = {
            "run-as": self._app.run_as or "",
            "relaxation": self._app.ip_relaxation,
            "rotation": _rotation(self._app),
        }
        for name, value in stands.items():
            select = self.query_one(f"#{name}", Select)
            with select.prevent(Select.Changed):
                select.value = value

    @on(Button.Pressed, "#form-cancel")
    def _close(self) -> None:
        self.dismiss(None)

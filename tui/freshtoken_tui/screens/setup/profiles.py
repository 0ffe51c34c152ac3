"""Setup, Profiles: login hours, login IP ranges and password policies that hold for the users of a
profile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, DataTable, Input, Label, Select, Static, TabbedContent, TabPane

from freshtoken_model.accounts.profiles import Profile, clock_of, profile_settings
from freshtoken_model.decision.settings import settings
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.forms import Dialog, Form
from freshtoken_tui.screens.setup.setting_row import SettingRow, TellsSettings, show_values
from freshtoken_tui.widgets.field import Buttons, button, text_field
from freshtoken_tui.widgets.notes import FixedNote, MarginNote
from freshtoken_tui.widgets.scroll import UnanimatedScroll
from freshtoken_tui.widgets.table import RowTable, fill

from .pane import Pane
from .words import CHANGES, DAY_NAMES, HOURS, OWN_POLICY, RANGES

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_tui.view import OrgView

WHOLE = ("0:00", "24:00")


def _set_hours(name: str, day: str, start: str, end: str, org: Org) -> Profile:
    return org.admin.set_login_hours(name, day, start, end)


def hours_of(profile: Profile, day: str) -> tuple[str, str]:
    """From when to when a profile lets in on a day."""
    if day not in profile.hours:
        return WHOLE
    first, last = profile.hours[day]
    return clock_of(first), clock_of(last)


class ProfilesPane(Pane):
    """The profiles, each with its login hours, login IP ranges and policies."""

    BINDINGS = local_keys(
        "profiles",
        ("e", "edit", "Edit"),
        ("n", "make", "New Profile"),
    )
    NOTES = {
        "edit-profile": "Edit: login hours, login IP ranges, password policies.",
        "new-profile": "New Profile: without login hours, ranges and policies. Edit on the tab "
        "Users gives it to a user.",
    }

    def compose(self) -> ComposeResult:
        """Compose the table of profiles, the buttons and the note."""
        yield RowTable("profiles")
        yield self.buttons(
            button("Edit", "edit-profile", "primary", key="e"),
            button("New Profile", "new-profile", key="n"),
        )

    def draw(self, picture: OrgView) -> None:
        """The profiles, as they are now."""
        rows = [
            (
                Content(profile.name),
                Content(str(profile.users)),
                Content(f"{len(profile.hours)} days" if profile.hours else "any time"),
                Content(str(len(profile.ranges)) if profile.ranges else "anywhere"),
                Content(str(len(profile.policies)) if profile.policies else "the org's"),
            )
            for profile in picture.profiles
        ]
        fill(
            self.query_one("#profiles", DataTable),
            ("Profile", "Users", "Hours", "IP ranges", "Own policies"),
            rows,
        )

    def _profile(self) -> Profile | None:
        row = self.row_of("#profiles", len(self.picture.profiles)) if self.picture else None
        return self.picture.profiles[row] if self.picture is not None and row is not None else None

    def about(self) -> str:
        """What the profile under the cursor restricts or overrides."""
        profile = self._profile()
        if profile is None or self.picture is None:
            return ""

        hours = [
            f"{day} {' - '.join(hours_of(profile, day))}"
            for day in DAY_NAMES
            if day in profile.hours
        ]
        lines = [
            f"Login hours: {', '.join(hours) or 'any time'}",
            f"Login IP ranges: "
            f"{', '.join(f'{r.first} - {r.last}' for r in profile.ranges) or 'anywhere'}",
            *(
                f"{settings()[name].label}: {settings()[name].words(value)}"
                for name, value in profile.policies.items()
            ),
        ]
        return "\n".join(lines)

    @on(DataTable.RowSelected, "#profiles")
    @on(Button.Pressed, "#edit-profile")
    @work(group="setup")
    async def action_edit(self) -> None:
        """Open the dialog of the profile under the cursor."""
        profile, picture = self._profile(), self.picture
        if profile is not None and picture is not None:
            await self.host.show_dialog(
                ProfileForm(profile, picture.values, picture.info.time_zone)
            )

    @on(Button.Pressed, "#new-profile")
    @work(group="setup")
    async def action_make(self) -> None:
        """A new profile, and what it is to have."""
        made: Profile | None = await self.app.push_screen_wait(NewProfile("New profile"))
        if made is None or self.picture is None:
            return
        self.app.notify(f"The profile {made.name} was made.")

        def place(picture: OrgView) -> int | None:
            return next(
                (n for n, profile in enumerate(picture.profiles) if profile.id == made.id), None
            )

        await self.go_to("#profiles", place)


class NewProfile(Form):
    """The dialog that makes a profile."""

    def fields(self) -> ComposeResult:
        """The field for the name."""
        yield text_field("Name", "profile-name")

    def changes(self) -> str:
        """What a new profile has."""
        return (
            "Saving makes a profile without users, login hours, login IP ranges and password "
            "policies."
        )

    def use_case(self) -> Callable[[Org], Any]:
        """Create the profile with the name that was typed."""
        name = self.value("profile-name")
        return lambda org: org.admin.create_profile(name)


class ProfileForm(TellsSettings, Dialog):
    """One profile. Hours are saved by a button, ranges and policies at once; what it will change is
    said before.
    """

    BINDINGS = local_keys(
        "profile",
        ("escape", "dismiss(None)", "Close"),
    )

    def __init__(self, profile: Profile, org_values: dict[str, str], zone: str) -> None:
        super().__init__()
        self._profile, self._org_values, self._zone = profile, org_values, zone

    def compose(self) -> ComposeResult:
        """Three tabs, and a line for what was refused."""
        profile = self._profile
        users = f"{profile.users} user{'s' if profile.users != 1 else ''}"
        with Vertical(classes="dialog -profile"):
            yield Label(Content.assemble((profile.name, "bold"), f" · {users}"))
            with TabbedContent():
                with TabPane("Login Hours", id="profile-hours"), UnanimatedScroll():
                    yield from self._hours()
                with TabPane("Login IP Ranges", id="profile-ranges"), UnanimatedScroll():
                    yield from self._ranges()
                with TabPane("Password Policies", id="profile-policies"):
                    yield FixedNote()
                    with UnanimatedScroll():
                        yield from self._policies()
            yield Static(id="form-said", classes="-empty")
            with Buttons():
                yield button("Close", "form-cancel", "primary", key="esc")

    def _hours(self) -> ComposeResult:
        for day, name in DAY_NAMES.items():
            start, end = hours_of(self._profile, day)
            with Horizontal(classes="day"):
                yield Label(name)
                yield Input(start, id=f"start-{day}", compact=True)
                yield Label("to", classes="to")
                yield Input(end, id=f"end-{day}", compact=True)
        yield MarginNote(id="hours-note")
        with Buttons():
            yield button("Save hours", "save-hours", "primary", key="enter")

    def _ranges(self) -> ComposeResult:
        yield RowTable("login-ranges")
        yield text_field("Start", "login-first", placeholder="e.g. 203.0.113.0")
        yield text_field("End", "login-last", placeholder="e.g. 203.0.113.255")
        with Buttons():
            yield button("Add", "add-login-range", "primary", key="enter")
            yield button("Remove", "remove-login-range")
        yield MarginNote(id="ranges-note")

    def _policies(self) -> ComposeResult:
        for name in profile_settings():
            setting, value = settings()[name], self._profile.policies.get(name)
            changes = f"{CHANGES[name]} {OWN_POLICY}"
            yield SettingRow(
                setting, value, changes, prefix="own", org_value=self._org_values[name]
            )

    def on_mount(self) -> None:
        """What stands, and what it means."""
        self._draw(self._profile)
        self.query_one("#start-mon").focus()

    def _draw(self, profile: Profile) -> None:
        """The profile as it is now; hours that were typed and not saved stay typed."""
        self._profile = profile
        ranges = [(Content(r.first), Content(r.last)) for r in profile.ranges]
        fill(self.query_one("#login-ranges", DataTable), ("Start", "End"), ranges)
        count = len(ranges)
        words = (
            RANGES
            if count
            else f"None: users of this profile log in from anywhere. With one: {RANGES}"
        )
        if count == 1:
            words = f"{RANGES} Without the last one they log in from anywhere."
        self.query_one("#ranges-note", MarginNote).tell(words)
        self.query_one("#remove-login-range", Button).disabled = not count
        show_values(
            self, {name: profile.policies.get(name, "") for name in self._org_values}, "own"
        )
        self._tell_hours()

    async def _change(self, use_case: Callable[[Org], Profile]) -> bool:
        """One use case: what it made of the profile is drawn, or what was refused said. Returns
        whether it was done.
        """
        name = self._profile.name
        changed, error = await self.host.org.run(use_case)
        self.say(error)
        found = changed or await self.host.org.run_or_toast(lambda org: org.admin.profile(name))
        if found is not None and self.is_open:
            self._draw(found)
        return changed is not None

    # ---- Hours

    def _typed(self) -> dict[str, tuple[str, str]]:
        """The days whose hours differ from the profile's."""
        typed = {
            day: tuple(
                self.query_one(f"#{end}-{day}", Input).value.strip() for end in ("start", "end")
            )
            for day in DAY_NAMES
        }
        return {
            day: (hours[0], hours[1])
            for day, hours in typed.items()
            if hours != hours_of(self._profile, day)
        }

    @on(Input.Changed)
    def _tell_hours(self) -> None:
        typed = self._typed()
        days = ", ".join(f"{DAY_NAMES[day]} {start} - {end}" for day, (start, end) in typed.items())
        saving = (
            f"Saving changes {days}. Outside the hours every login is refused. " if typed else ""
        )
        self.query_one("#hours-note", MarginNote).tell(f"{saving}{HOURS} Time zone: {self._zone}.")
        self.query_one("#save-hours", Button).disabled = not typed

    @on(Button.Pressed, "#save-hours")
    @work(group="profile")
    async def _save_hours(self) -> None:
        name = self._profile.name
        saved: list[str] = []
        for day, (start, end) in self._typed().items():
            changed, error = await self.host.org.run(partial(_set_hours, name, day, start, end))
            if changed is None:
                before = f" {', '.join(saved)}: saved." if saved else ""
                self.say(f"{DAY_NAMES[day]}: {error}{before}")
                if self.is_open:
                    self.query_one(f"#start-{day}").focus()
                return
            saved.append(DAY_NAMES[day])
            self._retype(changed, day)
        if saved:
            self.say("")
            self.app.notify(f"{name}: login hours saved.")

    def _retype(self, profile: Profile, day: str) -> None:
        """A day that was saved is shown as it stands."""
        if self.is_open:
            with self.prevent(Input.Changed):
                for end, value in zip(("start", "end"), hours_of(profile, day), strict=True):
                    self.query_one(f"#{end}-{day}", Input).value = value
            self._draw(profile)

    # ---- Ranges and policies

    @on(Button.Pressed, "#add-login-range")
    @work(group="profile")
    async def _add(self) -> None:
        first, last = (self.query_one(f"#login-{end}", Input) for end in ("first", "last"))
        name, low, high = self._profile.name, first.value, last.value
        if await self._change(lambda org: org.admin.add_login_range(name, low, high)):
            first.value = last.value = ""
            first.focus()
            self.app.notify(f"{name}: login IP range added.")

    @on(Button.Pressed, "#remove-login-range")
    @work(group="profile")
    async def _remove(self) -> None:
        row = self.query_one("#login-ranges", DataTable).cursor_row
        if 0 <= row < len(self._profile.ranges):
            name, number = self._profile.name, self._profile.ranges[row].id
            if await self._change(lambda org: org.admin.remove_login_range(name, number)):
                self.app.notify(f"{name}: login IP range removed.")

    @on(Select.Changed)
    @work(group="profile")
    async def _choose(self, event: Select.Changed) -> None:
        policy, value, name = (
            str(event.select.id).removeprefix("own-"),
            str(event.value),
            self._profile.name,
        )
        if value == self._profile.policies.get(policy, ""):
            return
        if await self._change(lambda org: org.admin.set_policy(name, policy, value or None)):
            self.app.notify("Saved.")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = str(event.input.id)
        if name == "login-first":
            self.query_one("#login-last").focus()
        else:
            self.query_one(
                "#add-login-range" if name == "login-last" else "#save-hours", Button
            ).press()

    @on(Button.Pressed, "#form-cancel")
    def _close(self) -> None:
        self.dismiss(None)

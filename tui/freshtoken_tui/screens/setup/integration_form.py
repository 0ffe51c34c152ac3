"""The dialog of an integration: username, network, times, what it does when it is refused, and
what it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input

from freshtoken_model.login.clients import PROTOCOLS
from freshtoken_model.simulation.integrations import HABITS, KINDS, RETRIES, interval
from freshtoken_model.values.clock import at, parse_duration, parse_moment_near, wall_clock
from freshtoken_model.values.kinds import Habit
from freshtoken_tui.dialogs.forms import Form, picklist
from freshtoken_tui.widgets.field import button, text_field
from freshtoken_tui.widgets.notes import MarginNote

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_model.values.records import Client, Integration
    from freshtoken_tui.view import OrgView

STAYS = "stays as it is"
HELD = {"username": "Log in as", "network": "Calls from", "protocol": "Protocol"}


class IntegrationForm(Form):
    """Make an integration, or edit one; a client without a schedule gets one."""

    def __init__(self, picture: OrgView, client: Client | None, plan: Integration | None) -> None:
        """Without a client: a new one, of a kind of program."""
        super().__init__(f"Edit {client.name}" if client else "New integration")
        self._picture, self._client, self._plan = picture, client, plan

    def fields(self) -> ComposeResult:
        """A new one is of a kind; of an old one everything can be changed."""
        client, plan, picture = self._client, self._plan, self._picture
        names = [(user.username, user.username) for user in picture.users]
        if client is not None and client.username not in {name for name, _ in names}:
            names.append((client.username or "nobody", client.username))
        if client is None:
            yield text_field("Name", "client-name")
        yield picklist(
            "Logs in as", "plan-username", names, client.username if client else names[0][1]
        )
        networks = [(f"{n.label} {n.address}", n.name) for n in picture.networks]
        yield picklist(
            "Calls from", "plan-network", networks, client.network if client else "cloud"
        )
        if client is None:
            yield picklist("Program", "plan-kind", [(name, name) for name in KINDS], "script")
        else:
            protocols = [(words, name) for name, words in PROTOCOLS.items()]
            yield picklist("Protocol", "plan-protocol", protocols, client.protocol)
            habits = [(words.partition(",")[0], name) for name, words in HABITS.items()]
            yield picklist("Session", "plan-habit", habits, plan.habit if plan else Habit.EVERY_RUN)
            retries = [(retry.label, name) for name, retry in RETRIES.items()]
            yield picklist("When refused", "plan-retry", retries, plan.retry if plan else "none")
        every = f"{interval(plan.every)}: {STAYS}" if plan else "e.g. 15m, 1h30m, 1d"
        yield text_field("Runs every", "plan-every", placeholder=every)
        zone = picture.info.time_zone
        next_run = (
            f"{at(plan.next_due, zone):%a %d %b %H:%M}: {STAYS}"
            if plan and plan.next_due
            else "one interval from now"
        )
        yield text_field("First run", "plan-first", placeholder=f"{next_run}; or mon 9:00, 2d")
        held = STAYS if client else "none"
        yield text_field("Password", "plan-password", password=True, placeholder=held)
        yield text_field("Token", "plan-token", password=True, placeholder=held)
        yield button("Paste newest token", "plan-paste")
        yield MarginNote(id="plan-teaches")

    def on_mount(self) -> None:
        """Ready to fill in."""
        super().on_mount()
        self.query_one("#client-name" if self._client is None else "#plan-username").focus()

    def tell(self) -> None:
        """What saving changes, and what is known of what was chosen."""
        super().tell()
        self.query_one("#plan-teaches", MarginNote).tell(self._teaches())

    def _teaches(self) -> str:
        if self._client is None:
            kind = KINDS[self.value("plan-kind")]
            habit, name, program = (
                kind.habit,
                kind.retry,
                f"{PROTOCOLS[kind.protocol]}. {kind.source} ",
            )
        else:
            habit, name, program = self.value("plan-habit"), self.value("plan-retry"), ""
        retry = RETRIES[name]
        return f"{program}It {HABITS[habit]}. {retry.teaches} {retry.source}"

    # ---- What differs

    def _moment(self, name: str) -> int | None:
        """An interval, or a first run, in ms; None where nothing was typed. Raises ValueError."""
        text = self.value(name)
        if not text:
            return None
        if name == "plan-every":
            return parse_duration(text)
        now, zone = self._picture.clock.now(wall_clock()), self._picture.info.time_zone
        return parse_moment_near(text, now, zone, ahead=True)

    def _held(self) -> dict[str, Any]:
        """What the client is to hold, as far as it differs."""
        client = self._client
        held: dict[str, Any] = {name: self.value(f"plan-{name}") for name in ("password", "token")}
        held = {name: value for name, value in held.items() if value}
        if client is not None:
            if self.value("plan-username") != client.username:
                held["username"] = self.value("plan-username")
            if self.value("plan-protocol") != client.protocol:
                held["protocol"] = self.value("plan-protocol")
            network = next(
                n for n in self._picture.networks if n.name == self.value("plan-network")
            )
            if network.id != client.network_id:
                held["network_id"] = network.id
        return held

    def _planned(self) -> dict[str, Any]:
        """What of the plan differs. Raises ValueError."""
        plan, found = (
            self._plan,
            {"every": self._moment("plan-every"), "first": self._moment("plan-first")},
        )
        planned: dict[str, Any] = {
            name: value for name, value in found.items() if value is not None
        }
        chosen = {name: self.value(f"plan-{name}") for name in ("habit", "retry")}
        if plan is not None:
            return planned | {
                name: value for name, value in chosen.items() if value != getattr(plan, name)
            }
        return planned | chosen if planned else {}

    def changes(self) -> str:
        """What saving changes; what is typed wrong is said when it is saved."""
        try:
            every, first = self._moment("plan-every"), self._moment("plan-first")
            planned = self._planned() if self._client is not None else {}
        except ValueError:
            return (
                "The interval is written like 15m, 1h30m, 1d; the first run like 2d, mon "
                "9:00, 2026-11-30T09:00."
            )
        when = (
            f", first {at(first, self._picture.info.time_zone):%a %d %b %H:%M}"
            if first
            else ", first one interval from now"
        )
        often = f"every {interval(every)}{when}" if every else ""
        if self._client is None:
            holds = "what was typed" if self._held() else "neither password nor token yet"
            return (
                f"Saving makes an API client that runs {often or 'as often as you say'}. It "
                f"holds {holds}."
            )
        said = []
        if every:
            said.append(f"it runs {often}")
        elif first:
            said.append(f"it runs{when.removeprefix(',')}")
        if "retry" in planned:
            said.append(f"when refused: {RETRIES[planned['retry']].label}")
        if "habit" in planned:
            said.append("what it does with its session")
        words = {"username": "the user it logs in as", "network_id": "where it calls from"}
        said += [words.get(name, f"its {name}") for name in self._held()]
        if planned and self._plan is not None and self._plan.stopped:
            said.append("it has stopped by itself and starts again")
        return f"Saving changes: {'; '.join(said)}." if said else "Nothing is changed yet."

    def use_case(self) -> Callable[[Org], Any]:
        """One use case: the plan and what the client holds are saved together, or neither is."""
        held, client = self._held(), self._client
        if client is None:
            name, username, kind = (
                self.value(f) for f in ("client-name", "plan-username", "plan-kind")
            )
            every, first, network = (
                self._moment("plan-every"),
                self._moment("plan-first"),
                self.value("plan-network"),
            )
            if every is None:
                raise ValueError("An integration needs an interval, such as 15m or 1d.")

            return lambda org: org.integrations.add(
                name, username, network, kind, every, first, held
            )
        planned = self._planned()
        if not held and not planned:
            raise ValueError("Nothing is changed yet.")

        return lambda org: org.integrations.change(client.name, **planned, held=held)

    @on(Button.Pressed, "#plan-paste")
    @work(group="paste")
    async def _paste(self) -> None:
        username = self.value("plan-username")
        token, error = await self.host.org.run(
            lambda org: org.mail.newest_token(username), refresh=False
        )
        if not self.is_open:
            return
        if token:
            self.query_one("#plan-token", Input).value = token
            self.say("")
        else:
            self.say(error or f"No mail to {username} carries a security token.")

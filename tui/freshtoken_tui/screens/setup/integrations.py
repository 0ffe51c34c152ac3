"""Setup, Integrations: the API clients that run by a schedule. Salesforce has no such page: it only
sees them come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, DataTable

from freshtoken_model.simulation.integrations import HABITS, RETRIES, interval_words
from freshtoken_model.values.clock import at
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.messages import ShowClient
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button
from freshtoken_tui.widgets.header_bar import styled
from freshtoken_tui.widgets.table import RowTable, fill
from freshtoken_tui.words import LIGHTS

from .integration_form import IntegrationForm
from .pane import Pane

if TYPE_CHECKING:
    from freshtoken_model.values.records import Client, Integration
    from freshtoken_tui.view import OrgView

HEADINGS = ("API client", "As", "State", "Next run", "Session", "When refused")
NO_PLAN = "It calls only when it is told to. Edit gives it a schedule."


class IntegrationsPane(Pane):
    """The org's own API clients, with or without a schedule."""

    BINDINGS = local_keys(
        "integrations",
        ("s", "press('show-client')", "Show"),
        ("p", "press('pause-client')", "Pause or Start"),
        ("e", "press('edit-client')", "Edit"),
        ("n", "press('new-client')", "New"),
        ("x", "press('remove-schedule')", "Remove schedule"),
    )
    NOTES = {
        "show-client": "Show: what it holds and what it was told, in the API client pane.",
        "pause-client": "Pause: it does not run until it is started. Start: it runs again at its "
        "next moment, also after it"
        " has stopped by itself.",
        "edit-client": "Edit: user, network, when it runs, and what it does when it is refused.",
        "new-client": "New: another program that logs in by itself.",
        "remove-schedule": "Remove schedule: the client stays and calls only when it is told to. "
        "It asks first.",
    }

    def compose(self) -> ComposeResult:
        """Compose the table of clients, the buttons and the note."""
        yield RowTable("integrations")
        yield self.buttons(
            button("Show", "show-client", "primary", key="s"),
            button("Pause", "pause-client", key="p"),
            button("Edit", "edit-client", key="e"),
            button("New", "new-client", key="n"),
            button("Remove schedule", "remove-schedule", key="x"),
        )

    def clients(self) -> list[tuple[Client, Integration | None]]:
        """The clients in the order of the table, each with its plan."""
        if self.picture is None:
            return []
        plans = {plan.client_id: plan for plan in self.picture.integrations}
        return [
            (client, plans.get(client.id)) for client in self.picture.clients if not client.outside
        ]

    def draw(self, picture: OrgView) -> None:
        """The clients, as they are now."""
        rows = []
        for client, plan in self.clients():
            words = (
                (HABITS[plan.habit].partition(",")[0], RETRIES[plan.retry].label)
                if plan
                else ("", "")
            )
            state = state_words(client, plan)
            rows.append(
                (
                    Content(client.name),
                    Content(client.username),
                    state,
                    Content(next_run(plan, picture.info.time_zone)),
                    *map(Content, words),
                )
            )
        fill(self.query_one("#integrations", DataTable), HEADINGS, rows)
        self._offer()

    def _chosen(self) -> tuple[Client, Integration | None] | None:
        clients = self.clients()
        row = self.row_of("#integrations", len(clients))
        return clients[row] if row is not None else None

    def about(self) -> str:
        """What the client under the cursor does, and what that teaches."""
        chosen = self._chosen()
        if chosen is None:
            return ""

        client, plan = chosen
        if plan is None:
            return f"{client.name}, as {client.username}. {NO_PLAN}"
        retry = RETRIES[plan.retry]
        coming = (
            f" Next: {next_run(plan, self.picture.info.time_zone)}."
            if self.picture and plan.next_due
            else ""
        )
        return f"{client.name}: {interval_words(plan)}.{coming}\n{retry.teaches} {retry.source}"

    @on(DataTable.RowHighlighted, "#integrations")
    def _highlighted(self) -> None:
        self._offer()

    def _offer(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        plan = chosen[1]
        pause = self.query_one("#pause-client", KeyButton)
        pause.disabled = self.query_one("#remove-schedule", Button).disabled = plan is None
        waits = plan is not None and (plan.paused or plan.stopped)
        words = "Start" if waits else "Pause"
        if pause.words != words:
            pause.words = words
            self.query_one(ButtonGrid).fit()

    @on(DataTable.RowSelected, "#integrations")
    def _show_row(self) -> None:
        self.action_press("show-client")

    @on(Button.Pressed)
    @work(group="setup")
    async def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        chosen = self._chosen()
        if event.button.id == "new-client":
            await self._fill_in(None, None)
        elif chosen is not None:
            client, plan = chosen
            match event.button.id:
                case "show-client":
                    self._show(client)
                case "edit-client":
                    await self._fill_in(client, plan)
                case "pause-client" if plan is not None:
                    paused = not (plan.paused or plan.stopped)
                    await self.host.org.run_or_toast(
                        lambda org: org.integrations.pause(client.name, paused)
                    )
                case "remove-schedule":
                    await self._remove(client)

    def _show(self, client: Client) -> None:
        self.post_message(ShowClient(client.id, open=True))

    async def _fill_in(self, client: Client | None, plan: Integration | None) -> None:
        if self.picture is None:
            return
        saved: Integration | None = await self.app.push_screen_wait(
            IntegrationForm(self.picture, client, plan)
        )
        if saved is None:
            return
        self.app.notify(f"{saved.client}: saved.")

        def place(picture: OrgView) -> int | None:
            return next(
                (n for n, (found, _) in enumerate(self.clients()) if found.id == saved.client_id),
                None,
            )

        await self.go_to("#integrations", place)

    async def _remove(self, client: Client) -> None:
        question = f"Remove the schedule of {client.name}? The client stays, with what it holds."
        if await self.app.push_screen_wait(Confirm(question, "Remove schedule")):
            await self.host.org.run_or_toast(lambda org: org.integrations.remove(client.name))


def state_words(client: Client, plan: Integration | None) -> Content:
    """Light and word: how the schedule stands where that is not running, else what the client was
    told last.
    """
    if plan is not None and plan.stopped:
        return styled("■ stopped by itself", "error", "bold")
    if plan is not None and plan.paused:
        return styled("❚❚ paused", "warning")
    glyph, word, colour = LIGHTS[client.light]
    return styled(f"{glyph} {word.lower()}", colour)


def next_run(plan: Integration | None, zone: str) -> str:
    """When it runs next."""
    if plan is None:
        return "no schedule"
    if plan.next_due is None:
        return "-"

    return f"{at(plan.next_due, zone):%a %d %b %H:%M}"

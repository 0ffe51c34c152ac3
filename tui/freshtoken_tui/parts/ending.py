"""The end of the story: what was seen in this play, in five lines, and where to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from freshtoken_model.values.clock import at, lasting
from freshtoken_model.values.kinds import EventKind, TokenState

from .part import Part, in_worker

if TYPE_CHECKING:
    from freshtoken_model.history.incidents import Incident
    from freshtoken_model.values.records import Event
    from freshtoken_tui.view import OrgView

DOORS = (("l", "A lab"), ("d", "A demo for your team"), ("p", "What to do in production"))
ENDED: dict[str, str] = {
    EventKind.LOCK_ENDED: "ended by time",
    EventKind.UNLOCKED: "was ended by an admin",
    EventKind.UNLOCKED_BY_RESET: "was ended by a password reset",
}
"""The ends of a lockout, as the ending tells them."""

NIGHT, NIGHT_LINES = "night", 5
"""The preset of Friday to Monday, and how many sentences of its incident the ending tells."""
TOLD_OF_THE_NIGHT = (
    EventKind.PASSWORD_CHANGED,
    EventKind.LOGIN_REFUSED,
    EventKind.LOCKED_OUT,
    EventKind.UNLOCKED,
)


class Ending(Part):
    """Tells the play when it has come to its end, once for each."""

    _told_of = ""
    """The generation of the org whose play was told."""

    def commands(self) -> dict[str, Callable[[], object]]:
        """The commands it does."""
        return {"seen": self.tell}

    def look(self, view: OrgView) -> None:
        """Tell the play, when the clients work again with what was mailed; over no dialog."""
        from freshtoken_tui.story import night_step, step_number

        if self._told_of == view.info.generation or len(self.app.screen_stack) > 1:
            return
        if view.client_user is None or view.client.outside:
            return
        if self.app.labs.lab is not None or self.app.stage.held_by:
            return
        steps_left = {
            "default": lambda: step_number(view, self.app.client.why_seen),
            NIGHT: lambda: night_step(view),
        }
        if view.info.preset in steps_left and steps_left[view.info.preset]() == 0:
            self._told_of = view.info.generation
            self.tell()

    @in_worker(group="ending")
    async def tell(self) -> None:
        """Show what was seen, and the doors."""
        from freshtoken_tui.dialogs.modals import Choice

        view = self.app.org.view
        if view is None:
            return
        text = seen(view)
        user = view.client_user
        if view.info.preset == NIGHT and user is not None:
            told = await self.app.org.run_or_toast(lambda org: org.incidents.of(user.username))
            text = seen_in_the_night(told, view.info.time_zone) if told else text
        chosen = await self.app.push_screen_wait(Choice(text, DOORS, title="What you saw"))
        if chosen == "l":
            self.app.pages.go("labs")
        elif chosen == "d":
            self.app.pages.go("demos")
        elif chosen == "p":
            self.app.pages.go("production")


def seen_in_the_night(told: Incident, zone: str) -> str:
    """The first lines of the incident, and the first thing that would have prevented it."""
    shown = [one for one in told.sentences if one.kind in TOLD_OF_THE_NIGHT][:NIGHT_LINES]
    lines = [f"{at(one.at, zone):%d %b %H:%M}  {one.words}" for one in shown]
    if told.prevention:
        lines += ["", f"What would have prevented it: {told.prevention[0]}"]
    return "\n".join(lines)


def seen(view: OrgView) -> str:
    """What happened to the client in this org, a line for each thing that did."""
    from freshtoken_model.decision.words import clock_words

    now, zone = view.clock.seen_org, view.info.time_zone

    def first(kind: EventKind) -> Event | None:
        return next((event for event in view.marks if event.kind == kind), None)

    def when(event: Event) -> str:
        return clock_words(event.at, now, zone)

    name = view.client.name
    changed, locked = first(EventKind.PASSWORD_CHANGED), first(EventKind.LOCKED_OUT)
    if changed is None:
        user = view.client_user
        if user is not None and user.demo_password is not None:
            return f"Nothing has happened to {name} yet: its password was not changed."
        return f"More has happened to {name} than fits here. Incident (ctrl+e) tells it."
    own = [one for one in view.attempts if one.event.client_id == view.client.id]
    refused = [one for one in own if not one.accepted and one.event.at >= changed.at]
    lines = [f"{when(changed)}  The password was changed. The security token died with it."]
    if refused:
        count = f"{len(refused)} time{'' if len(refused) == 1 else 's'}"
        lines.append(f"{when(refused[-1].event)}  {name} was refused, {count}, in one sentence.")
    if locked is not None:
        lines.append(f"{when(locked)}  The retries locked the user out.")
        end = next((e for e in view.marks if e.kind in ENDED and e.id > locked.id), None)
        if end is not None:
            lasted = lasting(end.at - locked.at)
            lines.append(f"{when(end)}  The lockout {ENDED[end.kind]}, after {lasted}.")
    back = own[0] if own and own[0].accepted else None
    if back is not None and refused and view.client.holds == TokenState.LIVE:
        lines.append(f"{when(back.event)}  The fresh token from the mail let {name} in again.")
    return "\n".join(lines)

"""The operations on one org: each runs the use case of a command, and answers what the command
prints with --json.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from freshtoken_api.injection import Injection, Injections, injectable
from freshtoken_model.export import show
from freshtoken_model.org import Org
from freshtoken_model.outcomes import (
    change_data,
    clock_data,
    decision_data,
    ended_data,
    live_token,
    mail_data,
    reset_data,
    set_setting,
    state_data,
    token_reset_data,
    user_data,
)
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.clock import parse_moment_near
from freshtoken_model.values.kinds import FreezeReason

from .contract import ControlCall, ControlError, bad_request, document, operations
from .requests import Requests

if TYPE_CHECKING:
    from .app import Handler


class OrgCalls:
    """The operations by their ids, as methods."""

    def __init__(self, pool: OrgPool, requests: Requests, injections: Injections) -> None:
        self._pool, self._requests, self._injections = pool, requests, injections

    def handlers(self) -> "dict[str, Handler]":
        """All of them, by id."""
        names = [one.name for one in operations() if one.name in vars(OrgCalls)]
        return {name: getattr(self, name) for name in names}

    async def health(self, call: ControlCall) -> dict[str, str]:
        """Whether the org answers."""
        await self._pool.quick(lambda org: org.info())
        return {"status": "ok", "version": version("freshtoken")}

    async def openapi(self, call: ControlCall) -> dict[str, Any]:
        """The description."""
        return document()

    async def show_org(self, call: ControlCall) -> dict[str, Any]:
        """Org show."""
        return await self._pool.run(show)

    async def reset(self, call: ControlCall) -> dict[str, str]:
        """Org reset; faults that wait for a call are dropped."""
        await self._pool.run(lambda org: org.reset())
        self._injections.clear()
        return {"file": str(self._pool.path)}

    async def list_users(self, call: ControlCall) -> list[dict[str, Any]]:
        """User list."""
        return await self._pool.run(lambda org: [user_data(org, one) for one in org.users.all()])

    async def show_user(self, call: ControlCall) -> dict[str, Any]:
        """User show."""
        return await self._of_user(call, lambda org, user: user_data(org, org.users.get(user)))

    async def change_password(self, call: ControlCall) -> dict[str, Any]:
        """Password change."""
        old, new = call.body["old"], call.body["new"]
        return await self._of_user(
            call,
            lambda org, user: change_data(
                org.passwords.change(user, old, new), org.consequences.last()
            ),
        )

    async def reset_password(self, call: ControlCall) -> dict[str, Any]:
        """Password reset."""
        through_api = not call.body["link_only"]

        def reset(org: Org, user: str) -> dict[str, Any]:
            username = org.users.get(user).username
            temporary = org.passwords.reset(username, through_api)
            return reset_data(username, temporary, org.consequences.last())

        return await self._of_user(call, reset)

    async def live_token(self, call: ControlCall) -> dict[str, Any]:
        """The live security token, from the mails and the API clients."""

        def read(org: Org, user: str) -> dict[str, Any]:
            return {"username": org.users.get(user).username, "token": live_token(org, user)}

        return await self._of_user(call, read)

    async def reset_token(self, call: ControlCall) -> dict[str, Any]:
        """Token reset."""
        return await self._of_user(
            call,
            lambda org, user: token_reset_data(org.tokens.reset(user), org.consequences.last()),
        )

    async def unlock(self, call: ControlCall) -> dict[str, Any]:
        """User unlock."""
        return await self._of_user(
            call, lambda org, user: state_data(org.users.unlock(user), org.consequences.last())
        )

    async def freeze(self, call: ControlCall) -> dict[str, Any]:
        """User freeze."""
        by_salesforce = call.body["by_salesforce"]
        if by_salesforce is None:
            return await self._of_user(
                call, lambda org, user: state_data(org.users.freeze(user), org.consequences.last())
            )
        reason = FreezeReason(by_salesforce.replace("-", "_"))
        return await self._of_user(
            call,
            lambda org, user: state_data(
                org.users.freeze_by_salesforce(user, reason), org.consequences.last()
            ),
        )

    async def unfreeze(self, call: ControlCall) -> dict[str, Any]:
        """User unfreeze."""
        return await self._of_user(
            call, lambda org, user: state_data(org.users.freeze(user, frozen=False))
        )

    async def end_sessions(self, call: ControlCall) -> dict[str, Any]:
        """User end-sessions."""

        def end(org: Org, user: str) -> dict[str, Any]:
            return ended_data(org.users.get(user).username, org.admin.end_sessions(user))

        return await self._of_user(call, end)

    async def show_clock(self, call: ControlCall) -> dict[str, Any]:
        """Clock show."""
        return await self._pool.run(clock_data)

    async def advance_clock(self, call: ControlCall) -> dict[str, Any]:
        """Clock advance."""
        return await self._moved(lambda org: org.clock.advance(call.body["duration"]))

    async def set_clock(self, call: ControlCall) -> dict[str, Any]:
        """Clock set."""

        def move(org: Org) -> int:
            now, zone = org.clock.read().seen_org, org.info().time_zone
            try:
                to = parse_moment_near(call.body["moment"], now, zone, ahead=True)
            except ValueError as error:
                raise bad_request(f"{error}.") from error
            return org.clock.set(to)

        return await self._moved(move)

    async def list_settings(self, call: ControlCall) -> dict[str, str]:
        """Setup show."""
        return await self._pool.run(lambda org: org.setup.values())

    async def set_setting(self, call: ControlCall) -> dict[str, Any]:
        """Setup set."""
        name, value = call.path["name"], call.body["value"]
        return await self._pool.run(lambda org: set_setting(org, name, value))

    async def latest_mail(self, call: ControlCall) -> dict[str, Any]:
        """Mail --latest. Raises ControlError when there is none."""
        found = await self._pool.run(lambda org: org.mail.all(call.query["user"]))
        if not found:
            raise ControlError(404, "not_found", "No mail.")
        return mail_data(found[0])

    async def list_requests(self, call: ControlCall) -> dict[str, Any]:
        """The requests of clients."""
        since = call.query["since"]
        found = await self._requests.after(since, call.query["limit"], call.query["wait"])
        return {"requests": found, "last": found[-1]["id"] if found else since}

    async def list_verdicts(self, call: ControlCall) -> dict[str, Any]:
        """Every login attempt with its gates."""
        since, limit, user = (call.query[name] for name in ("since", "limit", "user"))

        def read(org: Org) -> dict[str, Any]:
            username = org.users.get(user).username if user else ""
            found = org.history.decisions(since, limit, username)
            zone = org.info().time_zone
            return {
                "verdicts": [decision_data(one, zone) for one in found],
                "last": found[-1].event.id if found else since,
            }

        return await self._pool.run(read)

    async def list_faults(self, call: ControlCall) -> dict[str, Any]:
        """What waits, and what can be injected."""
        known = {fault: sorted(doors) for fault, doors in injectable().items()}
        pending = [_injection(one) for one in self._injections.pending()]
        return {"pending": pending, "injectable": known}

    async def inject_fault(self, call: ControlCall) -> dict[str, Any]:
        """Let the next calls of an operation be answered with a fault."""
        return _injection(self._injections.add(**call.body))

    async def clear_faults(self, call: ControlCall) -> dict[str, int]:
        """Drop what waits."""
        return {"cleared": self._injections.clear()}

    async def _of_user(
        self, call: ControlCall, use_case: Callable[[Org, str], dict[str, Any]]
    ) -> dict[str, Any]:
        return await self._pool.run(lambda org: use_case(org, call.path["user"]))

    async def _moved(self, move: Callable[[Org], int]) -> dict[str, Any]:
        def run(org: Org) -> dict[str, Any]:
            move(org)
            return clock_data(org)

        return await self._pool.run(run)


def _injection(one: Injection) -> dict[str, Any]:
    return {"fault": one.fault, "operation": one.operation, "times": one.times}

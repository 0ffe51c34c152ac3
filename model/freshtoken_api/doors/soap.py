"""The SOAP door: login(), and what a session may ask for afterwards. Parse, call the org,
answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_api.answers import describe, results
from freshtoken_api.answers.soql import LARGEST_BATCH, ask, ask_more
from freshtoken_api.exchange import (
    LoginDesk,
    address_of,
    attempt_of,
    base_of,
    identity,
    note_login,
    xml,
)
from freshtoken_api.faults import SOAP_STATUS, Refused, soap_fault
from freshtoken_api.messages import (
    Call,
    MalformedError,
    NotAllowedError,
    TooLargeError,
    TooSlowError,
    body_of,
    read_call,
)
from freshtoken_model.decision.gate_rules import NEWEST_VERSION, OLDEST_VERSION
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import (
    MayNot,
    OrgError,
    PasswordExpired,
    PasswordRefused,
    UnknownName,
    WrongPassword,
)
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import visible

EDITIONS = {"u": "partner", "c": "enterprise"}
WITH_EXPIRED_PASSWORD = {"logout", "setPassword", "changeOwnPassword"}
"""setPassword() [DOC checked.md B16]; the others INF."""
HASHING = {"setPassword", "changeOwnPassword", "resetPassword"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation in a session: where it came to, the call, and who calls."""

    endpoint: results.Endpoint
    call: Call
    user: User

    def answer(self, result: str) -> bytes:
        """An answer of the operation."""
        return results.envelope(self.endpoint.edition, self.call.operation, result)


class SoapDoor:
    """Answers /services/Soap/u|c/NN.0, with or without the org ID behind."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool, self._desk = pool, LoginDesk(pool)

    async def __call__(self, request: Request) -> Response:
        """One SOAP request. Every refusal is a fault with HTTP 500, as at Salesforce."""
        edition = EDITIONS[request.path_params["letter"]]
        endpoint = results.Endpoint(edition, request.path_params["version"], base_of(request))
        try:
            call = read_call(await body_of(request))
            if call.operation == "login":
                return xml(await self._login(request, endpoint, call))
            if not OLDEST_VERSION <= float(endpoint.version) <= NEWEST_VERSION:
                raise Refused("unsupported_version")
            lane = self._pool.run if call.operation in HASHING else self._pool.quick
            return xml(
                await lane(lambda org: _in_session(org, endpoint, call, address_of(request)))
            )
        except TooLargeError:
            return _fault("refused_xml", edition, reason="The request is larger than 1 MB.")
        except TooSlowError:
            return _fault("refused_xml", edition, reason="The request did not arrive in time.")
        except NotAllowedError as error:
            return _fault("refused_xml", edition, reason=str(error))
        except MalformedError as error:
            return _fault("malformed_xml", edition, reason=str(error))
        except Refused as refusal:
            return _fault(refusal.key, edition, **refusal.values)

    async def _login(self, request: Request, endpoint: results.Endpoint, call: Call) -> bytes:
        attempt = attempt_of(
            request,
            Door.SOAP,
            username=call.field("username"),
            sent=call.field("password"),
            api_version=endpoint.version,
            application=visible(call.application[:80]),
            organization=call.organization[:80],
        )
        result, answer = await self._desk.run(
            request, attempt, lambda org, tried: _log_in(org, endpoint, tried)
        )
        note_login(result)
        if answer is None:
            fault = result.verdict.fault or "invalid_login"
            if fault == "invalid_login" and attempt.organization:
                fault = "invalid_login_scoped"
            raise Refused(fault, version=endpoint.version)
        return answer


def _log_in(
    org: Org, endpoint: results.Endpoint, attempt: Attempt
) -> tuple[LoginResult, bytes | None]:
    """Log in, and the answer if the org let it in: in one visit to the org's thread."""
    result = org.login(attempt)
    if result.session_id is None or result.user is None:
        return result, None
    who = identity(org, result.user, result.settings)
    return result, results.login_result(
        endpoint, who, result.session_id, result.verdict.password_expired
    )


def _in_session(org: Org, endpoint: results.Endpoint, call: Call, address: str) -> bytes:
    """Answer an operation. Raises Refused."""
    checked = org.sessions.check(call.session_id, address)
    if checked.user is None:
        raise Refused("invalid_session")
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise Refused("unknown_operation", name=call.operation[:80])
    if checked.fault and call.operation not in WITH_EXPIRED_PASSWORD:
        raise Refused(checked.fault)
    try:
        return operation(org, Asked(endpoint, call, checked.user))
    except OrgError as error:
        raise refusal_of(error, call.field("userId")) from error


def refusal_of(error: OrgError, record_id: str) -> Refused:
    """What the wire says when the org refuses a password change."""
    if isinstance(error, PasswordRefused):
        return Refused("invalid_new_password", reason="; ".join(error.broken))
    if isinstance(error, WrongPassword):
        return Refused("invalid_old_password")
    if isinstance(error, PasswordExpired):
        return Refused("expired_password")
    if isinstance(error, UnknownName):
        return Refused("invalid_id", name=record_id[:80])
    return (
        Refused("insufficient_access")
        if isinstance(error, MayNot)
        else Refused("refused_use", reason=str(error))
    )


def _logout(org: Org, asked: Asked) -> bytes:
    org.sessions.end(asked.call.session_id)
    return asked.answer("")


def _get_user_info(org: Org, asked: Asked) -> bytes:
    return asked.answer(
        f"<result>{results.user_info(identity(org, asked.user), asked.endpoint.version)}</result>"
    )


def _get_server_timestamp(org: Org, asked: Asked) -> bytes:
    return results.timestamp_result(asked.endpoint.edition, org.clock.read().seen_org)


def _set_password(org: Org, asked: Asked) -> bytes:
    org.passwords.set(
        asked.call.session_id, asked.call.field("userId"), asked.call.field("password")
    )
    return asked.answer("<result/>")


def _change_own_password(org: Org, asked: Asked) -> bytes:
    call = asked.call
    org.passwords.change_own(call.session_id, call.field("oldPassword"), call.field("newPassword"))
    return asked.answer("<result/>")


def _reset_password(org: Org, asked: Asked) -> bytes:
    temporary = org.passwords.reset_by(asked.call.session_id, asked.call.field("userId"))
    return asked.answer(f"<result><password>{temporary}</password></result>")


def _query(org: Org, asked: Asked) -> bytes:
    size = asked.call.batch_size
    batch = int(size) if size.isdecimal() and len(size) < 6 else LARGEST_BATCH
    return results.query_result(
        asked.endpoint.edition, ask(org, asked.call.field("queryString"), asked.user, batch)
    )


def _query_more(org: Org, asked: Asked) -> bytes:
    found = ask_more(org, asked.call.field("queryLocator"), asked.user)
    return results.query_result(asked.endpoint.edition, found, "queryMore")


def _describe(org: Org, asked: Asked) -> bytes:
    return asked.answer(describe.as_soap(asked.call.every("sObjectType"), asked.user))


OPERATIONS: dict[str, Callable[[Org, Asked], bytes]] = {
    "logout": _logout,
    "getUserInfo": _get_user_info,
    "getServerTimestamp": _get_server_timestamp,
    "setPassword": _set_password,
    "changeOwnPassword": _change_own_password,
    "resetPassword": _reset_password,
    "query": _query,
    "queryMore": _query_more,
    "describeSObject": _describe,
    "describeSObjects": _describe,
}
"""What a session may ask for."""


def _fault(key: str, edition: str, **values: str) -> Response:
    return xml(soap_fault(key, edition, **values), SOAP_STATUS)

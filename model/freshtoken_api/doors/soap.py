"""The SOAP door: login(), and the operations of a session."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from freshtoken_api.answers import describe, results
from freshtoken_api.answers.soql import LARGEST_BATCH, ask_more, ask_query
from freshtoken_api.exchange import (
    LoginQueue,
    address_of,
    attempt_of,
    base_of,
    identity,
    note_login,
    xml,
)
from freshtoken_api.faults import SOAP_STATUS, RefusedError, refusal_of, soap_fault
from freshtoken_api.hosts import HOSTS, HostKind, at_host, home, host_kind
from freshtoken_api.injection import InjectedOperation, Injector, Told, marked
from freshtoken_api.messages import (
    MalformedError,
    SoapCall,
    TooLargeError,
    TooSlowError,
    UnsupportedXmlError,
    body_of,
    read_call,
)
from freshtoken_api.missing import ONLY_POST
from freshtoken_model.decision.gate_rules import NEWEST_VERSION, OLDEST_VERSION
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import User
from freshtoken_model.values.visible import visible

EDITIONS = {"u": "partner", "c": "enterprise"}
WITH_EXPIRED_PASSWORD = {"logout", "setPassword", "changeOwnPassword"}
"""Operations that a session with an expired password may call
[DOC expired-login-succeeds]; logout and
changeOwnPassword are an assumption.
"""
QUERIES = {"query", "queryMore"}
HASHING = {"setPassword", "changeOwnPassword", "resetPassword"}
"""Operations that hash a password, for a thread that may take long."""


@dataclass(frozen=True, slots=True)
class SessionCall:
    """An operation of a session: its endpoint, the call, and the user."""

    endpoint: results.Endpoint
    call: SoapCall
    user: User

    def answer(self, result: str) -> bytes:
        """The envelope of the operation's answer."""
        return results.envelope(self.endpoint.edition, self.call.operation, result)


class SoapDoor:
    """Answers /services/Soap/u|c/NN.0, with or without an org ID after it."""

    def __init__(self, pool: OrgPool, injector: Injector) -> None:
        self._pool, self._queue, self._injector = pool, LoginQueue(pool), injector

    async def __call__(self, request: Request) -> Response:
        """Answer a request; every refusal is a fault with HTTP 500 [WIRE soap-fault-http-500]."""
        edition = EDITIONS[request.path_params["letter"]]
        kind = host_kind(request.headers.get("host", ""))
        if kind is HostKind.LIGHTNING:
            return HTMLResponse(ONLY_POST, 405)
        endpoint = results.Endpoint(edition, request.path_params["version"], base_of(request))
        try:
            call = read_call(await body_of(request))
            if call.namespace != f"urn:{edition}.soap.sforce.com":
                raise RefusedError(FaultKey.NO_OPERATION, name=_qualified(call))
            if injected := await self._injected(call, edition, endpoint.version):
                return injected
            if call.operation == "login":
                return xml(await self._login(request, endpoint, call))
            if not OLDEST_VERSION <= float(endpoint.version) <= NEWEST_VERSION:
                raise RefusedError(FaultKey.UNSUPPORTED_VERSION)
            if not HOSTS[kind].serves_data:
                raise RefusedError(FaultKey.URL_NOT_RESET)
            lane = self._pool.run if call.operation in HASHING else self._pool.quick
            return xml(
                await lane(lambda org: _in_session(org, endpoint, call, address_of(request)))
            )
        except TooLargeError:
            return _fault(FaultKey.REFUSED_XML, edition, reason="The request is larger than 1 MB.")
        except TooSlowError:
            return _fault(
                FaultKey.REFUSED_XML, edition, reason="The request did not arrive in time."
            )
        except UnsupportedXmlError as error:
            return _fault(FaultKey.REFUSED_XML, edition, reason=str(error))
        except MalformedError as error:
            return _fault(FaultKey.MALFORMED_XML, edition, reason=str(error))
        except RefusedError as refusal:
            return _fault(refusal.key, edition, **refusal.values)

    def unavailable(self, request: Request) -> Response:
        """The fault when the org file cannot be used."""
        return _fault(FaultKey.UNAVAILABLE, EDITIONS[request.path_params["letter"]])

    async def _injected(self, call: SoapCall, edition: str, version: str) -> Response | None:
        """The answer that was injected for this call, else None."""
        login = call.operation == "login"
        operation = InjectedOperation.QUERY if call.operation in QUERIES else InjectedOperation.DATA
        taken = await self._injector.fault(
            InjectedOperation.LOGIN if login else operation,
            Told.SOAP_LOGIN if login else Told.SOAP_SESSION,
            call.field("username").strip() if login else "",
            call.session_id,
        )
        if taken is None:
            return None
        fault = soap_fault(taken, edition, in_session=not login, version=version)
        return marked(xml(fault, SOAP_STATUS), taken)

    async def _login(self, request: Request, endpoint: results.Endpoint, call: SoapCall) -> bytes:
        attempt = attempt_of(
            request,
            Door.SOAP,
            username=call.field("username"),
            sent=call.field("password"),
            api_version=endpoint.version,
            application=visible(call.application[:80]),
            organization=call.organization[:80],
        )
        result, answer = await self._queue.run(
            request, attempt, lambda org, tried: _log_in(org, endpoint, tried)
        )
        note_login(result)
        if answer is None:
            fault = result.verdict.fault or FaultKey.INVALID_LOGIN
            if fault == FaultKey.INVALID_LOGIN and attempt.organization:
                fault = FaultKey.INVALID_LOGIN_SCOPED
            raise RefusedError(fault, version=endpoint.version)
        return answer


def _qualified(call: SoapCall) -> str:
    """The operation with its namespace, as the fault names it."""
    name = call.operation[:80]
    return f"{{{call.namespace[:120]}}}{name}" if call.namespace else name


def _log_in(
    org: Org, endpoint: results.Endpoint, attempt: Attempt
) -> tuple[LoginResult, bytes | None]:
    """Log in, and make the answer if it is accepted, in one visit to the org's thread."""
    result = org.login(at_host(org, attempt))
    if result.session_id is None or result.user is None:
        return result, None
    who = identity(org, result.user, result.settings)
    at_home = replace(endpoint, base=home(endpoint.base, who.info))
    return result, results.login_result(
        at_home, who, result.session_id, result.verdict.password_expired
    )


def _in_session(org: Org, endpoint: results.Endpoint, call: SoapCall, address: str) -> bytes:
    """Check the session and answer its operation. Raises RefusedError."""
    checked = org.sessions.check(call.session_id, address)
    if checked.user is None:
        raise RefusedError(FaultKey.INVALID_SESSION)
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise RefusedError(FaultKey.UNKNOWN_OPERATION, name=call.operation[:80])
    if checked.fault and call.operation not in WITH_EXPIRED_PASSWORD:
        raise RefusedError(checked.fault)
    try:
        return operation(org, SessionCall(endpoint, call, checked.user))
    except OrgError as error:
        raise refusal_of(error, call.field("userId")) from error


def _logout(org: Org, asked: SessionCall) -> bytes:
    org.sessions.end(asked.call.session_id)
    return asked.answer("")


def _get_user_info(org: Org, asked: SessionCall) -> bytes:
    return asked.answer(
        f"<result>{results.user_info(identity(org, asked.user), asked.endpoint.version)}</result>"
    )


def _get_server_timestamp(org: Org, asked: SessionCall) -> bytes:
    return results.timestamp_result(asked.endpoint.edition, org.clock.read().seen_org)


def _set_password(org: Org, asked: SessionCall) -> bytes:
    org.passwords.set(
        asked.call.session_id, asked.call.field("userId"), asked.call.field("password")
    )
    return asked.answer("<result/>")


def _change_own_password(org: Org, asked: SessionCall) -> bytes:
    call = asked.call
    org.passwords.change_own(call.session_id, call.field("oldPassword"), call.field("newPassword"))
    return asked.answer("<result/>")


def _reset_password(org: Org, asked: SessionCall) -> bytes:
    temporary = org.passwords.reset_by(asked.call.session_id, asked.call.field("userId"))
    return asked.answer(f"<result><password>{temporary}</password></result>")


def _query(org: Org, asked: SessionCall) -> bytes:
    size = asked.call.batch_size
    batch = int(size) if size.isdecimal() and len(size) < 6 else LARGEST_BATCH
    return results.query_result(
        asked.endpoint.edition, ask_query(org, asked.call.field("queryString"), asked.user, batch)
    )


def _query_more(org: Org, asked: SessionCall) -> bytes:
    found = ask_more(org, asked.call.field("queryLocator"), asked.user)
    return results.query_result(asked.endpoint.edition, found, "queryMore")


def _describe(org: Org, asked: SessionCall) -> bytes:
    return asked.answer(describe.as_soap(asked.call.every("sObjectType"), asked.user))


OPERATIONS: dict[str, Callable[[Org, SessionCall], bytes]] = {
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
"""The operations of a session by name."""


def _fault(key: str, edition: str, **values: str) -> Response:
    return xml(soap_fault(key, edition, False, **values), SOAP_STATUS)

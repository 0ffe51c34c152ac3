"""The SOAP door: login(), and what a session may ask for afterwards. Parse, call the org, answer."""

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_model.pool import OrgPool
from freshtoken_model.verdict import Attempt, Door

from . import results
from .exchange import accounts, address_of, base_of, caller_id, host_of, identity, note_event, xml
from .faults import SOAP_STATUS, soap_fault
from .messages import Call, MalformedError, NotAllowedError, QueryRefusedError, TooLargeError, body_of, read_call, read_query

EDITIONS = {"u": "partner", "c": "enterprise"}
IN_SESSION = {"logout", "getUserInfo", "getServerTimestamp", "query"}


class SoapDoor:
    """Answers /services/Soap/u|c/NN.0, with or without the org ID behind."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool = pool

    async def __call__(self, request: Request) -> Response:
        """One SOAP request. Every refusal is a fault with HTTP 500, as at Salesforce."""
        edition = EDITIONS[request.path_params["letter"]]
        endpoint = results.Endpoint(edition, request.path_params["version"], base_of(request))
        try:
            call = read_call(await body_of(request))
        except TooLargeError:
            return _fault("refused_xml", edition, reason="The request is larger than 1 MB.")
        except NotAllowedError as error:
            return _fault("refused_xml", edition, reason=str(error))
        except MalformedError as error:
            return _fault("malformed_xml", edition, reason=str(error))
        if call.operation == "login":
            return await self._login(request, endpoint, call)
        return await self._in_session(endpoint, call)

    async def _login(self, request: Request, endpoint: results.Endpoint, call: Call) -> Response:
        attempt = Attempt(
            username=call.fields.get("username", "").strip(),
            sent=call.fields.get("password", ""),
            door=Door.SOAP,
            address=address_of(request),
            api_version=endpoint.version,
            application=call.application[:80],
            endpoint=f"/services/Soap/{endpoint.letter}/{endpoint.version}",
            login_url=host_of(request),
            client_id=caller_id(),
        )
        result = await self._pool.run(lambda org: org.login(attempt))
        note_event(result.event_id)
        if result.session_id is None or result.user is None:
            return _fault(result.verdict.fault or "invalid_login", endpoint.edition, version=endpoint.version)
        user = result.user
        who = await self._pool.run(lambda org: identity(org, user))
        body = results.login_result(
            endpoint, who.user, who.profile_id, who.info, who.policies, result.session_id, result.verdict.password_expired
        )
        return xml(body)

    async def _in_session(self, endpoint: results.Endpoint, call: Call) -> Response:
        edition = endpoint.edition
        checked = await self._pool.run(lambda org: org.sessions.check(call.session_id))
        if checked.user is None:
            return _fault("invalid_session", edition)
        if call.operation not in IN_SESSION:
            return _fault("unknown_operation", edition, name=call.operation[:80])
        if checked.fault:
            return _fault(checked.fault, edition)
        user = checked.user
        match call.operation:
            case "logout":
                await self._pool.run(lambda org: org.sessions.end(call.session_id))
                return xml(results.envelope(edition, "logout", ""))
            case "getUserInfo":
                who = await self._pool.run(lambda org: identity(org, user))
                shown = results.user_info(who.user, who.profile_id, who.info, who.policies, endpoint.version)
                return xml(results.envelope(edition, "getUserInfo", f"<result>{shown}</result>"))
            case "getServerTimestamp":
                now = await self._pool.run(lambda org: org.clock.read().seen_org)
                return xml(results.timestamp_result(edition, now))
        return await self._query(edition, call)

    async def _query(self, edition: str, call: Call) -> Response:
        try:
            query = read_query(call.fields.get("queryString", ""))
        except QueryRefusedError as error:
            return _fault(error.key, edition, **error.values)
        found = await self._pool.run(lambda org: accounts(org, query.limit))
        return xml(results.query_result(edition, query, found))


def _fault(key: str, edition: str, **values: str) -> Response:
    return xml(soap_fault(key, edition, **values), SOAP_STATUS)

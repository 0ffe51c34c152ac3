"""The API client of the pane: an HTTP client that calls the wire in-process. Its credentials are in
the org file; the newest exchanges of this process are kept as they were sent and received.
"""

import json
import re
from collections import deque
from html import unescape
from urllib.parse import urlencode

import httpx

from freshtoken_api.app import create_app
from freshtoken_api.exchange import CALLER, Caller
from freshtoken_api.xml_text import escape
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.verdict import Door
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.records import App, Client
from freshtoken_model.values.visible import visible, visible_lines

from .tape import EXCHANGES_KEPT, ClientAnswer, Exchange, Message, Tape, shown_headers

EXPIRED_PASSWORD = "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
QUERY = "SELECT Id, Name FROM Account LIMIT 5"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"\n'
    '    xmlns:urn="urn:partner.soap.sforce.com">'
)


class ApiClient:
    """Logs in and queries as the simulated API clients do."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool, self._app = pool, create_app(pool)
        self.exchanges: Tape = deque(maxlen=EXCHANGES_KEPT)
        self._count = 0

    def of_event(self, event_id: int) -> Exchange | None:
        """The exchange that caused a login event; None if another process made it, or it is no
        longer kept.
        """
        return next((e for e in reversed(self.exchanges) if e.event_id == event_id), None)

    async def login(self, client_id: int) -> Exchange:
        """Log in with the credentials that the client holds, and store the session it gets."""
        client, app, _ = await self._pool.run(lambda org: _holdings(org, client_id))
        request = login_request(client, app, f"https://{client.login_host}")
        secrets = _secrets(
            client.password + client.token,
            client.password,
            client.token,
            app.consumer_secret if app else "",
        )
        return await self._exchange(client, "login", request, secrets)

    async def query(self, client_id: int) -> Exchange:
        """Query with the session that the client holds. A refusal does not make it log in again."""
        client, _, base = await self._pool.run(lambda org: _holdings(org, client_id))
        return await self._exchange(
            client, "query", query_request(client, base), _secrets(client.session)
        )

    async def _exchange(
        self, client: Client, purpose: str, request: httpx.Request, secrets: tuple[str, ...]
    ) -> Exchange:
        transport = httpx.ASGITransport(self._app, client=(client.address, 40_000 + client.id))
        caller = Caller(client.id)
        mark = CALLER.set(caller)
        try:
            async with httpx.AsyncClient(transport=transport) as http:
                response = await http.send(request)
        finally:
            CALLER.reset(mark)
        answer = read_answer(client, purpose, response)
        self._count += 1
        exchange = Exchange(
            self._count,
            client.id,
            purpose,
            Message(
                visible(f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"),
                shown_headers(request.headers.raw),
                visible_lines(request.content.decode("utf-8", "replace")),
            ),
            Message(
                visible(f"HTTP/1.1 {response.status_code} {response.reason_phrase}"),
                shown_headers(response.headers.raw),
                visible_lines(response.text),
            ),
            answer,
            caller.events[-1] if caller.events else None,
            _secrets(*secrets, answer.session or ""),
        )
        self.exchanges.append(exchange)
        await self._pool.run(
            lambda org: org.clients.told(
                client.id, answer.light, answer.told, answer.session, purpose == "query"
            )
        )
        return exchange


def _holdings(org: Org, client_id: int) -> tuple[Client, App | None, str]:
    client = org.clients.get(client_id)
    return client, org.clients.app(client), f"https://{org.info().my_domain}.my.salesforce.com"


def _secrets(*found: str) -> tuple[str, ...]:
    """The secrets worth hiding, also as they are escaped in XML and in a form, and as they are
    shown; the longest first.
    """
    sent = {
        form
        for secret in found
        if secret
        for form in (secret, escape(secret), urlencode({"": secret})[1:])
    }
    spelled = sent | {visible_lines(form) for form in sent}
    return tuple(sorted(spelled, key=len, reverse=True))


def soap_login_body(username: str, password: str, token: str, application: str) -> str:
    """The envelope of a login(): the token follows the password, in one element, so the org never
    sees them apart.
    """
    return _envelope(
        f"<urn:CallOptions><urn:client>{escape(application)}</urn:client></urn:CallOptions>",
        "<urn:login>\n"
        f"      <urn:username>{escape(username)}</urn:username>\n"
        f"      <urn:password>{escape(password + token)}</urn:password>\n"
        "    </urn:login>",
    )


def _envelope(header: str, content: str) -> str:
    return (
        f"{ENVELOPE}\n"
        f"  <soapenv:Header>\n    {header}\n  </soapenv:Header>\n"
        f"  <soapenv:Body>\n    {content}\n  </soapenv:Body>\n"
        "</soapenv:Envelope>"
    )


def _soap_request(client: Client, base: str, action: str, body: str) -> httpx.Request:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action, **_agent(client)}
    url = f"{base}/services/Soap/u/{client.api_version}"
    return httpx.Request("POST", url, content=body.encode(), headers=headers)


def login_request(client: Client, app: App | None, base: str) -> httpx.Request:
    """The request a client logs in with."""
    if client.protocol != Door.SOAP.value:
        form = {
            "grant_type": "password",
            "client_id": app.consumer_key if app else "",
            "client_secret": app.consumer_secret if app else "",
        }
        if client.protocol == Door.CLIENT_CREDENTIALS.value:
            form["grant_type"] = "client_credentials"
        else:
            form |= {"username": client.username, "password": client.password + client.token}
        return httpx.Request(
            "POST", f"{base}/services/oauth2/token", data=form, headers=_agent(client)
        )
    body = soap_login_body(client.username, client.password, client.token, client.name)
    return _soap_request(client, base, "login", body)


def query_request(client: Client, base: str) -> httpx.Request:
    """The query of a client: over SOAP with a SessionHeader, else over REST with a bearer token."""
    if client.protocol != Door.SOAP.value:
        path = f"/services/data/v{client.api_version}/query"
        bearer = {"Authorization": f"Bearer {client.session}"} if client.session else {}
        headers = bearer | _agent(client)
        return httpx.Request("GET", f"{base}{path}", params={"q": QUERY}, headers=headers)
    session = f"<urn:sessionId>{escape(client.session)}</urn:sessionId>"
    body = _envelope(
        f"<urn:SessionHeader>{session}</urn:SessionHeader>",
        f"<urn:query><urn:queryString>{QUERY}</urn:queryString></urn:query>",
    )
    return _soap_request(client, base, "query", body)


def _agent(client: Client) -> dict[str, str]:
    return {"User-Agent": client.name}


def read_answer(client: Client, purpose: str, response: httpx.Response) -> ClientAnswer:
    """What an answer means to the client, read by tag and key as simple clients do."""
    if client.protocol != Door.SOAP.value:
        return _read_json(purpose, response)
    text = response.text
    if response.status_code != 200:
        code, message = _tag(text, "sf:exceptionCode"), _tag(text, "sf:exceptionMessage")
        return ClientAnswer(_refused_light(code), visible(f"{code}: {message}"))
    if purpose == "query":
        return ClientAnswer(Light.CONNECTED, visible(f"{_tag(text, 'size')} records returned"))
    expired = _tag(text, "passwordExpired") == "true"
    return _connected(_tag(text, "sessionId"), expired)


def _refused_light(code: str) -> Light:
    return Light.EXPIRED if code == EXPIRED_PASSWORD else Light.BLOCKED


def _read_json(purpose: str, response: httpx.Response) -> ClientAnswer:
    body = json.loads(response.text)
    if response.status_code != 200:
        if isinstance(body, list):
            return ClientAnswer(
                _refused_light(body[0]["errorCode"]),
                visible(f"{body[0]['errorCode']}: {body[0]['message']}"),
            )
        return ClientAnswer(Light.BLOCKED, visible(f"{body['error']}: {body['error_description']}"))
    if purpose == "query":
        return ClientAnswer(Light.CONNECTED, visible(f"{body['totalSize']} records returned"))
    return _connected(str(body["access_token"]), False)


def _connected(session: str, expired: bool) -> ClientAnswer:
    if expired:
        return ClientAnswer(
            Light.EXPIRED, visible("session ID received, with passwordExpired = true"), session
        )
    return ClientAnswer(Light.CONNECTED, visible("session ID received"), session)


def _tag(text: str, name: str) -> str:
    match = re.search(rf"<{re.escape(name)}>(.*?)</{re.escape(name)}>", text, re.DOTALL)
    return unescape(match.group(1)) if match else ""

"""The REST door: versions, resources, limits, query, sobjects, and the password resource, in JSON
or XML.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from freshtoken_api.answers import describe
from freshtoken_api.answers.limits import CALLS_A_DAY, limits_shown
from freshtoken_api.answers.results import as_json, identity_url
from freshtoken_api.answers.soql import (
    LARGEST_BATCH,
    Found,
    ask_more,
    ask_query,
    entity_of,
    field_of,
)
from freshtoken_api.exchange import (
    NEVER_CACHED,
    address_of,
    base_of,
    bearer_of,
    json_answer,
    lacks_token,
)
from freshtoken_api.faults import RefusedError, printable, refusal_of, rest_error
from freshtoken_api.hosts import HOSTS, host_kind
from freshtoken_api.injection import InjectedOperation, Injector, Told, marked
from freshtoken_api.messages import MalformedError, TooLargeError, TooSlowError, body_of, parsed
from freshtoken_api.xml_text import escape
from freshtoken_model.decision.gate_rules import NEWEST_VERSION, OLDEST_VERSION
from freshtoken_model.history.objects import BOOLEAN, IDENTIFIER, ObjectQuery, ObjectRow, read_batch
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.records import User

XML_TYPE = "application/xml;charset=UTF-8"
DATA = "/services/data"
SEASON_ORDER = ("Winter", "Spring", "Summer")
FIRST_KEPT, FIRST_YEAR = 31, 2014
"""Version 31.0 came with Summer '14, and three come a year [assumption]."""
BATCH_SIZE = re.compile(r"batchSize\s*=\s*([0-9]{1,6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResourceRequest:
    """A request with a good session: the session ID, the user, the API version, the parameters of
    path and query, method and body, scheme and host, and how many records an answer may have.
    """

    session: str
    user: User
    version: str
    path: dict[str, str]
    query: dict[str, str]
    method: str
    body: bytes
    is_xml: bool
    here: str
    batch: int

    @property
    def base(self) -> str:
        """The path of this version's resources."""
        return f"{DATA}/v{self.version}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its value, the name of its root element in XML, and the HTTP status."""

    value: Any
    root: str
    status: int = 200


Resource = Callable[[Org, ResourceRequest], Reply]


class RestDoor:
    """Answers what lies under /services/data. Every answer tells how many calls were made since the
    door was opened [DOC rest-limit-header]; freshtoken refuses none for it.
    """

    def __init__(self, pool: OrgPool, injector: Injector) -> None:
        self._pool, self._calls, self._injector = pool, 0, injector

    def _counted(self, answer: Response) -> Response:
        self._calls += 1
        answer.headers["Sforce-Limit-Info"] = f"api-usage={self._calls}/{CALLS_A_DAY}"
        return answer

    def resource(
        self, ask_query: Resource, with_expired_password: bool = False
    ) -> Callable[[Request], Any]:
        """The endpoint of a resource: checks version and session, asks the org, answers in JSON or
        XML.
        """

        async def endpoint(request: Request) -> Response:
            as_xml = wants_xml(request)
            queries = ask_query in (query, query_more)
            asked = InjectedOperation.QUERY if queries else InjectedOperation.DATA
            if injected := await self._injector.fault(asked, Told.REST, "", bearer_of(request)):
                return marked(refused(injected, as_xml), injected)
            try:
                version = request.path_params["version"]
                if float(version) < OLDEST_VERSION:
                    raise RefusedError(FaultKey.RETIRED_VERSION)
                if float(version) > NEWEST_VERSION:
                    raise RefusedError(FaultKey.NOT_FOUND)
                reads = request.method in ("GET", "HEAD")
                body = b"" if reads or request.method == "DELETE" else await _body(request)
                # only a password is hashed: what reads goes ahead of that
                lane = self._pool.run if body or request.method == "DELETE" else self._pool.quick
                reply = await lane(
                    lambda org: _visit(org, request, body, ask_query, with_expired_password)
                )
                return self._counted(_answer(reply, as_xml))
            except RefusedError as refusal:
                return self._counted(refused(refusal.key, as_xml, **refusal.values))

        return endpoint

    def unavailable(self, request: Request) -> Response:
        """The answer when the org file cannot be used: HTTP 503."""
        return refused(FaultKey.UNAVAILABLE, wants_xml(request))

    async def versions(self, request: Request) -> Response:
        """All API versions; needs no session."""
        found = [
            {"label": _season(number), "url": f"{DATA}/v{number}.0", "version": f"{number}.0"}
            for number in range(FIRST_KEPT, int(NEWEST_VERSION) + 1)
        ]
        as_xml = wants_xml(request)
        return _answer(Reply({"Version": found} if as_xml else found, "Versions"), as_xml)


def _season(number: int) -> str:
    turn = number - FIRST_KEPT + 2  # Summer '14 is the third of its year
    return f"{SEASON_ORDER[turn % 3]} '{(FIRST_YEAR + turn // 3) % 100}"


async def _body(request: Request) -> bytes:
    try:
        return await body_of(request)
    except TooLargeError:
        raise RefusedError(FaultKey.TOO_LARGE) from None
    except TooSlowError:
        raise RefusedError(FaultKey.TOO_SLOW) from None
    except MalformedError as error:
        raise RefusedError(FaultKey.BROKEN_BODY, reason=str(error)) from error


def _visit(
    org: Org,
    request: Request,
    body: bytes,
    ask_query: Resource,
    with_expired_password: bool,
) -> Reply:
    """Check the session and ask. Raises RefusedError."""
    if not HOSTS[host_kind(request.headers.get("host", ""))].serves_data:
        raise RefusedError(FaultKey.URL_NOT_RESET)
    if lacks_token(request):
        raise RefusedError(FaultKey.INVALID_AUTH_HEADER)
    session = bearer_of(request)
    path = {name: str(value) for name, value in request.path_params.items()}
    checked = org.sessions.check(session, address_of(request))
    if checked.user is None or (checked.fault and not with_expired_password):
        raise RefusedError(checked.fault or FaultKey.INVALID_SESSION)
    is_xml = "xml" in request.headers.get("content-type", "").lower()
    query = dict(request.query_params)
    asked = ResourceRequest(
        session,
        checked.user,
        path["version"],
        path,
        query,
        request.method,
        body,
        is_xml,
        base_of(request),
        _batch(request),
    )
    try:
        return ask_query(org, asked)
    except OrgError as error:
        raise refusal_of(error, path.get("id", "")) from error


def _batch(request: Request) -> int:
    """The batchSize of Sforce-Query-Options [DOC rest-query-options]; else the largest."""
    found = BATCH_SIZE.search(request.headers.get("sforce-query-options", ""))
    return int(found[1]) if found else LARGEST_BATCH


def resources(org: Org, asked: ResourceRequest) -> Reply:
    """The paths of the resources, and the identity URL of the user."""
    names = ("limits", "query", "queryAll", "sobjects")
    identity = identity_url(asked.here, org.info(), asked.user)
    return Reply({**{name: f"{asked.base}/{name}" for name in names}, "identity": identity}, "urls")


def limits(org: Org, asked: ResourceRequest) -> Reply:
    """The limits that clients read: none is used up here."""
    return Reply(limits_shown(), "LimitsSnapshot")


def query(org: Org, asked: ResourceRequest) -> Reply:
    """The first batch of the query in ?q=; with columns=true its columns
    [MEASURED client-sf-requests].
    """
    found = ask_query(org, asked.query.get("q", ""), asked.user, asked.batch)
    if found.query.grouping is not None:
        records = [{"attributes": {"type": "AggregateResult"}, **group} for group in found.groups]
        return Reply({"totalSize": found.total, "done": True, "records": records}, "QueryResult")
    if asked.query.get("columns") == "true":
        return Reply(_columns(found), "QueryColumns")
    return Reply(_rows(found, asked), "QueryResult")


def query_more(org: Org, asked: ResourceRequest) -> Reply:
    """The next batch of a query."""
    return Reply(_rows(ask_more(org, asked.path["locator"], asked.user), asked), "QueryResult")


def sobjects(org: Org, asked: ResourceRequest) -> Reply:
    """The objects that the user may read."""
    return Reply(describe.global_rest(asked.user, asked.base), "DescribeGlobal")


def sobject(org: Org, asked: ResourceRequest) -> Reply:
    """The short description of an object."""
    entity = entity_of(asked.path["name"], asked.user.administers)
    shown = describe.as_rest(entity, asked.base)
    del shown["fields"], shown["childRelationships"], shown["recordTypeInfos"]
    return Reply({"objectDescribe": shown, "recentItems": []}, entity.name)


def describe_sobject(org: Org, asked: ResourceRequest) -> Reply:
    """The description of an object."""
    entity = entity_of(asked.path["name"], asked.user.administers)
    return Reply(describe.as_rest(entity, asked.base), entity.name)


def row(org: Org, asked: ResourceRequest) -> Reply:
    """A record by its ID, with the fields of ?fields= or all."""
    entity, ident = entity_of(asked.path["name"], asked.user.administers), asked.path["id"]
    names = (
        asked.query.get("fields", "").split(",")
        if asked.query.get("fields")
        else list(entity.fields)
    )
    fields = [field_of(entity, name.strip()) for name in names]
    asks = ObjectQuery(entity, tuple(fields), (("Id", "=", ident),), limit=1)
    rows = read_batch(org.database, asks, 1).rows
    if not rows:
        raise RefusedError(FaultKey.NOT_FOUND)
    shown = {name: rows[0][name] for name in fields}
    return Reply(_record(entity.name, rows[0], shown, asked), entity.name)


def password(org: Org, asked: ResourceRequest) -> Reply:
    """The password resource: GET tells whether it is expired, POST sets a new one, DELETE resets it
    [DOC rest-password]. POST and DELETE retire the security token [INF token-api-password-calls].
    """
    ident = asked.path["id"]
    if asked.method == "POST":
        org.passwords.set(asked.session, ident, _new_password(asked))
        return Reply(None, "", 204)
    if asked.method == "DELETE":
        return Reply({"NewPassword": org.passwords.reset_by(asked.session, ident)}, "Result")
    return Reply({"isExpired": org.passwords.expired(asked.session, ident)}, "Password")


def _new_password(asked: ResourceRequest) -> str:
    found: object = None
    try:
        if asked.is_xml:
            found = next(
                (
                    e.text or ""
                    for e in parsed(asked.body)
                    if etree.QName(e).localname == "NewPassword"
                ),
                None,
            )
        else:
            read = json.loads(asked.body)
            found = read.get("NewPassword") if isinstance(read, dict) else None
    except (ValueError, RecursionError, MalformedError) as error:
        words = str(error) if isinstance(error, MalformedError) else "The body is not JSON."
        raise RefusedError(FaultKey.BROKEN_BODY, reason=words) from error
    if not isinstance(found, str):
        raise RefusedError(FaultKey.BROKEN_BODY, reason="The body has no NewPassword.")
    return found


def _record(
    name: str, whole: ObjectRow, shown: ObjectRow, asked: ResourceRequest
) -> dict[str, Any]:
    url = f"{asked.base}/sobjects/{name}/{whole['Id']}"
    return {"attributes": {"type": name, "url": url}, **shown}


def _rows(found: Found, asked: ResourceRequest) -> dict[str, Any]:
    name = found.entity.name
    answer: dict[str, Any] = {"totalSize": found.total, "done": found.locator is None}
    if found.locator:
        answer["nextRecordsUrl"] = f"{asked.base}/query/{found.locator}"
    answer["records"] = [_record(name, whole, shown, asked) for whole, shown in found.pairs]
    return answer


def _columns(found: Found) -> dict[str, Any]:
    """The columns of a query, which the sf command line needs besides its rows [client-sf-requests;
    their fields are an assumption].
    """
    entity, kinds = found.entity, {n: f.kind for n, f in found.entity.fields.items()}
    columns: list[dict[str, Any]] = [
        {
            "aggregate": False,
            "apexType": "Id" if kinds[name] == IDENTIFIER else kinds[name].capitalize(),
            "booleanType": kinds[name] == BOOLEAN,
            "columnName": name,
            "custom": False,
            "displayName": name,
            "foreignKeyName": None,
            "insertable": False,
            "joinColumns": [],
            "numberType": False,
            "textType": kinds[name] != BOOLEAN,
            "updatable": False,
        }
        for name in found.query.asks.fields
    ]
    return {
        "columnMetadata": columns,
        "entityName": entity.name,
        "groupBy": False,
        "idSelected": "Id" in found.query.asks.fields,
        "keyPrefix": entity.prefix,
    }


def wants_xml(request: Request) -> bool:
    """Whether Accept names XML, and neither JSON nor HTML."""
    accept = request.headers.get("accept", "").lower()
    return "xml" in accept and "json" not in accept and "html" not in accept


def _answer(reply: Reply, as_xml: bool) -> Response:
    if reply.status == 204:
        return Response(status_code=204, headers=NEVER_CACHED)
    if not as_xml:
        return json_answer(as_json(reply.value), reply.status)
    body = f'<?xml version="1.0" encoding="UTF-8"?>{_element(reply.root, reply.value)}'
    return Response(body.encode(), reply.status, NEVER_CACHED, media_type=XML_TYPE)


def _element(name: str, value: Any) -> str:
    """A JSON value as XML; a list repeats its element, attributes of a record become XML's."""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        own = value.get("attributes")
        start = (
            "".join(f' {n}="{escape(str(v))}"' for n, v in own.items())
            if isinstance(own, dict)
            else ""
        )
        inner = "".join(_element(n, v) for n, v in value.items() if n != "attributes")
        return f"<{name}{start}>{inner}</{name}>"
    if value is None:
        return f'<{name} xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
    text = str(value).lower() if isinstance(value, bool) else escape(printable(str(value)))
    return f"<{name}>{text}</{name}>"


def refused(key: str, as_xml: bool = False, **values: str) -> Response:
    """The answer of a refusal, in JSON or XML."""
    status, body = rest_error(key, as_xml, **values)
    return (
        Response(body, status, NEVER_CACHED, media_type=XML_TYPE)
        if as_xml
        else json_answer(body, status)
    )

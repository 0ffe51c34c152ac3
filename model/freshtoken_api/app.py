"""The routes of the wire: a server runs this app, and the API client pane calls it in-process."""

import re
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from freshtoken_api.doors.authorize import AUTHORIZE, HEADERS, AuthorizeDoor
from freshtoken_api.doors.oauth import TOKEN, OAuthDoor
from freshtoken_api.doors.openid import OpenIdDoor
from freshtoken_api.doors.rest import RestDoor, refused
from freshtoken_api.doors.soap import SoapDoor
from freshtoken_api.injection import Injections, Injector
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import OrgFileError
from freshtoken_model.values.kinds import FaultKey
from freshtoken_model.values.visible import visible

from .doors import rest
from .missing import (
    BULK,
    MISSING_API,
    ONLY_POST,
    SOAP,
    bulk_without_api,
    missing_api,
    soap_without_api,
)

RESOURCES: tuple[tuple[str, rest.Resource], ...] = (
    ("query", rest.query),
    ("queryAll", rest.query),
    ("queryAll/{locator}", rest.query_more),
    ("", rest.resources),
    ("limits", rest.limits),
    ("query/{locator}", rest.query_more),
    ("sobjects", rest.sobjects),
    ("sobjects/{name}", rest.sobject),
    ("sobjects/{name}/describe", rest.describe_sobject),
    ("sobjects/{name}/{id}", rest.row),
)
"""Resources below a version, the most requested first. Each also answers with a slash at the end,
which simple-salesforce sends.
"""
PASSWORD_PATH = "sobjects/User/{id}/password"
DISCOVERY = "/.well-known/openid-configuration"
SOAP_PATH = "/services/Soap/{letter:soap}/{version:soap_version}"
POST, GET, EITHER, ALL = ["POST"], ["GET"], ["GET", "POST"], ["GET", "POST", "DELETE"]
Handler = Callable[[Request], Awaitable[Response]]


class _Version(StringConvertor):
    """An API version, NN.0, in a path."""

    regex = r"[0-9]{1,3}\.[0-9]"


class _SoapVersion(StringConvertor):
    """An API version in a SOAP path, NN.0; seven public clients write it vNN.0
    [MEASURED client-soap-version-v].
    """

    regex = r"v?[0-9]{1,3}\.[0-9]"

    def convert(self, value: str) -> str:
        """The version without its v."""
        return value.removeprefix("v")


class _Letter(StringConvertor):
    """The WSDL in a path: u is partner, c enterprise."""

    regex = "[uc]"


register_url_convertor("version", _Version())
register_url_convertor("soap_version", _SoapVersion())
register_url_convertor("soap", _Letter())


FORMAT = re.compile(r"(/services/data/v([0-9]{1,3})\.[0-9]/.+)\.(json|xml)/?")
LAST_WITH_FORMAT = 57
"""The last API version whose resources may end in .json or .xml [DOC rest-format-suffix]."""


class _Wire(Starlette):
    """The routes, behind what a path says of the format of its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a format at the end of its path stands above its Accept."""
        named = FORMAT.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if named and int(named[2]) <= LAST_WITH_FORMAT:
            others = [(name, value) for name, value in scope["headers"] if name != b"accept"]
            accept = f"application/{named[3]}".encode()
            scope = {**scope, "path": named[1], "headers": [*others, (b"accept", accept)]}
        await super().__call__(scope, receive, send)


def create_app(pool: OrgPool, injections: Injections | None = None) -> Starlette:
    """The ASGI app of an org, with the faults that calls are answered with instead, if any are ever
    to be injected. The caller closes the pool.
    """
    injector = Injector(pool, injections)
    soap, grants, data, authorize = (
        SoapDoor(pool, injector),
        OAuthDoor(pool, injector),
        RestDoor(pool, injector),
        AuthorizeDoor(pool),
    )
    openid = OpenIdDoor(pool)
    versions, under = rest.DATA, rest.DATA + "/v{version:version}"
    password = data.resource(rest.password, with_expired_password=True)
    routes = [
        _route(f"{under}/{path}".rstrip("/") + slash, endpoint, data.unavailable, GET)
        for path, ask in RESOURCES
        for endpoint in (data.resource(ask),)
        for slash in ("", "/")
    ]
    routes[1:1] = [  # early, because each route that does not match costs 2 us
        _route(SOAP_PATH, soap, soap.unavailable, POST),
        _route(TOKEN, grants.token, grants.unavailable, POST),
    ]
    routes += [
        _route(SOAP_PATH + "/", soap, soap.unavailable, POST),
        _route(SOAP_PATH + "/{org}", soap, soap.unavailable, POST),
        _route(TOKEN + "/", grants.token, grants.unavailable, POST),
        _route("/services/oauth2/revoke", grants.revoke, grants.unavailable, EITHER),
        _route("/services/oauth2/introspect", grants.introspect, grants.unavailable, POST),
        _route("/services/oauth2/userinfo", grants.userinfo, grants.unavailable, EITHER),
        _route(AUTHORIZE, authorize, authorize.unavailable, EITHER),
        _route(DISCOVERY, openid.configuration, openid.unavailable, GET),
        _route("/id/keys", openid.keys, openid.unavailable, GET),
        _route("/id/{org}/{user}", grants.identity, data.unavailable, EITHER),
        _route(versions, data.versions, data.unavailable, GET),
        _route(versions + "/", data.versions, data.unavailable, GET),
        _route(f"{under}/{PASSWORD_PATH}", password, data.unavailable, ALL),
        _route(f"{under}/{PASSWORD_PATH}/", password, data.unavailable, ALL),
    ]
    return _Wire(routes=routes, exception_handlers={HTTPException: _no_route})


def _route(
    path: str, endpoint: Handler, unavailable: Callable[[Request], Response], methods: list[str]
) -> Route:
    """A route; `unavailable` answers when the org file is busy, full, damaged or gone."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except OrgFileError:
            return unavailable(request)

    return Route(path, answer, methods=methods)


async def _no_route(request: Request, error: Exception) -> Response:
    """404 or 405, in REST's words at every path: no request reached a door."""
    method = isinstance(error, HTTPException) and error.status_code == 405
    path = request.scope["path"]
    missing = missing_api(path)
    if path.startswith(SOAP) and request.method == "GET":
        return HTMLResponse(ONLY_POST, 405)
    if path.startswith(SOAP) and request.method == "POST":
        return soap_without_api(missing)
    if path.startswith(BULK):
        return bulk_without_api(rest.wants_xml(request))
    answer = refused(
        FaultKey.METHOD_NOT_ALLOWED if method else FaultKey.NOT_FOUND, rest.wants_xml(request)
    )
    if path == AUTHORIZE:
        answer.headers.update(HEADERS)
    if missing:
        answer.headers[MISSING_API] = visible(missing)
    return answer

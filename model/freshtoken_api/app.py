"""The routes. What a server runs, and what the API client pane calls in-process."""

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from freshtoken_api.doors.authorize import AUTHORIZE, HEADERS, AuthorizeDoor
from freshtoken_api.doors.oauth import OAuthDoor
from freshtoken_api.doors.rest import RestDoor, refused
from freshtoken_api.doors.soap import SoapDoor
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.errors import OrgFileError

from .doors import oauth, rest
from .exchange import NO_STORE, json_answer, xml
from .faults import OAUTH_STATUS, SOAP_STATUS, oauth_error, soap_fault

RESOURCES: tuple[tuple[str, rest.Resource], ...] = (
    ("query", rest.query),
    ("", rest.resources),
    ("limits", rest.limits),
    ("query/{locator}", rest.query_more),
    ("sobjects", rest.sobjects),
    ("sobjects/{name}", rest.sobject),
    ("sobjects/{name}/describe", rest.describe_sobject),
    ("sobjects/{name}/{id}", rest.row),
)
"""What lies under a version, with or without a slash at the end (simple-salesforce); what is asked
most comes first.
"""
PASSWORD = "sobjects/User/{id}/password"
POST, GET, EITHER = ["POST"], ["GET"], ["GET", "POST"]


class _Version(StringConvertor):
    """NN.0 in a path."""

    regex = r"[0-9]{1,3}\.[0-9]"


class _Letter(StringConvertor):
    """u (partner) or c (enterprise) in a path."""

    regex = "[uc]"


register_url_convertor("version", _Version())
register_url_convertor("soap", _Letter())


def create_app(pool: OrgPool) -> Starlette:
    """The org's wire as an ASGI app; the pool stays the caller's to close."""
    soap, grants, data, authorize = (
        SoapDoor(pool),
        OAuthDoor(pool),
        RestDoor(pool),
        AuthorizeDoor(pool),
    )

    async def answer_soap(request: Request) -> Response:
        return await soap(request)

    async def answer_authorize(request: Request) -> Response:
        return await authorize(request)

    versions, under = rest.DATA, rest.DATA + "/v{version:version}"
    password = data.resource(rest.password, with_expired_password=True)
    routes = [
        Route(
            f"{under}/{path}".rstrip("/") + slash,
            data.resource(ask),
            methods=GET,
        )
        for path, ask in RESOURCES
        for slash in ("", "/")
    ]
    routes[1:1] = [  # what is asked most comes first: each route that does not match costs 2 us
        Route("/services/Soap/{letter:soap}/{version:version}", answer_soap, methods=POST),
        Route(oauth.TOKEN, grants.token, methods=POST),
    ]
    routes += [
        Route("/services/Soap/{letter:soap}/{version:version}/{org}", answer_soap, methods=POST),
        Route("/services/oauth2/revoke", grants.revoke, methods=EITHER),
        Route("/services/oauth2/introspect", grants.introspect, methods=POST),
        Route("/services/oauth2/userinfo", grants.userinfo, methods=EITHER),
        Route(AUTHORIZE, answer_authorize, methods=EITHER),
        Route("/id/{org}/{user}", grants.identity, methods=EITHER),
        Route(versions, data.versions, methods=GET),
        Route(versions + "/", data.versions, methods=GET),
        Route(f"{under}/{PASSWORD}", password, methods=["GET", "POST", "DELETE"]),
        Route(f"{under}/{PASSWORD}/", password, methods=["GET", "POST", "DELETE"]),
    ]
    return Starlette(
        routes=routes, exception_handlers={HTTPException: _plain_error, OrgFileError: _unavailable}
    )


async def _unavailable(request: Request, error: Exception) -> Response:
    """The org file is busy, full, damaged or gone: one sentence, in the words of the door."""
    if request.scope["path"].startswith("/services/Soap/c/"):
        return xml(soap_fault("unavailable", "enterprise"), SOAP_STATUS)
    if request.scope["path"].startswith("/services/Soap/"):
        return xml(soap_fault("unavailable", "partner"), SOAP_STATUS)
    if request.scope["path"].startswith("/services/oauth2/"):
        headers = HEADERS if request.scope["path"] == AUTHORIZE else NO_STORE
        return json_answer(oauth_error("unavailable"), OAUTH_STATUS, headers)
    return refused("unavailable", rest.wants_xml(request))


async def _plain_error(request: Request, error: Exception) -> Response:
    method = isinstance(error, HTTPException) and error.status_code == 405
    answer = refused("method_not_allowed" if method else "not_found", rest.wants_xml(request))
    if request.scope["path"] == AUTHORIZE:
        answer.headers.update(HEADERS)
    return answer

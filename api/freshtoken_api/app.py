"""The routes. What a server runs, and what the API client pane calls in-process."""

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from freshtoken_model.pool import OrgPool

from . import oauth
from .oauth import OAuthDoor
from .rest import QueryDoor, refused
from .soap import SoapDoor


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
    soap, token, query = SoapDoor(pool), OAuthDoor(pool), QueryDoor(pool)

    async def answer_soap(request: Request) -> Response:
        return await soap(request)

    async def answer_token(request: Request) -> Response:
        return await token(request)

    async def answer_query(request: Request) -> Response:
        return await query(request)

    return Starlette(
        routes=[
            Route("/services/Soap/{letter:soap}/{version:version}", answer_soap, methods=["POST"]),
            Route("/services/Soap/{letter:soap}/{version:version}/{org}", answer_soap, methods=["POST"]),
            Route(oauth.PATH, answer_token, methods=["POST"]),
            Route("/services/data/v{version:version}/query", answer_query, methods=["GET"]),
            Route("/services/data/v{version:version}/query/", answer_query, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _plain_error},
    )


async def _plain_error(request: Request, error: Exception) -> Response:
    method = isinstance(error, HTTPException) and error.status_code == 405
    return refused("method_not_allowed" if method else "not_found")

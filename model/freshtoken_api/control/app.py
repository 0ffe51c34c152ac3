"""The ASGI app of the control API: the operations of the description as routes, behind the guard;
every error is JSON.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from freshtoken_api.messages import MalformedError, TooLargeError, TooSlowError, body_of
from freshtoken_model.values.errors import (
    AmbiguousNameError,
    BadValueError,
    OrgError,
    OrgFileError,
    UnknownNameError,
)
from freshtoken_model.values.visible import visible, visible_json

from .contract import (
    PREFIX,
    ControlCall,
    ControlError,
    Operation,
    bad_request,
    check_text,
    operations,
    read_body,
    read_query,
)
from .guard import Guard

Handler = Callable[[ControlCall], Awaitable[object]]
Answer = Callable[[Request], Awaitable[Response]]
OPEN_PATHS = {PREFIX + one.path for one in operations() if one.is_open}


class ControlApp:
    """Answers what lies below PREFIX, and hands on everything else."""

    def __init__(self, handlers: Mapping[str, Handler], guard: Guard) -> None:
        """`handlers` answer the operations by their ids."""
        answers: dict[str, dict[str, Answer]] = {}
        for operation in operations():
            if operation.name in handlers:
                answers.setdefault(operation.path, {})[operation.method] = _answer(
                    operation, handlers[operation.name]
                )
        routes = [_route(path, by_method) for path, by_method in answers.items()]
        self._app = Starlette(
            routes=routes, exception_handlers={HTTPException: _no_route, Exception: _broken}
        )
        self._guard = guard

    def beside(self, other: ASGIApp) -> ASGIApp:
        """The app of a port that has both: this one below PREFIX, the other everywhere else."""

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            ours = scope["type"] == "http" and scope["path"].startswith(PREFIX + "/")
            await (self if ours else other)(scope, receive, send)

        return both

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        try:
            self._guard.check(scope, needs_token=scope["path"] not in OPEN_PATHS)
        except ControlError as error:
            await _refused(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _route(path: str, by_method: Mapping[str, Answer]) -> Route:
    """The route of a path, which answers each of its methods."""

    async def answer(request: Request) -> Response:
        return await by_method["GET" if request.method == "HEAD" else request.method](request)

    return Route(PREFIX + path, answer, methods=list(by_method))


def _answer(operation: Operation, handler: Handler) -> Answer:
    """The endpoint of an operation."""

    async def answer(request: Request) -> Response:
        names = {name: str(value) for name, value in request.path_params.items()}
        try:
            for name, value in names.items():
                check_text(name, value)
            query = read_query(operation, dict(request.query_params))
            takes_body = operation.body is not None
            body = read_body(operation, await body_of(request)) if takes_body else {}
            return as_json(await handler(ControlCall(names, query, body)), operation.status)
        except ControlError as error:
            return _refused(error)
        except OrgError as error:
            return _refused(_org_error(error, names))
        except TooLargeError:
            return _refused(ControlError(413, "too_large", "A body is 1 MB at most."))
        except TooSlowError:
            return _refused(ControlError(408, "bad_request", "The body did not arrive in time."))
        except MalformedError as error:
            return _refused(bad_request(str(error)))

    return answer


def _org_error(error: OrgError, names: Mapping[str, str]) -> ControlError:
    """What the org refused: 404 for a name in the path, 400 for what is wrong in the call itself,
    503 for the org file, and 409 for what its state does not allow.
    """
    match error:
        case AmbiguousNameError():
            return bad_request(str(error))
        case UnknownNameError(given=given) if given in names.values():
            return ControlError(404, "not_found", str(error))
        case UnknownNameError() | BadValueError():
            return bad_request(str(error))
        case OrgFileError():
            return ControlError(503, "unusable", str(error))
        case _:
            return ControlError(409, "refused", str(error))


def as_json(value: object, status: int = 200) -> Response:
    """An answer; hostile characters in it as JSON escapes."""
    body = visible_json(json.dumps(value, ensure_ascii=False))
    headers = {"Cache-Control": "no-store"}
    return Response(body.encode(), status, headers, media_type="application/json")


def _refused(error: ControlError) -> Response:
    answer = as_json(
        {"error": {"code": error.code, "message": visible(error.message)}}, error.status
    )
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.status == 413:
        answer.headers["Connection"] = "close"  # the rest of the body is not read
    return answer


async def _no_route(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        message = "The control API answers other HTTP methods at this address."
        answer = _refused(ControlError(405, "method_not_allowed", message))
        answer.headers["Allow"] = (error.headers or {}).get("Allow", "")
        return answer
    message = f"The control API has nothing at this address. All it has: {PREFIX}/openapi.json"
    return _refused(ControlError(404, "not_found", message))


async def _broken(request: Request, error: Exception) -> Response:
    message = "An error of freshtoken's own."
    return _refused(ControlError(500, "internal", message))

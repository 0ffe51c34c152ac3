"""The REST door: a query with a session ID as the bearer token."""

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_model.pool import OrgPool

from . import results
from .exchange import accounts, json_answer
from .faults import rest_error
from .messages import QueryRefusedError, read_query


class QueryDoor:
    """Answers GET /services/data/vNN.0/query?q=, with or without a slash at the end (simple-salesforce)."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool = pool

    async def __call__(self, request: Request) -> Response:
        """One query."""
        scheme, _, session = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth"):
            session = ""
        checked = await self._pool.run(lambda org: org.sessions.check(session.strip()))
        if checked.fault:
            return refused(checked.fault)
        try:
            query = read_query(request.query_params.get("q", ""))
        except QueryRefusedError as error:
            return refused(error.key, **error.values)
        found = await self._pool.run(lambda org: accounts(org, query.limit))
        return json_answer(results.rest_query_result(request.path_params["version"], query, found))


def refused(key: str, **values: str) -> Response:
    """A REST error body."""
    status, body = rest_error(key, **values)
    return json_answer(body, status)

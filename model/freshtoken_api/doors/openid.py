"""The OpenID Connect door: the configuration, and the key that verifies ID tokens. Neither needs a
session [DOC openid-discovery].
"""

from starlette.requests import Request
from starlette.responses import Response

from freshtoken_api.answers.openid import configuration
from freshtoken_api.answers.results import as_json
from freshtoken_api.exchange import base_of, json_answer
from freshtoken_api.faults import OAUTH_STATUS, oauth_error
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.kinds import FaultKey


class OpenIdDoor:
    """Answers /.well-known/openid-configuration and /id/keys."""

    def __init__(self, pool: OrgPool) -> None:
        self._pool = pool

    async def configuration(self, request: Request) -> Response:
        """Tell the endpoints, as seen from where the client called."""
        return json_answer(as_json(configuration(base_of(request))))

    async def keys(self, request: Request) -> Response:
        """Answer with the org's public keys."""
        found = await self._pool.run(lambda org: org.openid.public_keys())
        return json_answer(as_json({"keys": found}))

    def unavailable(self, request: Request) -> Response:
        """The error when the org file cannot be used."""
        return json_answer(as_json(oauth_error(FaultKey.UNAVAILABLE)), OAUTH_STATUS)

"""What the wire says in OpenID Connect: the configuration, and the claims of an ID token."""

import base64
import hashlib
from typing import Any

from freshtoken_api.answers.results import identity_url
from freshtoken_model.login.apps import SAME_SCOPE, SCOPES, Grant
from freshtoken_model.login.openid import ALGORITHM
from freshtoken_model.org import OrgInfo
from freshtoken_model.values.clock import MINUTE
from freshtoken_model.values.records import App

OPENID = "openid"
"""The scope that asks for an ID token [3P openid-scope]."""
ID_TOKEN_LIFE = 2 * MINUTE
"""How long an ID token is good, in ms [assumption id_token_life]."""
CLAIMS = ("aud", "at_hash", "exp", "iat", "iss", "nonce", "sub")
"""The claims of an ID token [MEM]."""


def configuration(here: str) -> dict[str, Any]:
    """The answer of /.well-known/openid-configuration at a scheme and host
    [DOC openid-discovery]. The issuer is the host that was called: a client compares the two.
    """
    oauth = f"{here}/services/oauth2"
    return {
        "issuer": here,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "jwks_uri": f"{here}/id/keys",
        "introspection_endpoint": f"{oauth}/introspect",
        "scopes_supported": [*SCOPES, *SAME_SCOPE],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "display_values_supported": ["page"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": list(CLAIMS),
        "code_challenge_methods_supported": ["S256"],
    }


def id_claims(here: str, info: OrgInfo, app: App, grant: Grant, wall: int) -> dict[str, Any]:
    """The claims of the ID token of a grant. Times are those of the wall clock, as in introspect:
    clients compare them with their own clock. The subject is that of userinfo, as clients demand.
    """
    assert grant.user is not None and grant.session_id is not None
    hashed = hashlib.sha256(grant.session_id.encode()).digest()
    claims = {
        "iss": here,
        "sub": identity_url(here, info, grant.user),
        "aud": app.consumer_key,
        "iat": wall // 1000,
        "exp": (wall + ID_TOKEN_LIFE) // 1000,
        "at_hash": base64.urlsafe_b64encode(hashed[:16]).rstrip(b"=").decode(),
    }
    return claims | ({"nonce": grant.nonce} if grant.nonce else {})

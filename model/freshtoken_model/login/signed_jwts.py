"""The signed JWT of the bearer flow: the key it must match, who made it, and for whom it speaks.

Lenient where real clients are sloppy [MEASURED client-jwt-forms]: exp as a string, in milliseconds,
just over; aud with a slash at the end. Imported when the first key or JWT comes: jwt and
cryptography take 80 ms to load.
"""

import base64
import json
import math
import re
from contextlib import suppress
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from freshtoken_model.values.errors import BadValueError, GrantRefusedError
from freshtoken_model.values.kinds import FaultKey

AUDIENCES = ("login.salesforce.com", "test.salesforce.com")
SLACK = 180
"""Seconds that a JWT's exp may lie back and its nbf ahead: CumulusCI sends exp = now, with no
margin [MEASURED client-jwt-forms].
"""


def public_key(pem: bytes) -> str:
    """The RSA public key of a PEM certificate or public key, as PEM. Raises BadValueError."""
    key: object = None
    with suppress(ValueError, TypeError):
        key = load_pem_public_key(pem)
    if key is None:
        with suppress(ValueError, TypeError):
            key = x509.load_pem_x509_certificate(pem).public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadValueError("This is not a PEM certificate or an RSA public key.")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def issuer(assertion: str) -> str:
    """The consumer key that a JWT names, not verified: it says which app's key the JWT must match.
    Raises GrantRefusedError.
    """
    try:
        padded = assertion.split(".")[1] + "==="
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (IndexError, ValueError, RecursionError):
        raise GrantRefusedError(FaultKey.INVALID_ASSERTION) from None
    if not isinstance(claims, dict):
        raise GrantRefusedError(FaultKey.INVALID_ASSERTION)
    return str(claims.get("iss", ""))


def subject(assertion: str, key: str, here: str, wall: int) -> str:
    """The user that a JWT names, once signature, audience and times are verified. `here` is this
    server as the client named it, `wall` ms. Raises GrantRefusedError.
    """
    claims = _verified(assertion, key)
    if _bare(str(claims.get("aud", ""))) not in (*AUDIENCES, _bare(here)):
        raise GrantRefusedError(FaultKey.WRONG_AUDIENCE)
    begins, expires = _seconds(claims.get("nbf", 0)), _seconds(claims.get("exp"))
    if (
        expires is None
        or expires < wall // 1000 - SLACK
        or begins is None
        or begins > wall // 1000 + SLACK
    ):
        raise GrantRefusedError(FaultKey.INVALID_ASSERTION)
    return str(claims.get("sub") or claims.get("prn") or "")


def _verified(assertion: str, key: str) -> dict[str, Any]:
    """The claims of a JWT signed with RS256 by the app's key. Times and audience are checked apart:
    clients are sloppy.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_sub": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise GrantRefusedError(FaultKey.INVALID_ASSERTION) from None
    return claims


def _bare(url: str) -> str:
    """A URL without scheme and slash at the end: a client behind an adapter names https where it
    comes by http.
    """
    return re.sub("^https?://", "", url).rstrip("/")


def _seconds(claimed: object) -> float | None:
    """An exp as seconds, whether it is a number, a string, or in milliseconds."""
    try:
        moment = float(str(claimed))
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(moment):
        return None
    return moment / 1000 if moment > 100_000_000_000 else moment

"""OpenID Connect: the org's key, and what it signs. The key is made when it is first asked for, and
kept in the org file: it outlives a restart, and no export has it.

jwt and cryptography take 80 ms to load: they are imported with the first key.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import maybe

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
KEY_SIZE = 2_048
KEY_SQL = "select private_key from openid_key"


class OpenId:
    """`org.openid`: ID tokens, and the public key that verifies them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def signed(self, claims: dict[str, Any]) -> str:
        """A JWT with these claims, signed with the org's key."""
        import jwt

        key = self._key()
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": _key_id(key)})

    def public_keys(self) -> list[dict[str, str]]:
        """The org's public keys, one, as a JSON Web Key Set has them."""
        from jwt.algorithms import RSAAlgorithm

        key = self._key()
        numbers = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return [
            {
                "kty": "RSA",
                "n": str(numbers["n"]),
                "e": str(numbers["e"]),
                "alg": ALGORITHM,
                "use": "sig",
                "kid": _key_id(key),
            }
        ]

    def _key(self) -> RSAPrivateKey:
        row = maybe(self._db, KEY_SQL)
        if row is None:
            made = _new_pem()  # outside the lock: it takes 0.1 s
            with database.write(self._db):  # no use case: it is no step that is taken back
                row = maybe(self._db, KEY_SQL)
                if row is None:  # else another process was quicker
                    app_rows.openid_keys.insert(self._db, id=1, private_key=made)
                    row = {"private_key": made}
        return _loaded(row["private_key"])


def _new_pem() -> str:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65_537, key_size=KEY_SIZE)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@lru_cache(maxsize=8)
def _loaded(pem: str) -> RSAPrivateKey:
    """The key of a PEM, checked once: that takes longer than a signature."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _key_id(key: RSAPrivateKey) -> str:
    """What names a key: the beginning of a hash of its modulus [OURS]."""
    modulus = key.public_key().public_numbers().n
    return hashlib.sha256(modulus.to_bytes(KEY_SIZE // 8, "big")).hexdigest()[:16]

"""Password hashing, security tokens, session IDs, record IDs, and the random source they are drawn
from.
"""

import hashlib
import hmac
import os
import secrets
import string
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

ALPHANUMERIC = string.ascii_letters + string.digits
TOKEN_LENGTH = 24
"""Characters of a security token: typical, not promised [3P token-length]."""
LINK_LENGTH = 32
SESSION_ALPHABET = ALPHANUMERIC + "._"


class Source:
    """Random characters and bytes. Without a seed from the system; with one, a stream that replays
    to the same bytes.

    `draws` counts what was taken from a seeded stream; the transaction that drew keeps it in the
    org row.
    """

    def __init__(self, seed: str | None, draws: int = 0) -> None:
        self.seed, self.draws = seed, draws

    def bytes(self, count: int) -> bytes:
        """`count` random bytes: of the system, or the next ones of the seed."""
        if self.seed is None:
            return secrets.token_bytes(count)
        self.draws += 1
        return seeded_bytes(self.seed, f"draw {self.draws}", count)

    def text(self, count: int, alphabet: str = ALPHANUMERIC) -> str:
        """Count characters of an alphabet of at most 64, evenly drawn (62 of 64 values used, the
        others drawn again).
        """
        if self.seed is None and len(alphabet) == 64:
            return secrets.token_bytes(count).translate(_table(alphabet)).decode("ascii")
        found = ""
        while len(found) < count:
            found += "".join(
                alphabet[b & 63] for b in self.bytes(count * 2) if b & 63 < len(alphabet)
            )
        return found[:count]


@cache
def _table(alphabet: str) -> bytes:
    """For bytes.translate(): four bytes to each of 64 characters. A session ID takes 4 us this way,
    42 us by text()'s loop, of the 420 us of an accepted login.
    """
    return (alphabet * 4).encode("ascii")


def seeded_bytes(seed: str, purpose: str, count: int) -> bytes:
    """Count bytes that depend on seed and purpose alone."""
    return hashlib.shake_256(f"freshtoken\0{seed}\0{purpose}".encode()).digest(count)


def digest(secret: str) -> str:
    """What is stored of a security token, a session ID or a link: these have 128 bits and more,
    SHA-256 is enough.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Hashing:
    """Argon2id with OWASP's minimum parameters (19 MiB, 2 passes). Tests inject cheaper ones."""

    memory_kib: int = 19 * 1024
    passes: int = 2

    @cached_property
    def _hasher(self) -> PasswordHasher:
        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory_kib, parallelism=1)

    @cached_property
    def nobody(self) -> str:
        """A hash that no password has: verified against for unknown users, so that they cost the
        same.
        """
        return self.hash(secrets.token_hex(16), os.urandom(16))

    def hash(self, password: str, salt: bytes) -> str:
        """The salted hash string; it is also the version of the credential."""
        return self._hasher.hash(_encoded(password), salt=salt)

    def verify(self, stored: str, candidate: str) -> bool:
        """Whether a candidate is the password of a stored hash; takes the same time either way."""
        try:
            return self._hasher.verify(stored, _encoded(candidate))
        except (VerifyMismatchError, InvalidHashError):
            return False


QUICK = Hashing(memory_kib=8, passes=1)
"""For orgs that are thrown away: proofs, checks of content, tests. A hash takes 0.02 ms in place of
25 ms.
"""


def _encoded(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


Evidence = dict[tuple[str, str], bool]
"""(stored hash, candidate) -> whether it is the password."""


class VerifiedPasswords:
    """Remembers, in memory only, which candidates were right for which stored hash; shared by a
    process's threads.

    Keyed by a process key over hash and candidate: it dies with the credential by itself, and holds
    no password. Only acceptances are kept: a refusal must never become cheaper
    [MEASURED measured-timing].
    About 200 bytes an entry; a memory smaller than the clients that come round robin would be worth
    nothing.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._key, self._size = secrets.token_bytes(32), size
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def empty(self) -> bool:
        """Whether nothing is remembered yet: in a process of one command."""
        return not self._right

    def _name(self, stored: str, candidate: str) -> bytes:
        return _pair(self._key, stored, candidate)

    def recall(self, stored: str, candidates: Iterable[str]) -> Evidence:
        """What is remembered as right; nothing about the rest."""
        with self._lock:
            return {(stored, c): True for c in candidates if self._name(stored, c) in self._right}

    def remember(self, evidence: Evidence) -> None:
        """Keep the acceptances of a login that was accepted."""
        with self._lock:
            for (stored, candidate), right in evidence.items():
                if right:
                    self._right[self._name(stored, candidate)] = None
            while len(self._right) > self._size:
                self._right.popitem(last=False)


class SimulatedMemory:
    """What simulated integrations presented, right or wrong: a stale client would cost a hash each
    try of a month.

    Never for a door: a refusal there must not become cheaper [MEASURED measured-refusals,
    measured-timing].
    """

    def __init__(self, size: int = 256) -> None:
        self._key, self._size = secrets.token_bytes(32), size
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, stored: str, candidate: str) -> bool | None:
        """What is known of a pair; None while nothing is."""
        with self._lock:
            return self._known.get(_pair(self._key, stored, candidate))

    def verify(self, hashing: Hashing, stored: str, candidate: str) -> bool:
        """As Hashing.verify(), each pair once."""
        name = _pair(self._key, stored, candidate)
        with self._lock:
            if name in self._known:
                return self._known[name]
        right = hashing.verify(stored, candidate)
        with self._lock:
            self._known[name] = right
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return right


def _pair(key: bytes, stored: str, candidate: str) -> bytes:
    """A name for a stored hash and a candidate that holds neither."""
    message = len(stored).to_bytes(4, "big") + stored.encode() + _encoded(candidate)
    return hashlib.blake2b(message, key=key, digest_size=32).digest()


CODE_LENGTH = 6
"""Digits of an authenticator's code."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was sent: all of it as the password, its end as the token, or as an
    authenticator's code.
    """

    password: str
    token: str
    code: str = ""


def readings(sent: str) -> tuple[Reading, ...]:
    """How a glued password and token can be read. Depends on what was sent alone, never on what the
    org knows.
    """
    found = [Reading(sent, "")]
    tail, code = sent[-TOKEN_LENGTH:], sent[-CODE_LENGTH:]
    if len(sent) > CODE_LENGTH and code.isascii() and code.isdecimal():
        found.append(Reading(sent[:-CODE_LENGTH], "", code))
    if len(sent) > TOKEN_LENGTH and tail.isascii() and tail.isalnum():
        found.append(Reading(sent[:-TOKEN_LENGTH], tail))
    return tuple(found)


def same(one: str, other: str) -> bool:
    """Compare secrets without telling by time where they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def record_id(prefix: str, number: int) -> str:
    """An 18-character record ID: key prefix, instance, number in base 62, and the three case-safe
    characters.
    """
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return eighteen(f"{prefix}5j" + digits.rjust(10, "0"))


def eighteen(fifteen: str) -> str:
    """The 18-character form of a 15-character record ID [WIRE record-id-18]."""
    suffix = ""
    for start in (0, 5, 10):
        chunk = fifteen[start : start + 5]
        suffix += _CHECK[sum(1 << bit for bit, char in enumerate(chunk) if "A" <= char <= "Z")]
    return fifteen + suffix


def whole_id(text: str) -> str | None:
    """The 18-character form of a record ID as it was sent: in 15 characters, whose case matters, or
    in 18, whose case does not. None for what is no record ID.
    """
    if not (text.isascii() and text.isalnum() and len(text) in (15, 18)):
        return None
    fifteen = text[:15]
    if len(text) == 18:
        marks = [_CHECK.find(char) for char in text[15:].upper()]
        fifteen = "".join(
            char.upper() if marks[place // 5] >> place % 5 & 1 else char.lower()
            for place, char in enumerate(fifteen)
        )
    whole = eighteen(fifteen)
    return whole if whole.upper().startswith(text.upper()) else None


def record_number(text: str) -> int | None:
    """The number that record_id() was made from, out of a record ID as it was sent; None for what
    is no record ID.
    """
    whole = whole_id(text)
    if whole is None:
        return None
    number = 0
    for char in whole[5:15]:
        number = number * 62 + _BASE62.index(char)
    return number if record_id(whole[:3], number) == whole else None


def session_id(org_record_id: str, source: Source) -> str:
    """112 characters: the org's 15, '!', 'AQ', and 94 of [A-Za-z0-9._] [WIRE session-id-shape]."""
    return f"{org_record_id[:15]}!AQ{source.text(94, SESSION_ALPHABET)}"

"""The hashes that are kept of a user's passwords: a password is verified against them outside the
lock, and what was found stands as long as their version is the same.
"""

import string
from dataclasses import dataclass

from freshtoken_model.decision.credentials import Evidence, Hashing, Source, seeded_bytes
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import one, read_password_policy
from freshtoken_model.values.records import User

SALT_BYTES = 16
TEMPORARY_LENGTH = 10
Version = tuple[str | None, tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class PasswordHashes:
    """A user's current password hash, the former ones the policy remembers, and the number of
    changes so far.
    """

    user: User
    current: str | None
    former: tuple[str, ...]
    changes: int
    seed: str | None
    """The org's; what is drawn from it is the same in every run."""

    @property
    def version(self) -> Version:
        """What differs once anybody has changed the password, or how many are remembered."""
        return self.current, self.former, self.changes

    def verify(self, hashing: Hashing, old: str, new: str) -> Evidence:
        """Whether `old` is the current password, and `new` any that is remembered. Takes a hash
        for each.
        """
        evidence: Evidence = {}
        if self.current is not None and old:
            evidence[(self.current, old)] = hashing.verify(self.current, old)
        for stored in self._remembered:
            evidence[(stored, new)] = hashing.verify(stored, new)
        return evidence

    def hold(self, candidate: str, evidence: Evidence) -> bool:
        """Whether, by that evidence, the candidate is a password that is remembered."""
        return any(evidence.get((stored, candidate)) for stored in self._remembered)

    def salt(self) -> bytes:
        """The salt of the next password."""
        if self.seed is None:
            return Source(None).bytes(SALT_BYTES)
        purpose = f"salt {self.user.record_id} {self.changes + 1}"
        return seeded_bytes(self.seed, purpose, SALT_BYTES)

    def temporary_password(self) -> str:
        """Letters and a digit, as the documented sample has [DOC rest-password]; length and
        shape are ours.
        """
        seed = self.seed
        source = Source(
            None if seed is None else f"{seed} temporary {self.user.record_id} {self.changes}"
        )
        return (
            source.text(TEMPORARY_LENGTH - 2, string.ascii_letters)
            + f"{source.bytes(1)[0] % 90 + 10}"
        )

    @property
    def _remembered(self) -> tuple[str, ...]:
        return (*(() if self.current is None else (self.current,)), *self.former)


def read_hashes(db: Database, user: User) -> PasswordHashes:
    """The hashes that are stored now."""
    policy = read_password_policy(db, user.profile_id)
    row = one(
        db,
        "select u.password_hash, u.password_changes, o.seed from user u, org o where u.id = ?",
        user.id,
    )
    former = database.rows(
        db,
        "select password_hash from former_password where user_id = ? order by id desc limit ?",
        (user.id, max(0, policy.password_history - (row["password_hash"] is not None))),
    )
    hashes = tuple(f["password_hash"] for f in former)
    return PasswordHashes(user, row["password_hash"], hashes, row["password_changes"], row["seed"])

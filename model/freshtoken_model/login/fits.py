"""Reads which half of what an API client sends fits what the org takes."""

from freshtoken_model.accounts import tokens
from freshtoken_model.accounts.networks import address_number
from freshtoken_model.accounts.password_hashes import PasswordHashes, read_hashes
from freshtoken_model.accounts.standing import read_standing
from freshtoken_model.accounts.users import by_username
from freshtoken_model.decision.credentials import Hashing, SimulatedMemory
from freshtoken_model.decision.fit import Fit, PasswordHalf, fit
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import read_clock
from freshtoken_model.values.clock import wall_clock
from freshtoken_model.values.records import Client

CHECKED = SimulatedMemory()
"""What was found out about passwords that API clients hold. No door answers from it."""


class Fits:
    """`org.fits`: what the API clients send beside what the org takes."""

    def __init__(self, db: Database, hashing: Hashing) -> None:
        self._db, self._hashing = db, hashing

    def of(self, client: Client, remembered_only: bool = False) -> Fit:
        """The fit of a client. Takes up to a hash for each password that is remembered of its
        user; `remembered_only`: none, and the password is `UNCHECKED` while it is not known.
        """
        with database.read(self._db):
            now = read_clock(self._db).now(wall_clock())
            user = by_username(self._db, client.username)
            presented = tokens.of_sent(self._db, user.id, client.token) if user else {}
            address = address_number(client.address)
            standing, settings = read_standing(self._db, user, presented, address, now)
            hashes = read_hashes(self._db, user) if user else None
        half = PasswordHalf.NONE
        if client.password and hashes is not None:
            half = self._half(hashes, client.password, remembered_only)
        return fit(client, standing, settings, half)

    def _half(self, hashes: PasswordHashes, candidate: str, remembered_only: bool) -> PasswordHalf:
        if hashes.current is None:
            return PasswordHalf.ENDED
        stored = (hashes.current, *hashes.former)
        for place, one in enumerate(stored):
            right = CHECKED.recall(one, candidate)
            if right is None and remembered_only:
                return PasswordHalf.UNCHECKED
            if right is None:
                right = CHECKED.verify(self._hashing, one, candidate)
            if right:
                return PasswordHalf.OLD if place else PasswordHalf.RIGHT
        return PasswordHalf.WRONG

"""The simulated authenticator app: time-based codes for MFA for API Logins (TOTP, six digits, 30
seconds).

A code is good by org time and by wall time: the first for a simulated phone, the second for a real
one [OURS].
"""

import string

import pyotp

from .credentials import Source

SECRET_LENGTH = 32
SECRET_ALPHABET = string.ascii_uppercase + "234567"
STEP = 30_000
"""Ms a code is shown; the one before and the one after are good too [MEM: clocks differ]."""


def new_secret(source: Source) -> str:
    """A secret in base 32, as a QR code carries it."""
    return source.text(SECRET_LENGTH, SECRET_ALPHABET)


def code_at(secret: str, moment: int) -> str:
    """The code shown at a moment (ms)."""
    return pyotp.TOTP(secret).at(moment // 1000)


def good_codes(secret: str, *moments: int) -> frozenset[str]:
    """Every code that is good around these moments."""
    return frozenset(
        code_at(secret, moment + shift) for moment in moments for shift in (-STEP, 0, STEP)
    )

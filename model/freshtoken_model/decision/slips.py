"""What a refused secret looks like: a token in the wrong place, a blank too many. Pure, and for Why
alone: the answer to the client stays the same.
"""

import unicodedata
from collections.abc import Collection

from .credentials import TOKEN_LENGTH

MOST_WINDOWS = 256
"""Places of a secret that are looked at, from its end on."""

SLIPS: dict[str, str] = {
    "token_twice": "it holds a security token of this user twice",
    "token_first": "it begins with a security token of this user; the token belongs behind the "
    "password",
    "token_inside_1": "it holds a security token of this user, with 1 character too many behind it",
    "token_inside": "it holds a security token of this user, with {1} characters too many behind "
    "it",
    "blanks_around": "it begins and ends with a blank",
    "blank_first": "it begins with a blank",
    "blank_last": "it ends with a blank",
    "blank_for_plus": "it holds a blank: a form turns a plus sign that is not encoded into one",
    "decomposed": "its accents are characters of their own (NFD), as some systems store them",
}
"""By the code of a slip, what Why adds to a wrong password."""


def token_windows(sent: str) -> tuple[str, ...]:
    """Each part of what was sent that can be a security token, wherever it stands."""
    places = range(max(0, len(sent) - TOKEN_LENGTH - MOST_WINDOWS), len(sent) - TOKEN_LENGTH + 1)
    parts = (sent[place : place + TOKEN_LENGTH] for place in places)
    return tuple(dict.fromkeys(part for part in parts if part.isascii() and part.isalnum()))


def slip_of(sent: str, tokens: Collection[str], is_form: bool) -> tuple[str | int, ...]:
    """The code and values of what a wrong secret looks like; empty for nothing known.

    `tokens` are the user's tokens, live or dead, that were found in it; `is_form`: whether it
    came as a field of a form.
    """
    for token in filter(sent.__contains__, tokens):
        if sent.count(token) > 1:
            return ("token_twice",)
        behind = len(sent) - sent.index(token) - TOKEN_LENGTH
        if behind and sent.startswith(token):
            return ("token_first",)
        if behind:
            return ("token_inside_1",) if behind == 1 else ("token_inside", behind)
    first, last = sent[:1].isspace(), sent[-1:].isspace()
    if first and last:
        return ("blanks_around",)
    if first or last:
        return ("blank_first",) if first else ("blank_last",)
    if is_form and " " in sent:
        return ("blank_for_plus",)
    if not unicodedata.is_normalized("NFC", sent):
        return ("decomposed",)
    return ()

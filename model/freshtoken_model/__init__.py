"""The org: knows no terminal and no HTTP. This is its face; what is asked for here is imported when
it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freshtoken_model.decision.verdict import Attempt, Door, Verdict
    from freshtoken_model.values.errors import (
        NotAllowedError,
        OrgError,
        OrgFileError,
        PasswordRefusedError,
        UnknownNameError,
        WrongPasswordError,
    )

    from .org import Org
    from .pool import OrgPool

__all__ = [
    "Attempt",
    "Door",
    "NotAllowedError",
    "Org",
    "OrgError",
    "OrgFileError",
    "OrgPool",
    "PasswordRefusedError",
    "UnknownNameError",
    "Verdict",
    "WrongPasswordError",
]

_WHERE = {
    **dict.fromkeys(("Attempt", "Door", "Verdict"), "decision.verdict"),
    "Org": "org",
    "OrgPool": "pool",
    **dict.fromkeys(
        (
            "NotAllowedError",
            "OrgError",
            "OrgFileError",
            "PasswordRefusedError",
            "UnknownNameError",
            "WrongPasswordError",
        ),
        "values.errors",
    ),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a value alone does not load the database."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)

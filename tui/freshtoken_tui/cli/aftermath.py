"""What a command did to the org, as sentences for people; the fit of a client, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import echo

if TYPE_CHECKING:
    from freshtoken_model.decision.consequences import Consequence
    from freshtoken_model.decision.fit import Fit


def echo_consequences(found: tuple[Consequence, ...]) -> None:
    """The deed on standard error, what followed from it below."""
    for place, one in enumerate(found):
        echo(f"  {one.sentence}" if place else one.sentence, err=True)


def fit_row(found: Fit) -> dict[str, object]:
    """The key `fit` of a client's JSON: which half of what it sends fits."""
    return {"fits": found.fits, "password": found.password, "token": found.token}

"""The pytest plugin that comes with freshtoken: fixture `salesforce`, marker `freshtoken`.

pytest loads this module at every start, so it imports nothing of freshtoken until a test asks for
the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from freshtoken_api.testing import Salesforce

MARKER = "freshtoken"
OPTIONS = ("preset", "as_of", "seed")
MARKER_LINE = (
    "freshtoken(preset='default', as_of=None, seed='testing'): how the org of the fixture "
    "salesforce begins; as_of is a moment such as '2027-02-21', with what Salesforce retires until "
    "then retired. See: freshtoken help tests"
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; once, although freshtoken.testing may bring this hook too."""
    if MARKER_LINE not in config.getini("markers"):
        config.addinivalue_line("markers", MARKER_LINE)


@pytest.fixture
def salesforce(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Salesforce]:
    """A new training org, served on free ports; its clock stands still."""
    from freshtoken_api.testing import serving_fresh_org
    from freshtoken_model.files.training_org import DEFAULT, starts_at
    from freshtoken_model.values.errors import OrgError

    asked = _asked(request)
    preset, seed = asked.get("preset", DEFAULT), asked.get("seed", "testing")
    with ExitStack() as stack:
        try:
            frozen_at = starts_at(preset)
            served = serving_fresh_org(tmp_path, seed, frozen_at, preset, asked.get("as_of"))
            salesforce = stack.enter_context(served)
        except OrgError as error:
            pytest.fail(f"@pytest.mark.{MARKER}: {error}", pytrace=False)
        yield salesforce


def _asked(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the markers of a test ask for, the nearest one first."""
    asked: dict[str, str] = {}
    for marker in request.node.iter_markers(MARKER):
        unknown = sorted(set(marker.kwargs) - set(OPTIONS))
        if marker.args or unknown:
            wrong = f"has no {', '.join(unknown)}" if unknown else "takes named values only"
            pytest.fail(
                f"@pytest.mark.{MARKER} {wrong}; it knows {', '.join(OPTIONS)}.", pytrace=False
            )
        asked = {**marker.kwargs, **asked}
    asked = {name: value for name, value in asked.items() if value is not None}
    if odd := [name for name, value in asked.items() if not isinstance(value, str)]:
        pytest.fail(f"@pytest.mark.{MARKER}: {odd[0]} must be a text.", pytrace=False)
    return asked

"""Makes an org file for a test: as it is asked for, or as Salesforce will be on a day."""

from pathlib import Path

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.files.training_org import Beginning
from freshtoken_model.org import Org
from freshtoken_model.values.clock import parse_moment
from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.kinds import SettingName

ZONE = "Europe/London"
"""The time zone of a moment that names none, as the training org has it."""


def moment_of(text: str | None) -> int | None:
    """Ms of an ISO 8601 moment; None for none. Raises BadValueError."""
    try:
        return None if text is None else parse_moment(text, ZONE)
    except ValueError as error:
        raise BadValueError(f"{error}.", text or "") from error


def make_org(path: Path, hashing: Hashing, beginning: Beginning, as_of: str | None = None) -> None:
    """Make a training org in a new file. `as_of`: org time is frozen at this moment, and the
    release calendar is on, so that what Salesforce retires until then is retired. Raises OrgError.
    """
    frozen_at = beginning.frozen_at if as_of is None else moment_of(as_of)
    how = (beginning.preset, beginning.created_release, beginning.sandbox)
    Org.create(path, beginning.seed, frozen_at, hashing, *how)
    if as_of is not None:
        with Org(path, hashing) as org:
            org.setup.choose(SettingName.RELEASE_CALENDAR, "on")

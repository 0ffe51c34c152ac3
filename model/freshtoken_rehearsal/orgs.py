"""The orgs of a rehearsal: one is prepared, each scenario gets a copy of it, and the scenario's
steps are run on the copy.
"""

import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import freshtoken_data
from freshtoken_model.decision.credentials import Hashing, Source, readings
from freshtoken_model.files.adoption import STANDS_IN, AdoptedCredentials
from freshtoken_model.files.training_org import FILE
from freshtoken_model.login.refresh_tokens import TOKEN_LENGTH as REFRESH_LENGTH
from freshtoken_model.org import Org
from freshtoken_model.training.content.steps import LineRunner, StepFailedError, run_steps
from freshtoken_model.values.errors import OrgError

SEED = "rehearsal"
"""The training org has the same token each time, so that a client can be configured with it."""
PLACE = re.compile(r"\{(user|password|token|sent)\}")
"""What of a step stands for what the client holds."""
WITH_TOKEN, WITHOUT_TOKEN = "cloud", "office"
"""Where a client calls from that sends a security token, and one that sends none: from a trusted IP
range.
"""


class ScenarioStepError(OrgError):
    """A step of a scenario did not end as its file says."""


def training_held(hashing: Hashing, folder: Path) -> AdoptedCredentials:
    """What a client of the training org holds, without a refresh token of its own making."""
    path = folder / "training.db"
    Org.create(path, seed=SEED, hashing=hashing)
    users = freshtoken_data.rows(FILE, "user", "username", "password")
    password = next(user["password"] for user in users if user["username"] == STANDS_IN)
    with Org(path, hashing) as org:
        app, token = org.apps.all()[0], org.clients.all()[0].token
    path.unlink()
    refresh = "5Aep861" + Source(SEED).text(REFRESH_LENGTH)
    return AdoptedCredentials(
        STANDS_IN, password, token, app.consumer_key, app.consumer_secret, refresh
    )


def as_the_org_reads(held: AdoptedCredentials) -> AdoptedCredentials:
    """What a client holds, with password and token parted as the org parts what is sent: the last
    24 characters are the token if they can be one.
    """
    ways = readings(held.password + held.token)
    parted = next((way for way in ways if way.token), ways[0])
    return replace(held, password=parted.password, token=parted.token)


def prepare(path: Path, held: AdoptedCredentials | None, hashing: Hashing) -> int:
    """Make the org that each scenario gets a copy of: nothing in it runs by itself, and it knows
    what the client holds, unless that is still to be learned. Returns the maximum of invalid login
    attempts. Raises OrgError.
    """
    Org.create(path, seed=SEED, hashing=hashing)
    with Org(path, hashing) as org:
        for integration in org.integrations.all():
            org.integrations.remove(integration.client)
        if held is not None:
            let_know(org, held)
        org.rewind.forget()
        return org.passwords.policy_of(org.users.all()[0]).max_attempts


def let_know(org: Org, held: AdoptedCredentials) -> None:
    """Let an org know what the client holds, and where it calls from: password and token as they
    are sent, one behind the other. Raises OrgError.
    """
    parted = as_the_org_reads(held)
    org.adopt(parted)
    if parted.password:
        org.setup.choose("outside_network", WITH_TOKEN if parted.token else WITHOUT_TOKEN)


def copy_of(prepared: Path, path: Path) -> None:
    """A scenario's own org file. Raises OSError."""
    shutil.copy(prepared, path)


def run_on(
    path: Path, lines: Sequence[str], held: AdoptedCredentials, run_line: LineRunner
) -> None:
    """Run steps of a scenario on its org. Raises ScenarioStepError, whose message holds no
    secret.
    """
    parted = as_the_org_reads(held)
    values = {
        "user": parted.username or STANDS_IN,
        "password": parted.password,
        "token": parted.token,
        "sent": parted.password + parted.token,
    }
    for line in lines:
        filled = PLACE.sub(lambda place: shlex.quote(values[place[1]]), line)
        try:
            for _ in run_steps(path, [filled], run_line, path.parent):
                pass
        except StepFailedError as error:
            said = f"it ended with exit code {error.outcome.code}"
            raise ScenarioStepError(f"The step {line!r} of the scenario failed: {said}.") from None

"""The report cards of real clients, unmodified: what each does in every scenario, as golden files in
`cards/`. Figures that depend on time are left out.

FRESHTOKEN_WRITE_SNAPSHOTS=1 writes them. A client that is not there is skipped:
    pip install simple-salesforce==1.12.2 in a virtual environment, FRESHTOKEN_OLD_PYTHON its python
    npm install jsforce2@npm:jsforce@2.0.0-beta.9 vlocity in the folder of FRESHTOKEN_JS_MODULES
    pipx install cumulusci, or FRESHTOKEN_CCI
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..world import invoke
from .test_cumulusci import CCI
from .test_jsforce import MODULES

CARDS = Path(__file__).with_name("cards")
OLD_PYTHON, NODE, CURL = (
    os.environ.get("FRESHTOKEN_OLD_PYTHON"),
    shutil.which("node"),
    shutil.which("curl"),
)
WRITING = "FRESHTOKEN_WRITE_SNAPSHOTS"
TIMES = re.compile(r"\b[0-9.]+ (?:ms|s)\b")
MANY = re.compile(
    r"(?<=logins )[0-9]{3,}|(?<=data calls )[0-9]{3,}|[0-9]{3,}(?= (?:login|data call|more|refused))"
)
"""Figures of a loop that only the limit has ended."""


@dataclass(frozen=True)
class Card:
    """A client: its script and how it is run. `needs`: what it cannot run without."""

    name: str
    script: str
    before: Sequence[str | None]
    behind: tuple[str, ...] = ()
    needs: Path | None = None

    @property
    def command(self) -> list[str] | None:
        """The command; None where the client is not installed."""
        if None in self.before or (self.needs is not None and not self.needs.exists()):
            return None
        return [*map(str, self.before), str(CARDS / self.script), *self.behind]


def js(name: str, package: str, *more: str) -> Card:
    folder = MODULES / package
    return Card(name, "jsforce.cjs", (NODE,), (str(folder), *more), folder / "package.json")


PYTHON = (sys.executable,)
ALL = [
    Card("simple-salesforce", "plain.py", PYTHON),
    Card("simple-salesforce in a retry loop", "retrying.py", PYTHON),
    Card("simple-salesforce that keeps its session", "long_lived.py", PYTHON),
    Card("simple-salesforce 1.12.2", "plain.py", (OLD_PYTHON,)),
    Card("aiosalesforce", "aio.py", PYTHON),
    Card("salesforce-bulk", "bulk.py", PYTHON),
    Card("pyforce", "soap_pyforce.py", PYTHON),
    Card("zeep", "soap_zeep.py", PYTHON),
    Card("requests with username and password", "oauth_password.py", PYTHON),
    Card("requests with client credentials", "client_credentials.py", PYTHON),
    Card("curl in a shell loop", "curl_loop.sh", ("sh",) if CURL else (None,)),
    js("jsforce 3", "jsforce"),
    js("jsforce 1", "jsforce1"),
    js("jsforce 2", "jsforce2", "plain"),
    Card(
        "vlocity build tool", "vlocity.sh", ("sh",) if NODE else (None,),
        (str(MODULES / "vlocity"),), MODULES / "vlocity" / "package.json",
    ),
    Card("CumulusCI", "cumulusci.sh", ("sh",) if CCI else (None,), (str(CCI),)),
]  # fmt: skip


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.name)
def test_a_client_does_what_its_card_says(card: Card, tmp_path: Path) -> None:
    if card.command is None:
        pytest.skip(f"{card.name} is not installed")
    options = ["--json", "--parallel", "2", "--limit", "15s", "--out", tmp_path / "report"]
    done = invoke("rehearse", *options, "--", *card.command)
    assert done.exit_code in (0, 1), done.stderr
    text = card_of(card, json.loads(done.stdout)["scenarios"])
    golden = CARDS / f"{card.name.replace(' ', '-')}.txt"
    if os.environ.get(WRITING):
        golden.write_text(text)
    assert text == golden.read_text()


def card_of(card: Card, scenarios: list[dict[str, Any]]) -> str:
    """The card as text: a line of figures a scenario, and its sentence."""
    lines = [card.name, ""]
    for one in scenarios:
        figures = (
            f"logins {one['logins']}, refused {one['refused']}, counted {one['counted']}, data "
            f"calls {one['data_calls']}, exit {one['exit_status']}"
            if "logins" in one
            else ""
        )
        lines.append(f"{one['verdict']:<15}{one['id']:<25}{figures}".rstrip())
        lines.append(f"    {one['sentence']}")
    return MANY.sub("many", TIMES.sub("some time", "\n".join(lines))) + "\n"

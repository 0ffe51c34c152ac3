"""The lab From outside, solved as a learner with a script of one's own would: simple-salesforce,
led here by serve run.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import invoke
from .conftest import REFUSED, freshtoken
from .test_simple_salesforce import SCRIPT

LAB = "from-outside"


def shown(*words: str, exits: int = 0) -> Any:
    """What a command line prints as JSON, in the data folder and on the org of this test's
    environment.
    """
    result = invoke(*words, "--json")
    assert result.exit_code == exits, result.output
    return json.loads(result.stdout)


def test_an_unmodified_script_solves_the_lab_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRESHTOKEN_CONTENT", raising=False)
    script = tmp_path / "our nightly job.py"
    script.write_text(SCRIPT)
    for name, value in shown("lab", "start", LAB)["environment"].items():
        monkeypatch.setenv(name, value)
    newest, former = [mail["token"] for mail in shown("mail", "integration")]

    def run(token: str) -> tuple[int, str, str]:
        done = freshtoken("serve", "run", "--", sys.executable, str(script), USER, NEW, token)
        return done.returncode, done.stdout, (done.stderr.splitlines() or [""])[-1]

    code, out, said = run(former)
    assert (code, out) == (1, "") and said.endswith(
        f"Authentication failed (code: INVALID_LOGIN): {REFUSED}"
    )
    standing = shown("lab", "status", exits=1)
    assert (standing["id"], standing["solved"]) == (LAB, False), "a refusal solves nothing"

    assert run(newest) == (0, "acme.my.salesforce.com 5\n", "")
    standing = shown("lab", "status")
    assert (standing["id"], standing["solved"], standing["forbidden_moves"]) == (LAB, True, [])
    assert shown("lab", "check")["state"] == "solved"

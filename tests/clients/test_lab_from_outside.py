"""The lab From outside, solved as a learner with a script of one's own would: simple-salesforce, led here by serve run."""

import json
import os
import sys
from pathlib import Path

import pytest

from .conftest import FOREIGN, NEW, REFUSED, USER, freshtoken
from .test_simple_salesforce import SCRIPT

LAB = "from-outside"
STALE = "MadeUpTokenOfSeptember26"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A machine with nothing of freshtoken on it, and the lab begun: its org is chosen as `lab start` says."""
    own = {name: value for name, value in os.environ.items() if name.upper() not in (*FOREIGN, "FRESHTOKEN_CONTENT")}
    own |= {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    started = freshtoken("lab", "start", LAB, "--json", env=own)
    assert started.returncode == 0, started.stderr
    return own | json.loads(started.stdout)["environment"]


def test_an_unmodified_script_solves_the_lab_from_outside(environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "our nightly job.py"
    script.write_text(SCRIPT)

    def run(password: str, token: str) -> tuple[int, str, str]:
        words = ["serve", "run", "--", sys.executable, str(script), USER, password, token]
        done = freshtoken(*words, env=environment)
        return done.returncode, done.stdout, (done.stderr.splitlines() or [""])[-1]

    def lab(*words: str) -> tuple[int, dict]:
        done = freshtoken("lab", *words, "--json", env=environment)
        return done.returncode, json.loads(done.stdout)

    def newest_token() -> str:
        return freshtoken("mail", "integration", "--latest", "--token-only", env=environment).stdout.strip()

    mails = json.loads(freshtoken("mail", "integration", "--json", env=environment).stdout)
    newest, former = [mail["token"] for mail in mails]
    for password, token in [("Harbour-Light-7", STALE), (NEW, STALE), (NEW, former)]:
        code, out, said = run(password, token)
        assert (code, out) == (1, "") and said.endswith(f"Authentication failed (code: INVALID_LOGIN): {REFUSED}")
    code, standing = lab("status")
    assert (code, standing["id"], standing["solved"]) == (1, LAB, False), "a refusal solves nothing"

    assert newest_token() == newest
    assert run(NEW, newest) == (0, "login.salesforce.com 5\n", "")
    code, standing = lab("status")
    assert (code, standing["solved"], standing["forbidden_moves"]) == (0, True, [])
    code, checked = lab("check")
    assert (code, checked["state"]) == (0, "solved")


def test_the_script_of_the_lab_is_written_and_refused_with_what_it_holds(environment: dict[str, str]) -> None:
    again = json.loads(freshtoken("lab", "start", LAB, "--json", env=environment).stdout)
    (file,) = again["files"]
    assert STALE in Path(file).read_text(encoding="utf-8")
    done = freshtoken("serve", "run", "--", sys.executable, file, env=environment)
    assert (done.returncode, done.stdout) == (1, "") and f"HTTP 500: INVALID_LOGIN: {REFUSED}" in done.stderr
    token = freshtoken("mail", "integration", "--latest", "--token-only", env=environment).stdout.strip()
    done = freshtoken("serve", "run", "--", sys.executable, file, token, NEW, env=environment)
    assert done.returncode == 0 and done.stdout.startswith("Logged in: ")
    assert freshtoken("lab", "status", env=environment).returncode == 0

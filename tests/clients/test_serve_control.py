"""`freshtoken serve --control`: the ready file, the token, and what a command that is run is told."""

import json
import socket
import stat
import sys
from pathlib import Path

import pytest
import requests

from ..world import FRESH, PASSWORD
from .conftest import Served, freshtoken

OWN = "a-token-of-my-own-0123456789"
ASKS = (
    "import json, os, urllib.request;"
    "call = urllib.request.Request(os.environ['FRESHTOKEN_CONTROL_URL'] + '/users/integration',"
    " headers={'Authorization': 'Bearer ' + os.environ['FRESHTOKEN_CONTROL_TOKEN']});"
    "print(json.load(urllib.request.urlopen(call, timeout=10))['username'])"
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_ready_file_tells_address_and_token_to_its_owner_only(org_file: Path) -> None:
    served = Served(org_file, "--control")
    try:
        control = served.ready["control"]
        assert stat.S_IMODE(served.ready_file.stat().st_mode) == 0o600
        body = {"old": PASSWORD, "new": FRESH}
        url = f"{control['url']}/users/integration/password"
        assert requests.post(url, json=body, timeout=10).status_code == 401
        answer = requests.post(url, json=body, headers=bearer(control["token"]), timeout=10)
        assert answer.json()["token_died"] is True
    finally:
        code, said = served.stop()
        served.end()
    assert (code, served.ready_file.exists()) == (0, False)
    assert control["url"] in said
    assert control["token"] not in said + served.journal.read_text()


def test_a_ready_file_with_a_token_is_known_as_one_and_written_over(org_file: Path) -> None:
    ready = org_file.with_suffix(".ready")
    left = Served(org_file, "--control")
    text = left.ready_file.read_text()
    left.stop()
    left.end()
    ready.write_text(text)  # as a killed server leaves it
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = freshtoken(
            "--org", str(org_file), "serve", "--port", port, "--ready-file", str(ready)
        ).stderr
    assert f"Port {port} is in use" in said, "the ready file was no reason to stop"
    shown = freshtoken("serve", "env", "--shell", "bash", "--ready-file", str(ready)).stdout
    control = json.loads(text)["control"]
    assert f"export FRESHTOKEN_CONTROL_URL={control['url']}" in shown
    assert f"export FRESHTOKEN_CONTROL_TOKEN={control['token']}" in shown


def test_without_the_option_there_is_no_control_api(served: Served) -> None:
    assert "control" not in served.ready
    answer = requests.get(f"{served.url}/_freshtoken/v1/health", timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_token_of_ones_own_is_taken_and_not_shown(
    org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHTOKEN_CONTROL_TOKEN", OWN)
    served = Served(org_file, "--control")
    try:
        url = f"{served.url}/_freshtoken/v1/orgs"
        assert requests.get(url, headers=bearer(OWN), timeout=10).status_code == 200
    finally:
        _, said = served.stop()
        served.end()
    assert OWN not in said


def test_a_port_that_others_reach_says_who_may_drive_the_org(org_file: Path) -> None:
    for options, words in (
        (["--control"], "The control API answers programs on this machine only"),
        (
            ["--control", "--allow-control", "any"],
            "Warning: whoever calls from any address and knows",
        ),
    ):
        served = Served(org_file, "--host", "0.0.0.0", *options)
        _, said = served.stop()
        served.end()
        assert words in said


def test_a_command_that_is_run_can_drive_the_org(org_file: Path) -> None:
    words = ["--org", str(org_file), "serve", "run", "--control", "--", sys.executable, "-c", ASKS]
    done = freshtoken(*words)
    assert (done.stdout, done.returncode) == ("integration@acme.example\n", 0), done.stderr


def test_without_the_option_a_command_is_told_of_no_control_api(org_file: Path) -> None:
    shows = "import os; print([n for n in os.environ if 'CONTROL' in n])"
    words = ["--org", str(org_file), "serve", "run", "--", sys.executable, "-c", shows]
    assert freshtoken(*words).stdout == "[]\n"

"""`freshtoken serve run -- COMMAND`: its environment, its streams and its exit code are the
command's own.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from freshtoken_model.org import Org

from ..world import INTEGRATION as USER
from ..world import RUN
from .conftest import PATIENCE, eventually, freshtoken, signals

ASK = """
import json, os, ssl, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": os.environ["HTTPS_PROXY"]}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])))
print(opener.open("https://login.salesforce.com/isalive", timeout=10).read().decode())
"""


def serve_run(org_file: Path, *command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return freshtoken("--org", str(org_file), "serve", "run", "--", *command, **more)


@pytest.mark.parametrize("code", [7, 255])
def test_it_exits_as_the_command_does(org_file: Path, code: int) -> None:
    done = serve_run(org_file, "sh", "-c", f"exit {code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_command_that_a_signal_ends_is_128_and_the_signal(org_file: Path) -> None:
    assert serve_run(org_file, "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_a_command_that_is_not_there_is_127_and_one_that_cannot_be_run_126(
    org_file: Path, tmp_path: Path
) -> None:
    done = serve_run(org_file, "no-such-command")
    assert (done.returncode, done.stderr) == (127, "no-such-command: there is no such command.\n")
    plain = tmp_path / "plain"
    plain.write_text("echo no\n")
    done = serve_run(org_file, str(plain))
    assert (done.returncode, done.stderr) == (126, f"{plain} cannot be run.\n")


def test_without_a_command_it_is_a_usage_error(org_file: Path) -> None:
    done = freshtoken("--org", str(org_file), "serve", "run")
    assert done.returncode == 2
    assert "COMMAND" in done.stderr


def test_the_command_has_its_words_and_its_streams_for_itself(org_file: Path) -> None:
    echo = (
        "import sys; print(sys.argv[1:]); print(sys.stdin.read()); print('talk', file=sys.stderr)"
    )
    done = serve_run(
        org_file, sys.executable, "-c", echo, "--json", "--org", "x", "--", "a b", input="given"
    )
    assert done.stdout == "['--json', '--org', 'x', '--', 'a b']\ngiven\n"
    assert (done.returncode, done.stderr) == (0, "talk\n")


def test_the_environment_leads_to_ports_that_answer(org_file: Path) -> None:
    done = serve_run(org_file, sys.executable, "-c", ASK)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"status":"alive"}\n', "")


def test_the_environment_names_the_ports_the_ca_and_the_org(
    org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "kept")
    monkeypatch.chdir(org_file.parent)
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    found = json.loads(serve_run(Path(org_file.name), sys.executable, "-c", show).stdout)
    assert found["FRESHTOKEN_ORG"] == str(org_file)
    assert found["FRESHTOKEN_URL"].startswith("http://127.0.0.1:")
    assert found["HTTPS_PROXY"] == found["https_proxy"] != found["FRESHTOKEN_URL"]
    bundle, certificate = Path(found["REQUESTS_CA_BUNDLE"]), Path(found["NODE_EXTRA_CA_CERTS"])
    assert str(bundle) == found["SSL_CERT_FILE"] == found["CURL_CA_BUNDLE"]
    assert bundle.read_bytes().endswith(certificate.read_bytes())
    assert found["OF_THE_MACHINE"] == "kept"


def test_the_command_may_use_the_freshtoken_command_on_the_same_org(org_file: Path) -> None:
    words = json.dumps([*RUN, "password", "change", USER, "--password-stdin"])
    script = (
        f"import subprocess; subprocess.run({words}, "
        f"input='Harbour-Light-7\\nFresh-Start-88\\n', text=True, check=True)"
    )
    done = serve_run(org_file, sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    with Org(org_file) as org:
        assert org.users.get(USER).token_state == "live"
        assert org.mail.newest_token(USER)


LOGIN = f"""
import os, urllib.error, urllib.request
body = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
body += '<username>{USER}</username><password>Harbour-Light-7</password></login></e:Body></e:Envelope>'
try:
    answer = urllib.request.urlopen(os.environ["FRESHTOKEN_URL"] + "/services/Soap/u/64.0", body.encode(), timeout=10)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status, answer.read().decode())
"""


@pytest.mark.parametrize(
    ("network", "said"),
    [("office", "200 "), ("home", "<faultcode>LOGIN_MUST_USE_SECURITY_TOKEN</faultcode>")],
)
def test_from_says_where_the_command_calls_from(org_file: Path, network: str, said: str) -> None:
    done = freshtoken(
        "--org", str(org_file), "serve", "run", "--from", network, "--", sys.executable, "-c", LOGIN
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_ctrl_c_is_the_commands_to_answer(org_file: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = (
        "import pathlib, sys, threading\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "try: threading.Event().wait(30)\n"
        "except KeyboardInterrupt: print('put away'); sys.exit(5)\n"
    )
    words = [*RUN, "--org", str(org_file), "serve", "run", "--", sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with signals():
        running = subprocess.Popen(
            words, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )
    try:
        eventually(started.exists, "the command started")
        os.killpg(running.pid, signal.SIGINT)
        told = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
        running.communicate()
    assert (running.returncode, *told) == (5, "put away\n", "")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_what_asks_it_to_end_is_handed_to_the_command(
    org_file: Path, tmp_path: Path, how: signal.Signals
) -> None:
    started = tmp_path / "started"
    script = (
        "import pathlib, signal, sys, threading\n"
        f"signal.signal({int(how)}, lambda *_: (print('put away'), sys.exit(5)))\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "threading.Event().wait(30)\n"
    )
    words = [*RUN, "--org", str(org_file), "serve", "run", "--", sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with signals():
        running = subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True)
    try:
        eventually(started.exists, "the command started")
        running.send_signal(how)
        told = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
        running.communicate()
    assert (running.returncode, *told) == (5, "put away\n", "")

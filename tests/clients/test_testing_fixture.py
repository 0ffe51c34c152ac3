"""freshtoken_api.testing in somebody else's test suite: one line brings the fixture, every test has
an org of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

SUITE = '''
import datetime
import socket
import urllib.error
import urllib.parse
import urllib.request

import pytest

pytest_plugins = ["freshtoken.testing"]
USER = "integration@acme.example"
PORTS = []


def login(url, password):
    body = f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
        <login xmlns="urn:partner.soap.sforce.com"><username>{USER}</username><password>{password}</password></login>
        </e:Body></e:Envelope>"""
    try:
        with urllib.request.urlopen(f"{url}/services/Soap/u/64.0", body.encode(), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.status


def test_the_sync_notices_a_dead_token(salesforce):
    held = salesforce.token("integration")
    assert login(salesforce.url, "Harbour-Light-7" + held) == 200
    salesforce.org.passwords.change("integration", "Harbour-Light-7", "Fresh-Start-88")
    assert login(salesforce.url, "Fresh-Start-88" + held) == 500
    assert salesforce.token("integration") == salesforce.token(USER) != held
    assert login(salesforce.url, "Fresh-Start-88" + salesforce.token(USER)) == 200
    PORTS.append(urllib.parse.urlsplit(salesforce.url).port)


def test_the_next_test_has_an_org_of_its_own(salesforce):
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", PORTS[0]), timeout=5).close()
    assert login(salesforce.url, "Harbour-Light-7" + salesforce.token(USER)) == 200
    assert salesforce.org.users.get("integration").failed_attempts == 0


def test_its_environment_leads_a_client_here(salesforce, monkeypatch):
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)
    unmodified = urllib.request.build_opener()
    with unmodified.open("https://login.salesforce.com/isalive", timeout=10) as answer:
        assert answer.read() == b'{"status":"alive"}'


def test_a_token_is_live_or_not_told(salesforce):
    salesforce.org.tokens.reset("sam")
    held = salesforce.token("sam")
    salesforce.org.tokens.reset("sam")
    assert salesforce.token("sam") != held
    with pytest.raises(LookupError, match="has no live security token"):
        salesforce.token("kim")
    with pytest.raises(LookupError, match="No mail and no API client"):
        salesforce.token("ada")
    with pytest.raises(Exception, match="There is no user 'nobody'"):
        salesforce.token("nobody")


def test_a_client_with_a_callback_url_of_its_own_is_let_back(salesforce):
    mine = "http://localhost:45678/callback"
    key = salesforce.org.apps.all()[0].consumer_key
    asked = {"response_type": "code", "client_id": key, "redirect_uri": mine}
    page = f"{salesforce.url}/services/oauth2/authorize?{urllib.parse.urlencode(asked)}"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(page, timeout=10)
    refused.value.close()
    salesforce.add_callback(mine)
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert answer.status == 200


def test_the_next_calls_fail_as_they_are_told(salesforce):
    held = "Harbour-Light-7" + salesforce.token(USER)
    salesforce.faults.add("server_unavailable", "login", 2)
    assert [login(salesforce.url, held) for _ in range(3)] == [500, 500, 200]


def test_its_clock_stands_still_until_it_is_moved(salesforce):
    first = salesforce.org.clock.read().seen_org
    assert salesforce.org.clock.read().seen_org == first
    assert salesforce.org.clock.advance(60_000) == first + 60_000
    assert salesforce.org.clock.advance("1m") == first + 120_000
    assert salesforce.org.clock.advance(datetime.timedelta(minutes=1)) == first + 180_000
'''


def test_the_fixture_works_in_somebody_elses_suite_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    folder, home = tmp_path / "theirs", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_sync.py").write_text(SUITE)
    theirs = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "XDG_"))
    }
    temporary = ["--basetemp", str(tmp_path / "temporary")]
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::ResourceWarning",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *temporary,
        ],
        cwd=folder,
        env={**theirs, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "7 passed" in done.stdout
    assert "warning" not in done.stdout.lower()
    assert list(home.rglob("*")) == [], "no org and no CA of a test stays with whoever runs it"
    assert sorted(path.name for path in folder.iterdir()) == ["pytest.ini", "test_sync.py"]

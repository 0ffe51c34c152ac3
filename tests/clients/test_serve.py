"""`freshtoken serve` itself: ports, Host, journal, signals."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from .conftest import RUN, Served


def test_it_says_that_it_is_alive_and_answers_like_salesforce(served: Served) -> None:
    assert requests.get(f"{served.url}/isalive", timeout=5).json() == {"status": "alive"}
    answer = requests.post(f"{served.url}/services/Soap/u/64.0", data="<a/>", timeout=5)
    assert answer.status_code == 500
    assert "<faultcode>UNKNOWN_EXCEPTION</faultcode>" in answer.text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_within_three_seconds_of_a_signal(served: Served, how: int) -> None:
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as idle:
        idle.sendall(b"POST /services/Soap/u/64.0 HTTP/1.1\r\n")  # a request that never ends
        code, seconds, said = served.stop(how)
    assert code == 0
    assert seconds < 3
    assert "Traceback" not in said


def test_a_port_in_use_is_one_clear_sentence(org_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*RUN, "--org", str(org_file), "serve", "--port", port], capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 2
    assert done.stderr.strip() == f"Port {port} is in use; choose another one with --port, or 0 for any free one."


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "salesforce.com.evil.example", "evilsalesforce.com"]
)
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    assert requests.get(f"{served.url}/isalive", headers={"Host": host}, timeout=5).status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "login.salesforce.com", "acme.my.salesforce.com"]
)
def test_loopback_and_salesforce_names_are_answered(served: Served, host: str) -> None:
    assert requests.get(f"{served.url}/isalive", headers={"Host": host}, timeout=5).status_code == 200


def test_a_client_calls_from_the_network_chosen_and_forwarded_headers_change_nothing(org_file: Path) -> None:
    served = Served(org_file, "--from", "office")
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
        "<username>integration@acme.example</username><password>Harbour-Light-7</password></login></e:Body></e:Envelope>"
    )
    headers = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    answer = requests.post(f"{served.url}/services/Soap/u/64.0", data=body, headers=headers, timeout=5)
    served.stop()
    assert answer.status_code == 200, "the office is trusted: no token is needed"
    assert "<sessionId>" in answer.text


def test_the_journal_tells_the_outcome_and_no_secret(served: Served) -> None:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com">'
        "<username>integration@acme.example</username><password>my-secret-guess</password></login></e:Body></e:Envelope>"
    )
    requests.post(f"{served.url}/services/Soap/u/64.0", data=body, headers={"User-Agent": "nightly/1.0"}, timeout=5)
    requests.get(f"{served.url}/services/data/v64.0/query", headers={"Authorization": "Bearer secret-bearer"}, timeout=5)
    code, _, said = served.stop()
    first, second = served.entries()
    assert (first["method"], first["path"], first["client"]) == ("POST", "/services/Soap/u/64.0", "nightly/1.0")
    assert (first["status"], first["outcome"]) == (500, "INVALID_LOGIN")
    assert (second["status"], second["outcome"]) == (401, "INVALID_SESSION_ID")
    assert "secret" not in served.journal.read_text() + said
    assert code == 0


def test_an_address_that_is_not_loopback_gets_a_warning(org_file: Path) -> None:
    served = Served(org_file, "--host", "0.0.0.0")
    _, _, said = served.stop()
    assert "Warning: 0.0.0.0 can be reached by others." in said

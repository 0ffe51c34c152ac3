"""`freshtoken serve` itself: ready file, Host, networks, journal, signals."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path

import pytest
import requests

from freshtoken_api.serve.server import PortTakenError, bind
from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from ..world import RUN
from .conftest import LIMIT, PATIENCE, Served, failed, freshtoken


def soap_login(url: str, password: str, **more: object) -> requests.Response:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login '
        'xmlns="urn:partner.soap.sforce.com">'
        f"<username>{USER}</username><password>{password}</password></login></e:Body></e:Envelope>"
    )
    return requests.post(f"{url}/services/Soap/u/64.0", data=body, timeout=10, **more)  # type: ignore[arg-type]


# ---- Ready


def test_when_the_ready_file_appears_every_address_in_it_answers(served: Served) -> None:
    ready = served.ready
    assert set(ready) == {"http", "https", "proxy", "ca", "ca_bundle"}
    assert requests.get(f"{ready['http']}/isalive", timeout=5).json() == {"status": "alive"}
    with requests.Session() as own:
        own.trust_env, own.verify = False, ready["ca"]
        assert own.get(f"{ready['https']}/isalive", timeout=5).json() == {"status": "alive"}
        own.verify, own.proxies = ready["ca_bundle"], {"https": ready["proxy"]}
        assert own.get("https://acme.my.salesforce.com/isalive", timeout=5).json() == {
            "status": "alive"
        }


def test_what_the_ca_keeps_is_readable_by_its_owner_only(served: Served) -> None:
    folder = Path(served.ready["ca"]).parent
    assert Path(served.ready["ca_bundle"]).parent == folder
    assert folder.is_relative_to(os.environ["XDG_DATA_HOME"])
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert kept == {"ca.key": 0o600, "ca.pem": 0o600, "bundle.pem": 0o600}, (
        "and no key of a port is kept"
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_fixed_ports_are_what_the_options_say(org_file: Path) -> None:
    ports = []
    for _ in range(3):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    served = Served(
        org_file,
        "--port",
        str(ports[0]),
        "--tls-port",
        str(ports[1]),
        "--proxy-port",
        str(ports[2]),
    )
    _, said = served.stop()
    assert [
        int(served.ready[name].rpartition(":")[2]) for name in ("http", "https", "proxy")
    ] == ports
    for name in ("http", "https", "proxy"):
        assert served.ready[name] in said, "and it says so to people"


def test_a_ready_file_that_cannot_be_written_is_one_clear_sentence(
    org_file: Path, tmp_path: Path
) -> None:
    where = tmp_path / "no such folder" / "ready"
    ports = ["--port", "0", "--tls-port", "0", "--proxy-port", "0"]
    done = freshtoken("--org", str(org_file), "serve", *ports, "--ready-file", str(where))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize("option", ["--port", "--tls-port", "--proxy-port"])
def test_a_port_in_use_is_one_clear_sentence(org_file: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = {"--port": "0", "--tls-port": "0", "--proxy-port": "0", option: port}
        words = [word for pair in ports.items() for word in pair]
        done = freshtoken("--org", str(org_file), "serve", *words)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == f"Port {port} is in use; choose another one with {option}, or 0 for any free one."
    )


def test_an_address_that_is_not_loopback_gets_a_warning_that_says_how_others_get_an_answer(
    org_file: Path,
) -> None:
    served = Served(org_file, "--host", "0.0.0.0")
    asked = requests.get(f"{served.url}/isalive", headers={"Host": "box.example:8080"}, timeout=5)
    with requests.Session() as own:
        own.trust_env, own.verify = False, served.ready["ca"]
        assert own.get(f"{served.ready['https']}/isalive", timeout=5).status_code == 200
    _, said = served.stop()
    assert "Warning: 0.0.0.0 can be reached by others." in said
    assert f"--allow-host {socket.gethostname()}." in said and "answers to:" not in said
    assert asked.status_code == 403


def test_what_is_allowed_is_answered_and_named_in_the_warning(org_file: Path) -> None:
    served = Served(
        org_file, "--host", "0.0.0.0", "--allow-host", "Box.example", "--allow-host", "192.0.2.5"
    )
    port = served.url.rpartition(":")[2]
    hosts = {
        "box.example": 200,
        f"BOX.EXAMPLE:{port}": 200,
        f"192.0.2.5:{port}": 200,
        "other.example": 403,
    }
    found = {
        host: requests.get(
            f"{served.url}/services/data/", headers={"Host": host}, timeout=5
        ).status_code
        for host in hosts
    }
    _, said = served.stop()
    assert found == hosts
    assert "It answers to: Box.example, 192.0.2.5." in said and "--allow-host" not in said


def test_any_host_may_be_allowed(org_file: Path) -> None:
    served = Served(org_file, "--allow-host", "*")
    found = requests.get(
        f"{served.url}/services/data/", headers={"Host": "evil.example"}, timeout=5
    ).status_code
    _, said = served.stop()
    assert (found, "Warning" in said) == (200, False)


@pytest.mark.parametrize(
    "host",
    ["", " ", "nonsense host", "x" * 5_000, b"\xff", "a..b", "999.1.1.1"],
    ids=lambda host: repr(host)[:20],
)
@pytest.mark.parametrize("words", [["serve"], ["serve", "run"]], ids=" ".join)
def test_a_host_that_is_none_is_one_clear_sentence(
    org_file: Path, words: list[str], host: str | bytes
) -> None:
    command = ["--", "true"] if "run" in words else []
    done = subprocess.run(
        [*RUN, "--org", str(org_file), *words, "--port", "0", "--host", host, *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert len(done.stderr) < 200


def test_a_host_with_a_nul_or_half_a_character_is_refused_as_one_that_is_not_there() -> None:
    for host in ("a\0b", "\0", "\ud800", "\ud800" * 5_000, "\x1b[31m"):
        with pytest.raises(PortTakenError, match="cannot be used") as refused:
            bind(host, 0)
        assert str(refused.value).isprintable()


# ---- Host


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "salesforce.com.evil.example",
        "evilsalesforce.com",
        "salesforce.com",
        "",
    ],
)
def test_a_foreign_host_is_refused(house: Salesforce, host: str) -> None:
    assert (
        requests.get(f"{house.url}/isalive", headers={"Host": host}, timeout=5).status_code == 403
    )


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8080",
        "127.0.0.1",
        "[::1]:8080",
        "login.salesforce.com",
        "ACME.my.salesforce.com",
        "x.force.com",
    ],
)
def test_loopback_and_salesforce_names_are_answered(house: Salesforce, host: str) -> None:
    assert (
        requests.get(f"{house.url}/isalive", headers={"Host": host}, timeout=5).status_code == 200
    )


def test_a_path_that_begins_with_two_slashes_is_the_same_path(house: Salesforce) -> None:
    wire = http.client.HTTPConnection(
        house.url.removeprefix("http://"), timeout=5
    )  # requests would send one
    try:
        wire.request("GET", "//services/data/")
        answer = wire.getresponse()
        assert (answer.status, json.loads(answer.read())[0]["version"]) == (200, "31.0")
    finally:
        wire.close()


def test_what_is_no_call_is_a_fault_of_the_soap_door(house: Salesforce) -> None:
    answer = requests.post(f"{house.url}/services/Soap/u/64.0", data="<a/>", timeout=5)
    assert answer.status_code == 500
    assert "<faultcode>UNKNOWN_EXCEPTION</faultcode>" in answer.text


# ---- Other sites' pages

FOREIGN = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]


@pytest.mark.parametrize("headers", FOREIGN, ids=repr)
def test_another_sites_page_cannot_lock_a_user_out(
    served: Served, org_file: Path, headers: dict[str, str]
) -> None:
    with Org(org_file) as org:
        event = org.info().last_event
    refused = [soap_login(served.url, f"wrong{number}", headers=headers) for number in range(LIMIT)]
    with Org(org_file) as org:
        before, happened = org.users.get(USER), org.history.events(event)
    for number in range(LIMIT):
        soap_login(served.url, f"wrong{number}")
    with Org(org_file) as org:
        after = org.users.get(USER)
    served.stop()
    assert {(answer.status_code, answer.text) for answer in refused} == {
        (403, "freshtoken does not answer to what another site's page sends.")
    }
    assert (before.failed_attempts, before.state, happened) == (0, "active", [])
    assert after.state == "locked"
    entries = [entry for entry in served.entries() if entry["status"] == 403]
    assert [(entry["outcome"], entry["path"]) for entry in entries] == [
        ("refused", "/services/Soap/u/64.0")
    ] * LIMIT


def test_a_link_of_another_site_leads_to_the_authorize_page_and_its_form_stays_our_own(
    salesforce: Salesforce,
) -> None:
    app = salesforce.org.apps.all()[0]
    page, own = (
        f"{salesforce.url}/services/oauth2/authorize",
        {"Sec-Fetch-Site": "same-origin", "Origin": salesforce.url},
    )
    asked = {
        "response_type": "code",
        "client_id": app.consumer_key,
        "redirect_uri": app.callbacks[0],
    }
    form = {"username": "sam@acme.example", "password": "Velvet-Train-9"}
    assert (
        requests.get(
            page, params=asked, headers={"Sec-Fetch-Site": "cross-site"}, timeout=5
        ).status_code
        == 200
    )
    for foreign in FOREIGN:
        answer = requests.post(page, params=asked, data=form, headers=foreign, timeout=5)
        assert (
            answer.status_code == 403
            and "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        )
    for ours in (own, {}):
        answer = requests.post(
            page, params=asked, data=form, headers=ours, allow_redirects=False, timeout=5
        )
        assert answer.status_code == 302 and "code=" in answer.headers["Location"]


# ---- Where clients call from


def test_a_client_calls_from_the_network_chosen_and_forwarded_headers_change_nothing(
    org_file: Path,
) -> None:
    served = Served(org_file, "--from", "office")
    headers = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    answer = soap_login(served.url, OLD, headers=headers)
    _, said = served.stop()
    assert answer.status_code == 200, "the office is trusted: no token is needed"
    assert "<sessionId>" in answer.text
    assert "outside clients call from office (198.51.100.20, trusted)" in said
    with Org(org_file) as org:
        assert org.history.logins(USER)[0].source_ip == "198.51.100.20"


def test_setup_moves_the_clients_of_a_running_serve(served: Served, org_file: Path) -> None:
    def without_token() -> str:
        text = soap_login(served.url, OLD).text
        return (
            "let in"
            if "<sessionId>" in text
            else text.partition("<faultcode>")[2].partition("<")[0]
        )

    def move(network: str) -> None:
        done = freshtoken("--org", str(org_file), "setup", "set", "outside_network", network)
        assert (done.returncode, done.stderr) == (0, f"outside_network is {network}.\n")

    assert without_token() == "LOGIN_MUST_USE_SECURITY_TOKEN"
    move("office")
    assert without_token() == "let in"
    move("home")
    assert without_token() == "LOGIN_MUST_USE_SECURITY_TOKEN"
    with Org(org_file) as org:
        addresses = [row.source_ip for row in org.history.logins(USER)[:3]]
    assert addresses == ["192.0.2.44", "198.51.100.20", "203.0.113.7"]


def test_a_password_changed_on_the_command_line_stops_the_clients_of_a_running_serve(
    served: Served, org_file: Path
) -> None:
    with Org(org_file) as org:
        token = org.clients.all()[0].token
    assert soap_login(served.url, OLD + token).status_code == 200
    words = ["password", "change", USER, "--password-stdin"]
    done = freshtoken("--org", str(org_file), *words, input=f"{OLD}\nFresh-Start-88\n")
    assert done.returncode == 0, done.stderr
    assert (
        "<faultcode>INVALID_LOGIN</faultcode>"
        in soap_login(served.url, "Fresh-Start-88" + token).text
    )
    fresh = freshtoken(
        "--org", str(org_file), "mail", USER, "--latest", "--token-only"
    ).stdout.strip()
    assert soap_login(served.url, "Fresh-Start-88" + fresh).status_code == 200


# ---- The journal, and the end


def test_the_journal_tells_the_outcome_and_no_secret(served: Served) -> None:
    soap_login(served.url, "my-secret-guess", headers={"User-Agent": "nightly/1.0"})
    requests.get(
        f"{served.url}/services/data/v64.0/query",
        headers={"Authorization": "Bearer secret-bearer"},
        timeout=5,
    )
    code, said = served.stop()
    first, second = served.entries()
    assert (first["method"], first["path"], first["client"]) == (
        "POST",
        "/services/Soap/u/64.0",
        "nightly/1.0",
    )
    assert (first["status"], first["outcome"]) == (500, "INVALID_LOGIN")
    assert (second["status"], second["outcome"]) == (401, "INVALID_SESSION_ID")
    assert "secret" not in served.journal.read_text() + said
    assert code == 0


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/services/async/64.0/job", "Bulk API"),
        ("/services/data/v64.0/tooling/query?q=x", "Tooling API"),
        ("/services/data/v64.0/composite/batch", "Composite resources"),
        ("/services/data/v64.0/nothing-like-it", None),
    ],
)
def test_the_journal_names_the_api_that_freshtoken_does_not_have(
    served: Served, path: str, missing: str | None
) -> None:
    requests.post(f"{served.url}{path}", timeout=5)
    served.stop()
    (entry,) = served.entries()
    assert entry.get("has_no") == missing


def test_with_json_the_journal_is_on_stdout_a_line_each(org_file: Path) -> None:
    served = Served(org_file, "--json")
    soap_login(served.url, "wrong")
    assert served.process.stdout is not None
    entry = json.loads(served.process.stdout.readline())
    served.stop()
    assert (entry["status"], entry["outcome"]) == (500, "INVALID_LOGIN")


def test_what_is_no_http_leaves_no_words_of_a_library_on_stderr(served: Served) -> None:
    at = ("127.0.0.1", int(served.url.rpartition(":")[2]))
    upgrade = (
        b"GET /isalive HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
        b"websocket\r\n\r\n"
    )
    for sent in (b"\x16\x03\x01 no HTTP\r\n\r\n", upgrade):
        with socket.create_connection(at, timeout=5) as wire:
            wire.sendall(sent)
            assert wire.recv(100).startswith(b"HTTP/1.1 ")
    code, said = served.stop()
    assert (code, said.count("\n")) == (0, 4), "the welcome, and nothing else"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_ready_file_goes_with_the_ports(served: Served, how: int) -> None:
    code, said = served.stop(how)
    assert (code, served.ready_file.exists()) == (0, False), said


def test_under_nohup_the_end_of_the_terminal_ends_nothing(org_file: Path) -> None:
    served = Served(org_file, ignored=[signal.SIGHUP])
    served.process.send_signal(signal.SIGHUP)
    assert requests.get(f"{served.url}/isalive", timeout=5).status_code == 200
    assert served.stop()[0] == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_the_middle_of_a_request_that_does_not_end(
    served: Served, how: int
) -> None:
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as idle:
        idle.sendall(b"POST /services/Soap/u/64.0 HTTP/1.1\r\n")  # a request that never ends
        code, said = served.stop(how)
    assert code == 0
    assert "Traceback" not in said


def test_a_tunnel_that_is_open_when_it_stops_is_closed_without_a_traceback(served: Served) -> None:
    with socket.create_connection(
        ("127.0.0.1", int(served.ready["proxy"].rpartition(":")[2]))
    ) as tunnel:
        tunnel.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n\r\n")
        assert tunnel.recv(100).startswith(b"HTTP/1.1 200")
        code, said = served.stop()
    assert code == 0
    assert "Traceback" not in said


def test_many_clients_at_once_are_all_answered_and_all_counted(
    salesforce: Salesforce, org: Org
) -> None:
    org.setup.choose("max_attempts", "0")
    statuses: list[int] = []
    clients = [
        threading.Thread(
            target=lambda: statuses.append(soap_login(salesforce.url, "wrong").status_code)
        )
        for _ in range(24)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(PATIENCE)
    assert statuses == [500] * 24
    assert failed(org) == 24


def test_an_org_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    done = freshtoken("--org", str(tmp_path / "none.db"), "serve")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1

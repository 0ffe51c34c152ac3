"""Whoever connects and does not speak, or never ends: the connection is closed, or told so, and the
others are served.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from freshtoken_api import messages
from freshtoken_api.serve import server
from freshtoken_api.testing import Salesforce, serving_fresh_org

from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import failed

SHORT = 0.2


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salesforce]:
    """A served org that waits a moment only."""
    with (
        pytest.MonkeyPatch.context() as patch,
        serving_fresh_org(tmp_path_factory.mktemp("hasty")) as served,
    ):
        patch.setattr(server, "HEAD_PATIENCE", SHORT)
        patch.setattr(messages, "SLOWEST_BODY", SHORT)
        yield served


def connected(served: Salesforce) -> socket.socket:
    """A connection to the plain port, which gives up long before the real limits are over."""
    return socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])), timeout=5)


def until_closed(sock: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    read = b""
    while chunk := sock.recv(65_536):
        read += chunk
    return read


HOST = b"Host: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"P", id="a letter"),
        pytest.param(b"POST /services/Soap/u/64.0 HTTP/1.1\r\n" + HOST, id="half a head"),
    ],
)
def test_a_connection_without_a_whole_head_is_closed(hasty: Salesforce, begun: bytes) -> None:
    with connected(hasty) as sock:
        sock.sendall(begun)
        assert until_closed(sock) == b""


def test_dripping_a_head_does_not_buy_time(hasty: Salesforce) -> None:
    with connected(hasty) as sock:
        sock.settimeout(SHORT / 10)
        sock.sendall(b"GET /isalive HTTP/1.1\r\n")
        dripped, closed = 0, False
        while not closed and dripped < 200:
            try:
                closed = sock.recv(100) == b""
            except TimeoutError:
                sock.sendall(b"X-Drip: 1\r\n")
                dripped += 1
            except ConnectionError:
                closed = True
    assert closed


def test_half_a_head_after_a_good_request_is_closed_too(hasty: Salesforce) -> None:
    with connected(hasty) as sock:
        sock.settimeout(3)
        sock.sendall(b"GET /isalive HTTP/1.1\r\n" + HOST + b"\r\n")
        heard = b""
        while b"alive" not in heard:
            part = sock.recv(4096)
            assert part, heard
            heard += part
        sock.sendall(b"GET /isalive HTTP/1.1\r\n" + HOST)
        assert until_closed(sock) == b""


def test_a_connection_is_used_again_after_its_first_head(hasty: Salesforce) -> None:
    """The clock runs for the head, not for the connection."""
    with requests.Session() as session:
        session.trust_env = False
        first = session.get(f"{hasty.url}/isalive", timeout=5, stream=True)
        local = first.raw.connection.sock.getsockname()
        first.content  # noqa: B018
        slow = session.post(
            f"{hasty.url}/services/oauth2/token",
            data=iter(["grant_type=", "x"]),
            timeout=5,
            stream=True,
        )
        assert slow.raw.connection.sock.getsockname() == local
        assert slow.json()["error"] == "unsupported_grant_type"


HEAD = b" HTTP/1.1\r\n" + HOST + b"Content-Type: text/xml\r\nContent-Length: 1000\r\n"


def half_a_body(served: Salesforce, line: bytes) -> bytes:
    """What comes back on a request whose body does not arrive."""
    with connected(served) as sock:
        sock.sendall(line + HEAD + b"Connection: close\r\n\r\n<half")
        return until_closed(sock)


def test_a_soap_body_that_does_not_arrive_is_a_fault(hasty: Salesforce) -> None:
    answer = half_a_body(hasty, b"POST /services/Soap/u/64.0")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert (
        b"<faultstring>UNKNOWN_EXCEPTION: The request did not arrive in time.</faultstring>"
        in answer
    )
    assert failed(hasty.org) == 0


def test_an_oauth_form_that_does_not_arrive_is_a_timeout(hasty: Salesforce) -> None:
    answer = half_a_body(hasty, b"POST /services/oauth2/token")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"errorCode":"REQUEST_TIMEOUT"' in answer


def test_a_rest_body_that_does_not_arrive_is_a_timeout(hasty: Salesforce) -> None:
    user = hasty.org.users.get(USER).record_id.encode()
    answer = half_a_body(hasty, b"POST /services/data/v64.0/sobjects/User/" + user + b"/password")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert (
        b'[{"message":"The body did not arrive in time","errorCode":"REQUEST_TIMEOUT"}]' in answer
    )


def test_while_many_say_nothing_a_client_is_served(salesforce: Salesforce, tmp_path: Path) -> None:
    silent = [connected(salesforce) for _ in range(100)]
    try:
        form = {"grant_type": "password", "username": USER, "password": OLD}
        assert (
            requests.post(
                f"{salesforce.url}/services/oauth2/token", data=form, timeout=5
            ).status_code
            == 400
        )
        assert requests.get(f"{salesforce.url}/isalive", timeout=5).json() == {"status": "alive"}
    finally:
        for sock in silent:
            sock.close()


def test_a_connection_to_the_tls_port_that_says_nothing_is_closed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_PATIENCE", SHORT)
    with serving_fresh_org(tmp_path) as served:
        port = int(served.addresses.https.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            assert until_closed(sock) == b""

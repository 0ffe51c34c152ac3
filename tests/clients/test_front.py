"""The CONNECT front: it tunnels Salesforce's names to our TLS port, and nothing else to
anywhere.
"""

import asyncio
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator

import pytest

from freshtoken_api.serve import front
from freshtoken_api.serve.front import ConnectFront
from freshtoken_api.serve.journal import silent
from freshtoken_api.serve.server import bind
from freshtoken_api.testing import Salesforce

from .conftest import Served, eventually

TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
WORDS = "freshtoken tunnels *.salesforce.com:443 and *.force.com:443, and nothing else.\n"


def connected(served: Salesforce) -> socket.socket:
    """A connection to the proxy."""
    host, _, port = served.addresses.proxy.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def until_closed(sock: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    read = b""
    while chunk := sock.recv(65_536):
        read += chunk
    return read


def asked(served: Salesforce, request: bytes) -> tuple[int, str]:
    """The status and the body of what the proxy answers before it closes."""
    with connected(served) as sock:
        sock.sendall(request)
        head, _, body = until_closed(sock).partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


@pytest.mark.parametrize(
    "target",
    [
        "login.salesforce.com",
        "LOGIN.Salesforce.COM",
        "acme.my.salesforce.com",
        "acme.lightning.force.com",
    ],
)
def test_the_names_of_salesforce_reach_the_tls_port(house: Salesforce, target: str) -> None:
    with connected(house) as sock:
        sock.sendall(
            f"CONNECT {target}:443 HTTP/1.1\r\nHost: {target}:443\r\nUser-Agent: x\r\n\r\n".encode()
        )
        assert sock.recv(len(TUNNEL), socket.MSG_WAITALL) == TUNNEL
        context = ssl.create_default_context(cafile=house.addresses.ca)
        with context.wrap_socket(sock, server_hostname=target) as wrapped:
            wrapped.sendall(
                f"GET /isalive HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = until_closed(wrapped)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'{"status":"alive"}')


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("example.com:443", id="another host"),
        pytest.param("127.0.0.1:443", id="this machine"),
        pytest.param("169.254.169.254:443", id="a cloud's metadata"),
        pytest.param("evilsalesforce.com:443", id="a name that ends alike"),
        pytest.param("login.salesforce.com.evil.example:443", id="a name that begins alike"),
        pytest.param("login.salesforce.com@evil.example:443", id="a name before @"),
        pytest.param("salesforce.com:443", id="no host of the domain"),
        pytest.param("login.salesforce.com:80", id="another port"),
        pytest.param("login.salesforce.com:8443", id="a port that ends alike"),
        pytest.param("login.salesforce.com:00443", id="a port with zeros"),
    ],
)
def test_other_hosts_and_other_ports_are_refused(house: Salesforce, target: str) -> None:
    assert asked(house, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode()) == (403, WORDS)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_plain_http_request_is_not_passed_on(house: Salesforce, method: str) -> None:
    request = (
        f"{method} http://login.salesforce.com/ HTTP/1.1\r\nHost: login.salesforce.com\r\n\r\n"
    )
    assert asked(house, request.encode()) == (403, WORDS)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"CONNECT\r\n\r\n", id="no target"),
        pytest.param(b"CONNECT login.salesforce.com HTTP/1.1\r\n\r\n", id="no port"),
        pytest.param(b"CONNECT login.salesforce.com:443 HTTP/2\r\n\r\n", id="another protocol"),
        pytest.param(b"CONNECT login.salesforce.com:443000 HTTP/1.1\r\n\r\n", id="no port number"),
        pytest.param(b"CONNECT  login.salesforce.com:443 HTTP/1.1\r\n\r\n", id="two spaces"),
        pytest.param(b"CONNECT \xff\xfe.salesforce.com\x00:443 \r\n\r\n", id="bytes"),
    ],
)
def test_a_broken_connect_is_a_bad_request(house: Salesforce, request_: bytes) -> None:
    assert asked(house, request_) == (400, WORDS)


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01" + b"\x00" * 20_000, b"A" * 70_000, b"\r\n" * 9_000],
    ids=["TLS", "a long line", "newlines"],
)
def test_garbage_is_not_listened_to_for_ever(house: Salesforce, garbage: bytes) -> None:
    with connected(house) as sock:
        sock.sendall(garbage)
        try:
            answer = until_closed(sock)
        except ConnectionResetError:
            answer = b""
    assert b" 200 " not in answer
    assert asked(house, b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")[0] == 403, (
        "and it goes on for the others"
    )


@pytest.mark.parametrize("begun", [b"", b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n"])
def test_who_never_ends_his_request_is_closed(
    begun: bytes, salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEADER_TIMEOUT", 0.2)
    with connected(salesforce) as sock:
        sock.sendall(begun)
        assert until_closed(sock) == b""


def test_a_tunnel_ends_when_either_side_ends_it(house: Salesforce) -> None:
    with connected(house) as sock:
        sock.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n\r\nthis is no TLS at all")
        assert until_closed(sock).startswith(TUNNEL), (
            "the TLS port hangs up, and so does the tunnel"
        )


def test_a_refusal_is_in_the_journal(served: Served) -> None:
    host, _, port = served.ready["proxy"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")
        until_closed(sock)
    eventually(lambda: served.journal.stat().st_size > 0, "an entry in the journal")
    [entry] = served.entries()
    assert (entry["method"], entry["path"]) == ("CONNECT", "example.com:443")
    assert (entry["status"], entry["outcome"]) == (403, "refused")


@pytest.fixture
def other_host() -> Iterator[int]:
    """A server that is none of Salesforce's: it says which line it was sent."""

    class Says(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"heard " + self.rfile.readline())

    with socketserver.TCPServer(("127.0.0.1", 0), Says) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


async def through_the_proxy(passed: tuple[str, ...], target: str, line: bytes) -> bytes:
    """What comes back of a line that is sent to a target through a proxy of its own."""
    sock = bind("127.0.0.1", 0)
    nowhere = bind("127.0.0.1", 0)
    proxy = ConnectFront(sock, nowhere.getsockname()[:2], silent, passed)
    await proxy.start()
    try:
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        writer.write(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode() + line)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer
    finally:
        await proxy.stop()
        nowhere.close()


async def test_a_host_that_was_named_is_reached_and_no_other(other_host: int) -> None:
    target = f"127.0.0.1:{other_host}"
    assert (await through_the_proxy(("127.0.0.1",), target, b"hello\n")).endswith(b"heard hello\n")
    assert (await through_the_proxy((), target, b"hello\n")).startswith(b"HTTP/1.1 403")
    assert (await through_the_proxy(("other.example",), target, b"x\n")).startswith(b"HTTP/1.1 403")


async def test_no_name_of_salesforce_leaves_though_it_was_named() -> None:
    """It is led to the TLS port; at another port than 443 it is refused."""
    name = "login.salesforce.com"
    assert (await through_the_proxy((name,), f"{name}:8443", b"")).startswith(b"HTTP/1.1 403")

"""Who is let in to the control API, and what hostile callers send."""

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from freshtoken_api.control.contract import PREFIX, ControlError
from freshtoken_api.control.guard import Guard, network_of
from freshtoken_api.messages import LARGEST_BODY

from .conftest import TOKEN, Driven, driven

HERE = "http://127.0.0.1:8080"


def let_in(
    guard: Guard, peer: str | None = "127.0.0.1", needs_token: bool = True, **headers: str
) -> str:
    """The code of a refusal; empty for a caller that is let in."""
    given = {"host": "127.0.0.1:8080", "authorization": f"Bearer {TOKEN}", **headers}
    scope = {
        "type": "http",
        "scheme": "http",
        "client": None if peer is None else (peer, 40_000),
        "headers": [
            (name.replace("_", "-").encode(), value.encode("latin-1"))
            for name, value in given.items()
        ],
    }
    try:
        guard.check(scope, needs_token)
    except ControlError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \xff\xfe",
        f"Bearer {TOKEN.upper()}",
    ],
)
def test_only_the_token_opens(authorization: str) -> None:
    assert let_in(Guard(TOKEN), authorization=authorization) == "unauthorized"
    assert let_in(Guard(TOKEN), needs_token=False, authorization=authorization) == ""


def test_the_token_opens_in_any_case_of_the_scheme() -> None:
    assert let_in(Guard(TOKEN)) == let_in(Guard(TOKEN), authorization=f"bearer  {TOKEN} ") == ""


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "127.0.0.1.evil", "", None])
def test_a_caller_from_elsewhere_is_refused_even_with_the_token(peer: str | None) -> None:
    assert let_in(Guard(TOKEN), peer) == "forbidden"
    assert let_in(Guard(TOKEN), peer, needs_token=False) == "forbidden"


def test_a_network_that_is_allowed_may_call_and_no_other() -> None:
    guard = Guard(TOKEN, networks=(network_of("172.17.0.0/16"),))
    assert let_in(guard, "172.17.0.1") == let_in(guard) == ""
    assert let_in(guard, "172.18.0.1") == "forbidden"
    assert let_in(guard, "172.17.0.1", authorization="") == "unauthorized"
    assert let_in(Guard(TOKEN, networks=(network_of(" ANY "),)), "8.8.8.8") == ""


@pytest.mark.parametrize("text", ["", "foo", "172.17.0.1/16", "::1", "any any", "1.2.3.4/33"])
def test_what_is_no_network_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        network_of(text)


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1:8080", ""),
        ("localhost", ""),
        ("ci-host:8080", ""),
        ("evil.example", "forbidden"),
        ("login.salesforce.com", "forbidden"),
        ("acme.my.salesforce.com:8080", "forbidden"),
        ("", "forbidden"),
        ("x" * 5_000, "forbidden"),
    ],
)
def test_only_its_own_names_are_answered(host: str, code: str) -> None:
    assert let_in(Guard(TOKEN, allowed=("ci-host",)), host=host) == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": HERE}, ""),
        ({"origin": "http://localhost:3000"}, "forbidden"),
        ({"origin": "https://login.salesforce.com"}, "forbidden"),
        ({"origin": "null"}, "forbidden"),
        ({"origin": ""}, "forbidden"),
        ({"sec_fetch_site": "cross-site"}, "forbidden"),
        ({"sec_fetch_site": "same-origin"}, ""),
    ],
)
def test_no_web_page_of_another_origin_is_answered(headers: dict[str, str], code: str) -> None:
    assert let_in(Guard(TOKEN), "127.0.0.1", True, **headers) == code


def test_the_token_is_in_no_text_of_its_owners() -> None:
    assert TOKEN not in repr(Guard(TOKEN))


def test_it_is_served_at_the_plain_port_only(control: Driven) -> None:
    tls, bearer = control.addresses.https, control.client.headers["Authorization"]
    answer = httpx.get(
        f"{tls}{PREFIX}/orgs",
        headers={"Authorization": bearer},
        verify=ssl.create_default_context(cafile=control.addresses.ca),
        trust_env=False,
    )
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_foreign_host_and_origin_are_refused_over_the_port(control: Driven) -> None:
    assert control.refused("GET", "/orgs", headers={"Host": "evil.example"})[0] == 403
    assert control.refused("GET", "/orgs", headers={"Origin": "https://evil.example"})[0] == 403
    assert control.refused("POST", "/reset", headers={"Authorization": "Bearer no"})[0] == 401


def test_a_caller_from_elsewhere_is_refused_over_the_port(org_file: Path, tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: the system chooses an address
            mine = probe.getsockname()[0]
    except OSError:
        pytest.skip("this machine has no address besides loopback")
    with driven(org_file, tmp_path, host="0.0.0.0", allowed=("*",)) as control:
        port = control.addresses.http.rpartition(":")[2]
        with httpx.Client(headers=control.client.headers, trust_env=False) as client:
            answer = client.get(f"http://{mine}:{port}{PREFIX}/orgs")
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
            assert client.get(f"http://{mine}:{port}/isalive").status_code == 200


def sent_until_answered(control: Driven, head: bytes, chunk: bytes, most: int) -> tuple[bytes, int]:
    """What is answered to a head and as many chunks as the port takes; how many bytes it took."""
    host, _, port = control.addresses.http.removeprefix("http://").partition(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head)
        connection.setblocking(False)
        answered = b""
        while not answered and sent < most:
            try:
                sent += connection.send(chunk)
            except BlockingIOError:
                pass
            except OSError:
                break
            try:
                answered = connection.recv(65_536)
            except BlockingIOError:
                continue
            except OSError:
                break
        connection.setblocking(True)
        connection.settimeout(20)
        with suppress(OSError):
            answered = answered or connection.recv(65_536)
    return answered, sent


def test_a_body_of_two_gigabytes_is_refused_before_it_is_read(control: Driven) -> None:
    head = (
        f"POST {PREFIX}/users/integration/password HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: {2 << 30}\r\n\r\n"
    ).encode()
    answered, sent = sent_until_answered(control, head, b" " * 65_536, 2 << 30)
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert sent < 64 * LARGEST_BODY
    assert control.get("/health")["status"] == "ok"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "The body is not JSON."),
        (b'{"moment": ', "The body is not JSON."),
        (b"\xff\xfe", "The body is not JSON."),
        (b"[" * 100_000, "The body is not JSON."),
        (b'{"moment":' * 50_000, "The body is not JSON."),
        (b"[]", "The body is not a JSON object."),
        (b"null", "The body is not a JSON object."),
        (b'"text"', "The body is not a JSON object."),
        (b"", "The body needs: moment."),
        (b'{"moment": null}', "The body needs: moment."),
        (b'{"moment": NaN}', "moment must be a text."),
        (b'{"moment": 1' + b"0" * 5_000 + b"}", "The body is not JSON."),
        (b'{"moment": "\\u0000"}', "moment holds a character that is not valid"),
        (b'{"moment": "\\ud800"}', "moment holds a character that is not valid"),
        (b'{"Moment": "mon 9:00"}', "There is no field 'Moment'; it is written moment."),
        (b'{"momen": "mon 9:00"}', "Did you mean 'moment'?"),
        (b"x" * (LARGEST_BODY + 1), "A body is 1 MB at most."),
    ],
)
def test_a_body_that_is_none_is_refused_in_words(control: Driven, body: bytes, words: str) -> None:
    status, _, message = control.refused("POST", "/clock/set", content=body)
    assert status in (400, 413)
    assert words in message


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/users/%00/unlock", 400, "user holds a character"),
        ("/users/%ff%fe/unlock", 404, "There is no user"),
        ("/users/a%0Ab/unlock", 404, "There is no user 'a\\nb'."),
        ("/users/%1b[31m/unlock", 404, "There is no user"),
        ("/users/" + "x" * 4_000 + "/unlock", 404, "There is no user"),
        ("/users//unlock", 404, "nothing at this address"),
        ("/users/%2e%2e/unlock", 404, "There is no user '..'."),
        ("/users/..%2f..%2forgs/unlock", 404, "nothing at this address"),
        ("/users", 405, "other HTTP methods"),
        ("", 404, "nothing at this address"),
        ("/nothing", 404, "nothing at this address"),
    ],
)
def test_a_path_that_names_nothing_is_refused_in_words(
    control: Driven, path: str, status: int, words: str
) -> None:
    told = control.refused("POST", path, json={})
    assert told[0] == status and words in told[2]
    assert told[2].isprintable()


@pytest.mark.parametrize(
    "query",
    [
        {"since": "-1"},
        {"since": "x"},
        {"since": "9" * 30},
        {"since": "１"},
        {"wait": "61"},
        {"limit": "0"},
        {"sinc": "1"},
    ],
)
def test_a_parameter_out_of_its_bounds_is_refused(control: Driven, query: Any) -> None:
    assert control.refused("GET", "/requests", params=query)[:2] == (400, "bad_request")

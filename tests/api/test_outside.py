"""Whom a port answers: which Host it goes by, and which requests of browsers are another site's."""

import pytest

from freshtoken_api.serve.external import is_cross_site, may_name

LOCAL, LOGIN = "http://127.0.0.1:8080", "https://login.salesforce.com"
TOKEN, AUTHORIZE = "/services/oauth2/token", "/services/oauth2/authorize"


@pytest.mark.parametrize(
    ("here", "origin", "site", "foreign"),
    [
        (LOCAL, None, "", False),  # no browser
        (LOCAL, None, "none", False),  # typed into the address line
        (LOCAL, None, "same-origin", False),
        (LOCAL, None, "same-site", False),
        (LOCAL, None, "cross-site", True),
        (LOCAL, LOCAL, "cross-site", True),
        (LOCAL, LOCAL, "same-origin", False),
        (LOCAL, "http://localhost:3000", "", False),
        (LOCAL, "https://localhost", "", False),
        (LOCAL, "http://127.9.9.9:1", "", False),
        (LOCAL, "http://[::1]:8080", "", False),
        (LOCAL, "http://[0:0::1]", "", False),
        (LOCAL, "HTTP://LOCALHOST", "", False),
        (LOCAL, LOGIN, "", False),
        (LOCAL, "https://acme.lightning.force.com", "", False),
        (LOCAL, "https://acme.my.salesforce.com:8443", "", False),
        (LOCAL, "http://login.salesforce.com", "", True),
        (LOCAL, "https://salesforce.com", "", True),
        (LOCAL, "https://evilsalesforce.com", "", True),
        (LOCAL, "https://login.salesforce.com.evil.example", "", True),
        (LOCAL, "https://evil.example", "", True),
        (LOCAL, "https://evil.example", "same-origin", True),
        (LOCAL, "null", "", True),
        (LOCAL, "", "", True),
        (LOCAL, "http://localhost.evil.example", "", True),
        (LOCAL, "http://evil.example@localhost", "", True),
        (LOCAL, "http://localhost:80@evil.example", "", True),
        (LOCAL, "http://localhost/evil.example", "", True),
        (LOCAL, "http://[::2]", "", True),
        (LOCAL, "http://" + "x" * 5_000, "", True),
        (LOCAL, "chrome-extension://localhost", "", True),
        (LOCAL, "file://", "", True),
        ("http://192.0.2.5:8080", "http://192.0.2.5:8080", "same-origin", False),
        ("http://192.0.2.5:8080", "http://192.0.2.5:9090", "", True),
        ("http://192.0.2.5:8080", "https://192.0.2.5:8080", "", True),
    ],
)
def test_a_request_of_another_sites_page_is_known_by_its_origin_or_fetch_site(
    here: str, origin: str | None, site: str, foreign: bool
) -> None:
    assert is_cross_site("POST", TOKEN, here, origin, site) is foreign
    assert is_cross_site("GET", TOKEN, here, origin, site) is foreign
    assert is_cross_site("POST", AUTHORIZE, here, origin, site) is foreign
    assert is_cross_site("GET", AUTHORIZE, here, origin, site) is False, "an app's link leads there"


@pytest.mark.parametrize(
    ("origin", "allowed", "foreign"),
    [
        ("http://box.example:3000", ("BOX.example",), False),
        ("http://box.example:3000", ("other", "box.example:8080"), False),
        ("http://[fd00::7]:3000", ("FD00:0::7",), False),
        ("http://box.example.evil.example", ("box.example",), True),
        ("https://evil.example", ("*",), True),
        ("http://*", ("*",), True),
    ],
)
def test_an_origin_of_an_allowed_host_is_ours_and_any_host_is_not_any_origin(
    origin: str, allowed: tuple[str, ...], foreign: bool
) -> None:
    assert is_cross_site("POST", TOKEN, LOCAL, origin, "", allowed) is foreign


@pytest.mark.parametrize(
    ("host", "bound", "allowed", "answered"),
    [
        ("localhost", "0.0.0.0", (), True),
        ("[::1]:8080", "0.0.0.0", (), True),
        ("LOGIN.Salesforce.com:443", "0.0.0.0", (), True),
        ("box:8080", "0.0.0.0", (), False),
        ("box:8080", "box", (), True),
        ("BOX", "Box", (), True),
        ("box:8080", "0.0.0.0", ("Box",), True),
        ("BOX.lan", "0.0.0.0", ("box", "box.lan:9090"), True),
        ("box.lan", "0.0.0.0", ("box",), False),
        ("192.0.2.5:8080", "0.0.0.0", ("192.0.2.5",), True),
        ("192.0.2.50:8080", "0.0.0.0", ("192.0.2.5",), False),
        ("[fd00::7]:8080", "0.0.0.0", ("fd00::7",), True),
        ("[FD00:0::7]", "0.0.0.0", ("[fd00::7]",), True),
        ("fd00::7", "0.0.0.0", ("[fd00::7]:1",), True),
        ("evil.example", "0.0.0.0", ("*",), True),
        ("", "0.0.0.0", ("",), False),
        ("", "0.0.0.0", ("*",), True),
        ("x" * 5_000 + ".salesforce.com", "0.0.0.0", ("*",), False),
        ("*", "0.0.0.0", ("box",), False),
    ],
)
def test_a_host_is_answered_that_is_ours_or_allowed(
    host: str, bound: str, allowed: tuple[str, ...], answered: bool
) -> None:
    assert may_name(host, bound, allowed) is answered

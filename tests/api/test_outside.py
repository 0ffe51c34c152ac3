"""Whom a port answers: which Host it goes by, and which requests of browsers are another site's."""

import pytest

from freshtoken_api.outside import may_name


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
def test_a_host_is_answered_that_is_ours_or_allowed(host: str, bound: str, allowed: tuple[str, ...], answered: bool) -> None:
    assert may_name(host, bound, allowed) is answered

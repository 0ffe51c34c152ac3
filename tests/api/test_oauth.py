"""The OAuth username-password flow at /services/oauth2/token: what it grants, and how little its
refusals say.
"""

import base64
import gzip
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.records import App

from ..world import FRESH, HOME, OFFICE, PASSWORD, SAM, SAMS
from ..world import INTEGRATION as USER

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()


@pytest.fixture
def app(org: Org) -> App:
    """The connected app of the training org."""
    return org.apps.all()[0]


def form(app: App, username: str, password: str, **other: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
        "username": username,
        "password": password,
        **other,
    }


@pytest.mark.usefixtures("wall_clock_of_the_org")
async def test_the_password_flow_grants_an_access_token_as_captured(wire: Any, app: App) -> None:
    answer = await wire.token(OFFICE, **form(app, SAM, SAMS))
    assert (answer.status_code, answer.content) == (200, golden("token"))
    assert answer.headers["content-type"].startswith("application/json")
    assert "no-store" in answer.headers["cache-control"]


async def test_the_signature_is_made_with_the_consumer_secret_over_id_and_issued_at(
    wire: Any, app: App, token: str
) -> None:
    body = (await wire.token(**form(app, USER, PASSWORD + token))).json()
    expected = hmac.new(
        app.consumer_secret.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256
    ).digest()
    assert base64.b64decode(body["signature"]) == expected


async def test_the_success_has_its_six_fields_and_no_refresh_token(
    wire: Any, app: App, token: str
) -> None:
    body = (await wire.token(**form(app, USER, PASSWORD + token))).json()
    assert list(body) == [
        "access_token",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
        "signature",
    ]
    assert re.fullmatch(r"00D[a-zA-Z0-9]{12}![A-Za-z0-9._]{96}", body["access_token"])
    assert re.fullmatch(
        r"https://acme\.my\.salesforce\.com/id/00D[a-zA-Z0-9]{15}/005[a-zA-Z0-9]{15}", body["id"]
    )
    assert body["token_type"] == "Bearer"
    assert abs(int(body["issued_at"]) - time.time() * 1000) < 600_000, "by the wall clock"
    assert body["instance_url"] == "https://acme.my.salesforce.com"


async def test_the_access_token_is_a_session_id_for_rest_and_soap(
    wire: Any, app: App, token: str
) -> None:
    session = (await wire.token(**form(app, USER, PASSWORD + token))).json()["access_token"]
    assert (await wire.query(session, "SELECT Id FROM Account")).status_code == 200
    assert (await wire.in_session(session, "<urn:getUserInfo/>")).status_code == 200


async def test_every_wrong_credential_reads_authentication_failure(
    wire: Any, org: Org, app: App, token: str
) -> None:
    org.users.freeze("ada")
    answers = [
        await wire.token(**form(app, USER, "wrong" + token)),
        await wire.token(**form(app, USER, PASSWORD)),
        await wire.token(**form(app, USER, PASSWORD + "A" * 24)),
        await wire.token(**form(app, "nobody@acme.example", PASSWORD + token)),
        await wire.token(OFFICE, **form(app, "lee@acme.example", "Silver-Meadow-5")),
        await wire.token(OFFICE, **form(app, "ada@acme.example", "Copper-Kettle-4")),
        await wire.token(**form(app, "", "")),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (400, golden("invalid_grant"))
    }


async def test_a_password_change_kills_the_token_here_too(
    wire: Any, org: Org, app: App, token: str
) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    mailed = org.mail.all(USER)[0].token or ""
    refused = [
        await wire.token(**form(app, USER, sent))
        for sent in (PASSWORD + token, FRESH + token, FRESH)
    ]
    assert {(answer.status_code, answer.content) for answer in refused} == {
        (400, golden("invalid_grant"))
    }
    assert (await wire.token(**form(app, USER, FRESH + mailed))).status_code == 200


async def test_ten_wrong_tokens_lock_the_user_out_over_oauth(
    wire: Any, org: Org, app: App, token: str
) -> None:
    for _ in range(10):
        await wire.token(**form(app, USER, PASSWORD + "A" * 24))
    answer = await wire.token(**form(app, USER, PASSWORD + token))
    assert (answer.status_code, answer.content) == (400, golden("invalid_grant"))
    assert org.users.get(USER).locked_at is not None


async def test_a_login_from_outside_the_profiles_ip_ranges_is_ip_restricted(
    wire: Any, app: App
) -> None:
    answer = await wire.token(HOME, **form(app, "loader@acme.example", "Granite-Bridge-8"))
    assert (answer.status_code, answer.content) == (400, golden("ip_restricted"))


@pytest.mark.parametrize("grant", ["", "device", "PASSWORD", "password "])
async def test_another_grant_type_is_not_supported(
    wire: Any, app: App, token: str, grant: str
) -> None:
    answer = await wire.token(**form(app, USER, PASSWORD + token, grant_type=grant))
    assert (answer.status_code, answer.content) == (400, golden("unsupported_grant_type"))


async def test_a_json_body_reads_as_no_grant_type(wire: Any, app: App, token: str) -> None:
    answer = await wire.send(
        "POST", "/services/oauth2/token", json=form(app, USER, PASSWORD + token)
    )
    assert (answer.status_code, answer.content) == (400, golden("unsupported_grant_type"))


@pytest.mark.parametrize("key", ["", "3MVG9unknown", "é"])
async def test_an_unknown_consumer_key_is_an_invalid_client_id(
    wire: Any, app: App, token: str, key: str
) -> None:
    answer = await wire.token(**form(app, USER, PASSWORD + token, client_id=key))
    assert (answer.status_code, answer.content) == (400, golden("invalid_client_id"))


@pytest.mark.parametrize("secret", ["", "0" * 64, "é"])
async def test_a_wrong_consumer_secret_is_an_invalid_client(
    wire: Any, app: App, token: str, secret: str
) -> None:
    answer = await wire.token(**form(app, USER, PASSWORD + token, client_secret=secret))
    assert (answer.status_code, answer.content) == (400, golden("invalid_client"))


async def test_a_wrong_client_secret_is_no_failed_login(
    wire: Any, org: Org, app: App, token: str
) -> None:
    before, rows = org.info().last_event, org.history.logins(USER)
    await wire.token(**form(app, USER, PASSWORD + token, client_secret="x"))
    await wire.token(**form(app, USER, PASSWORD + token, client_id="x"))
    await wire.token(**form(app, USER, PASSWORD + token, grant_type="x"))
    assert (org.info().last_event, org.history.logins(USER)) == (before, rows)


async def test_soap_login_switched_off_does_not_touch_oauth(
    wire: Any, org: Org, app: App, token: str
) -> None:
    org.setup.choose("soap_login", "off")
    assert (await wire.token(**form(app, USER, PASSWORD + token))).status_code == 200


@pytest.mark.parametrize("password", ["a&b=c%20+d1 ", "plus+plus 1%", "Käse=€&1"])
async def test_a_password_that_a_form_has_to_escape_logs_in(
    wire: Any, org: Org, app: App, password: str
) -> None:
    org.passwords.change(USER, PASSWORD, password)
    mailed = org.mail.all(USER)[0].token or ""
    assert (await wire.token(**form(app, USER, password + mailed))).status_code == 200


async def test_login_history_shows_remote_access_and_the_connected_app(
    wire: Any, org: Org, app: App, token: str
) -> None:
    await wire.token(**form(app, USER, PASSWORD + token))
    await wire.token(**form(app, USER, PASSWORD))
    missing, success = org.history.logins(USER)[:2]
    assert (success.login_type, success.application, success.status) == (
        "Remote Access 2.0",
        "Acme Dashboards",
        "Success",
    )
    assert missing.status == "Failed: API security token required"


async def test_an_expired_password_still_gets_a_token_that_rest_refuses(
    wire: Any, org: Org, app: App, token: str
) -> None:
    """Real clients loop on this."""
    org.clock.advance(29 * DAY)
    answer = await wire.token(**form(app, USER, PASSWORD + token))
    assert answer.status_code == 200
    refused = await wire.query(answer.json()["access_token"], "SELECT Id FROM Account")
    assert (refused.status_code, refused.content) == (401, golden("expired_password"))


async def test_a_gzipped_form_is_read(wire: Any, app: App, token: str) -> None:
    body = gzip.compress(urlencode(form(app, USER, PASSWORD + token)).encode())
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    assert (
        await wire.send("POST", "/services/oauth2/token", content=body, headers=headers)
    ).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"grant_type", b"grant_type=%ff%00", b"{", b"&" * 40],
    ids=lambda b: repr(b[:20]),
)
async def test_a_body_that_is_no_form_reads_as_no_grant_type(wire: Any, body: bytes) -> None:
    answer = await wire.send("POST", "/services/oauth2/token", content=body)
    assert (answer.status_code, answer.content) == (400, golden("unsupported_grant_type"))


async def test_a_form_of_a_hundred_fields_gets_an_answer(wire: Any, app: App, token: str) -> None:
    """However many fields it has, the answer is JSON of the token endpoint, not an exception."""
    many = {f"x{number}": "y" for number in range(100)}
    answer = await wire.token(**form(app, USER, PASSWORD + token), **many)
    assert answer.status_code in (200, 400)
    assert set(answer.json()) >= {"access_token"} or set(answer.json()) == {
        "error",
        "error_description",
    }


async def test_a_body_over_a_megabyte_is_too_large(wire: Any) -> None:
    answer = await wire.send(
        "POST", "/services/oauth2/token", content=b"grant_type=password&x=" + b"y" * 1_000_000
    )
    assert answer.status_code == 413
    assert [error["errorCode"] for error in json.loads(answer.content)] == ["REQUEST_TOO_LARGE"]


async def test_the_token_endpoint_answers_posts_only(wire: Any) -> None:
    answer = await wire.send("GET", "/services/oauth2/token")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")

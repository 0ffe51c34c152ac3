"""The API client of the pane: real exchanges in-process, what the org keeps of them, and what a
preview hides.
"""

import asyncio
import json
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest

from freshtoken_api.client.api_client import ApiClient
from freshtoken_api.client.tape import EXCHANGES_KEPT, REDACTED, Exchange
from freshtoken_model.export import export
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool
from freshtoken_model.values.clock import DAY
from freshtoken_model.values.errors import OrgError

from ..world import FRESH, PASSWORD
from ..world import INTEGRATION as USER

NIGHTLY, DASHBOARD = 1, 2


@pytest.fixture
def api(pool: OrgPool) -> ApiClient:
    """The client over the pool of the org."""
    return ApiClient(pool)


@pytest.fixture
def oauth(org: Org) -> None:
    """Nightly sync calls over OAuth instead of SOAP."""
    org.clients.hold(NIGHTLY, protocol="oauth")


def texts(exchange: Exchange) -> list[str]:
    """Every text of an exchange that a Wire tab may show."""
    found = []
    for message in (exchange.request, exchange.response):
        found += [
            message.line,
            message.body,
            *(f"{name}: {value}" for name, value in message.headers),
        ]
    return found


def hides(exchange: Exchange, *secrets: str) -> bool:
    """The secrets are in the exchange, in one spelling or another, and redacted() leaves none of
    them.
    """
    plain = "\n".join(texts(exchange))
    hidden = "\n".join(exchange.redacted(text) for text in texts(exchange))
    spelled = [{secret, escape(secret), quote_plus(secret)} for secret in secrets]
    assert all(any(form in plain for form in forms) for forms in spelled), (
        "a secret that was never there hides nothing"
    )
    return not any(form in hidden for forms in spelled for form in forms) and REDACTED in hidden


async def test_the_training_orgs_client_logs_in_and_queries_over_soap(api: ApiClient) -> None:
    login, query = await api.login(NIGHTLY), await api.query(NIGHTLY)
    assert login.request.line == "POST /services/Soap/u/64.0 HTTP/1.1"
    assert ("Soapaction", "login") in [
        (name.title(), value) for name, value in login.request.headers
    ]
    assert login.response.line == "HTTP/1.1 200 OK"
    assert (login.purpose, login.answer.light) == ("login", "connected")
    assert (query.purpose, query.answer.light, query.answer.told) == (
        "query",
        "connected",
        "5 records returned",
    )
    assert "<urn:queryString>" in query.request.body and "Kestrel Optics" in query.response.body


async def test_the_dashboard_logs_in_and_queries_over_oauth_and_rest(api: ApiClient) -> None:
    login, query = await api.login(DASHBOARD), await api.query(DASHBOARD)
    assert login.request.line == "POST /services/oauth2/token HTTP/1.1"
    assert json.loads(login.response.body)["token_type"] == "Bearer"
    assert query.request.line.startswith("GET /services/data/v64.0/query?q=SELECT")
    assert (login.answer.light, query.answer.told) == ("connected", "5 records returned")


async def test_a_token_killed_by_a_password_change_blocks_the_client_in_the_org_too(
    api: ApiClient, org: Org
) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    org.clients.hold(NIGHTLY, password=FRESH)
    exchange = await api.login(NIGHTLY)
    words = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
    assert (exchange.answer.light, exchange.answer.told, exchange.answer.session) == (
        "blocked",
        words,
        None,
    )
    assert exchange.response.line == "HTTP/1.1 500 Internal Server Error"
    client = org.clients.get(NIGHTLY)
    assert (client.light, client.told, client.holds) == ("blocked", words, "retired")


async def test_a_missing_token_blocks_the_client_in_other_words(api: ApiClient, org: Org) -> None:
    org.clients.hold(NIGHTLY, token="")
    assert (await api.login(NIGHTLY)).answer.told.startswith(
        "LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password"
    )


async def test_over_oauth_a_dead_token_is_an_authentication_failure(
    api: ApiClient, org: Org, oauth: None
) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    org.clients.hold(NIGHTLY, password=FRESH)
    exchange = await api.login(NIGHTLY)
    assert (exchange.answer.light, exchange.answer.told) == (
        "blocked",
        "invalid_grant: authentication failure",
    )


async def test_the_fresh_token_connects_the_client_again(api: ApiClient, org: Org) -> None:
    org.passwords.change(USER, PASSWORD, FRESH)
    before = org.clients.get(NIGHTLY).session
    org.clients.hold(NIGHTLY, password=FRESH, token=org.mail.newest_token(USER) or "")
    exchange = await api.login(NIGHTLY)
    client = org.clients.get(NIGHTLY)
    assert (client.light, client.told, client.holds) == ("connected", "session ID received", "live")
    assert client.session == exchange.answer.session == before, "the session that still lives"
    assert client.told_at == org.clock.read().seen_org


async def test_a_refused_login_leaves_the_client_its_old_session_which_goes_on_working(
    api: ApiClient, org: Org
) -> None:
    session = org.clients.get(NIGHTLY).session
    org.passwords.change(USER, PASSWORD, FRESH)
    assert (await api.login(NIGHTLY)).answer.light == "blocked"
    assert org.clients.get(NIGHTLY).session == session
    assert (await api.query(NIGHTLY)).answer.told == "5 records returned"


async def test_a_query_with_a_dead_session_blocks_and_does_not_log_in_again(
    api: ApiClient, org: Org
) -> None:
    org.sessions.end(org.clients.get(NIGHTLY).session)
    before = org.history.logins(USER)
    exchange = await api.query(NIGHTLY)
    assert (
        exchange.answer.told
        == "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session"
    )
    assert (org.clients.get(NIGHTLY).light, org.history.logins(USER)) == ("blocked", before)


async def test_a_rest_query_without_a_session_blocks_the_dashboard(
    api: ApiClient, org: Org
) -> None:
    exchange = await api.query(DASHBOARD)
    assert exchange.answer.told == "INVALID_SESSION_ID: Session expired or invalid"
    assert org.clients.get(DASHBOARD).light == "blocked"


async def test_an_expired_password_gives_a_session_with_its_own_light(
    api: ApiClient, org: Org
) -> None:
    org.clock.advance(29 * DAY)
    login, query = await api.login(NIGHTLY), await api.query(NIGHTLY)
    assert (login.answer.light, bool(login.answer.session)) == ("expired", True)
    assert query.answer.told.startswith(
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD: The users password has expired"
    )


async def test_an_exchange_is_found_by_the_login_event_it_caused(api: ApiClient, org: Org) -> None:
    good = await api.login(NIGHTLY)
    org.clients.hold(NIGHTLY, token="A" * 24)
    bad = await api.login(NIGHTLY)
    query = await api.query(NIGHTLY)
    newest, former = org.history.attempts(NIGHTLY)[:2]
    assert (former.event.id, newest.event.id) == (good.event_id, bad.event_id)
    assert (former.accepted, newest.accepted) == (True, False)
    assert newest.event.client == "Nightly sync"
    assert (api.of_event(bad.event_id or 0), api.of_event(good.event_id or 0)) == (bad, good)
    assert query.event_id is None and api.of_event(999_999) is None


async def test_two_clients_at_once_do_not_mix_up_their_events(api: ApiClient, org: Org) -> None:
    exchanges = await asyncio.gather(*(api.login(client) for client in (NIGHTLY, DASHBOARD) * 5))
    names = {NIGHTLY: "Nightly sync", DASHBOARD: "Sales dashboard"}
    events = {event.id: event for event in org.history.events()}
    assert all(
        events[exchange.event_id or 0].client == names[exchange.client_id or 0]
        for exchange in exchanges
    )
    assert len({exchange.event_id for exchange in exchanges}) == 10
    assert sorted(exchange.number for exchange in exchanges) == list(range(1, 11))


@pytest.mark.parametrize(
    "password", [PASSWORD, "Salt & <Pepper> 1", 'it\'s "quoted" 1\\n', "plus+ 1%=&é€"]
)
@pytest.mark.parametrize("protocol", ["soap", "oauth"])
async def test_no_secret_is_left_in_a_redacted_exchange(
    api: ApiClient, org: Org, password: str, protocol: str
) -> None:
    if password != PASSWORD:
        org.passwords.change(USER, PASSWORD, password)
    token = org.mail.newest_token(USER) or org.clients.get(NIGHTLY).token
    org.clients.hold(NIGHTLY, password=password, token=token, protocol=protocol)
    login = await api.login(NIGHTLY)
    query = await api.query(NIGHTLY)
    session = org.clients.get(NIGHTLY).session
    assert login.answer.session == session
    app_secret = [org.apps.all()[0].consumer_secret] if protocol == "oauth" else []
    assert hides(login, password, token, session, *app_secret)
    assert hides(query, session)


async def test_a_refused_password_is_hidden_too(api: ApiClient, org: Org) -> None:
    org.clients.hold(NIGHTLY, password="Old-But-Still-Secret-5", token="B" * 24)
    exchange = await api.login(NIGHTLY)
    assert exchange.answer.light == "blocked" and hides(
        exchange, "Old-But-Still-Secret-5", "B" * 24
    )


async def test_redaction_leaves_what_is_no_secret(api: ApiClient) -> None:
    exchange = await api.login(NIGHTLY)
    assert USER in exchange.redacted(exchange.request.body)
    assert "<urn:password>" + REDACTED + "</urn:password>" in exchange.redacted(
        exchange.request.body
    )
    assert f"<sessionId>{REDACTED}</sessionId>" in exchange.redacted(exchange.response.body)


@pytest.mark.parametrize("client_id", [NIGHTLY, DASHBOARD], ids=["soap", "oauth and rest"])
async def test_no_repr_of_an_exchange_shows_a_secret(
    api: ApiClient, org: Org, client_id: int
) -> None:
    """An exchange in a log or a traceback must not give the credentials away."""
    login, query = await api.login(client_id), await api.query(client_id)
    shown, client = repr(login) + repr(query), org.clients.get(client_id)
    assert login.answer.session == client.session
    assert client.password not in shown
    assert client.session not in shown


async def test_the_orgs_export_learns_no_secret_from_the_exchanges(
    api: ApiClient, org: Org, token: str
) -> None:
    login = await api.login(NIGHTLY)
    await api.login(DASHBOARD)
    shown = json.dumps(export(org))
    assert "session ID received" in shown
    for secret in (
        PASSWORD,
        token,
        login.answer.session or "-",
        org.clients.get(DASHBOARD).session,
    ):
        assert secret not in shown


async def test_the_ring_keeps_the_newest_exchanges_only(api: ApiClient) -> None:
    for _ in range(EXCHANGES_KEPT + 3):
        await api.query(NIGHTLY)
    assert (len(api.exchanges), api.exchanges[0].number, api.exchanges[-1].number) == (
        EXCHANGES_KEPT,
        4,
        EXCHANGES_KEPT + 3,
    )


async def test_a_client_of_a_version_without_login_is_told_so(api: ApiClient, org: Org) -> None:
    org.clients.hold(NIGHTLY, api_version="65.0")
    assert (await api.login(NIGHTLY)).answer.told == (
        "INVALID_OPERATION: The SOAP Login operation is not available in the API version "
        "specified (65.0)"
    )


def test_a_client_takes_only_a_version_that_can_be_called(org: Org) -> None:
    """Typed without its .0, the version would lead to a 404 that is no SOAP."""
    with pytest.raises(OrgError, match="is not an API version"):
        org.clients.hold(NIGHTLY, api_version="64")
    assert org.clients.get(NIGHTLY).api_version == "64.0"

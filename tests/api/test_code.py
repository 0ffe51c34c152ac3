"""The same call as source: it compiles, it parses, the password survives every quoting, and secrets
stay hidden.
"""

import ast
import json
import re
import shlex
from dataclasses import replace

import pytest

from freshtoken_api.client.code import LANGUAGES, source
from freshtoken_api.client.tape import REDACTED
from freshtoken_api.messages import read_call
from freshtoken_model.org import Org
from freshtoken_model.values.records import App, Client

PASSWORDS = [
    "Harbour-Light-7",
    'it\'s "quoted" 1',
    "back\\slash\\n\\u0041 1",
    "$HOME `id` $(id) !1",
    "Salt & <Pepper> ]]> 1",
    "a=b+c%20&d 1",
    "@file 1",
    "Käse-€-\u2028-1",
]


@pytest.fixture
def client(org: Org) -> Client:
    """Nightly sync as it stands in the training org: SOAP, with its live token."""
    return org.clients.get(1)


@pytest.fixture
def app(org: Org) -> App:
    """The connected app."""
    return org.apps.all()[0]


def python_arguments(text: str) -> dict[str, str]:
    """The keyword arguments of Salesforce(...), strings glued with + put together."""
    compile(text, "shown", "exec")
    (call,) = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Salesforce"
    ]

    def value(node: ast.expr) -> str:
        if isinstance(node, ast.BinOp):
            return value(node.left) + value(node.right)
        return str(ast.literal_eval(node))

    return {keyword.arg or "": value(keyword.value) for keyword in call.keywords}


def javascript_login(text: str) -> tuple[str, str]:
    """The two arguments of conn.login(), the second glued from two literals."""
    literal = r'("(?:[^"\\]|\\.)*")'
    found = re.search(rf"await conn\.login\({literal}, {literal} \+ {literal}\);", text)
    assert found, text
    username, password, token = (json.loads(part) for part in found.groups())
    return username, password + token


def curl_words(text: str) -> list[str]:
    words = shlex.split(text)
    assert words[0] == "curl"
    return words


@pytest.mark.parametrize("password", PASSWORDS)
def test_simple_salesforce_over_soap_takes_password_and_token_apart(
    client: Client, app: App, password: str
) -> None:
    arguments = python_arguments(
        source(replace(client, password=password), app, "simple-salesforce", revealed=True)
    )
    assert arguments == {
        "username": client.username,
        "password": password,
        "security_token": client.token,
        "version": "64.0",
    }


@pytest.mark.parametrize("password", PASSWORDS)
def test_simple_salesforce_over_oauth_takes_them_glued_and_no_security_token(
    client: Client, app: App, password: str
) -> None:
    """Both security_token and consumer_key would make it use SOAP
    [MEASURED client-simple-salesforce-both].
    """
    shown = replace(client, password=password, protocol="oauth")
    arguments = python_arguments(source(shown, app, "simple-salesforce", revealed=True))
    assert arguments == {
        "username": client.username,
        "password": password + client.token,
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "version": "64.0",
    }


@pytest.mark.parametrize("protocol", ["soap", "oauth"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_jsforce_takes_password_and_token_glued(
    client: Client, app: App, password: str, protocol: str
) -> None:
    text = source(
        replace(client, password=password, protocol=protocol), app, "jsforce", revealed=True
    )
    assert javascript_login(text) == (client.username, password + client.token)
    assert (app.consumer_secret in text) is (app.consumer_key in text) is (protocol == "oauth")
    assert "\u2028" not in text


@pytest.mark.parametrize("password", PASSWORDS)
def test_curl_over_soap_posts_the_envelope_the_org_reads(
    client: Client, app: App, password: str
) -> None:
    words = curl_words(source(replace(client, password=password), app, "curl", revealed=True))
    assert words[1] == "https://login.salesforce.com/services/Soap/u/64.0"
    headers = [words[number + 1] for number, word in enumerate(words) if word == "-H"]
    assert headers == ["Content-Type: text/xml; charset=utf-8", "SOAPAction: login"]
    call = read_call(words[words.index("-d") + 1].encode())
    assert (call.operation, call.fields) == (
        "login",
        (("username", client.username), ("password", password + client.token)),
    )


@pytest.mark.parametrize("password", PASSWORDS)
def test_curl_over_oauth_sends_the_form_fields_and_no_other(
    client: Client, app: App, password: str
) -> None:
    words = curl_words(
        source(replace(client, password=password, protocol="oauth"), app, "curl", revealed=True)
    )
    assert words[1] == "https://login.salesforce.com/services/oauth2/token"
    fields = [words[number + 1] for number, word in enumerate(words) if word == "--data-urlencode"]
    assert dict(field.split("=", 1) for field in fields) == {
        "grant_type": "password",
        "client_id": app.consumer_key,
        "client_secret": app.consumer_secret,
        "username": client.username,
        "password": password + client.token,
    }


@pytest.mark.parametrize("protocol", ["soap", "oauth"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_secrets_are_dots_unless_revealed(
    client: Client, app: App, language: str, protocol: str
) -> None:
    shown = replace(client, protocol=protocol)
    hidden, revealed = (source(shown, app, language, revealed=flag) for flag in (False, True))
    assert client.password in revealed and client.token in revealed
    assert (app.consumer_secret in revealed) is (protocol == "oauth")
    for secret in (client.password, client.token, app.consumer_secret):
        assert secret not in hidden
    assert client.username in hidden
    assert REDACTED in hidden or json.dumps(REDACTED).strip('"') in hidden


@pytest.mark.parametrize("language", LANGUAGES)
def test_hidden_jsforce_python_and_curl_still_parse(
    client: Client, app: App, language: str
) -> None:
    text = source(client, app, language, revealed=False)
    match language:
        case "simple-salesforce":
            assert python_arguments(text)["password"] == REDACTED
        case "jsforce":
            assert javascript_login(text)[1] == REDACTED * 2
        case _:
            body = curl_words(text)
            assert read_call(body[body.index("-d") + 1].encode()).field("password") == REDACTED * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hidden_dots_are_readable_dots(client: Client, app: App, language: str) -> None:
    """A reader of the Code tab sees dots, not escape sequences."""
    assert REDACTED in source(client, app, language, revealed=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_without_a_token_shows_no_dots_for_one(
    client: Client, app: App, language: str
) -> None:
    assert REDACTED * 2 not in source(replace(client, token=""), app, language, revealed=False)


@pytest.mark.parametrize("protocol", ["soap", "oauth"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_api_version_of_the_client_is_used(
    client: Client, app: App, language: str, protocol: str
) -> None:
    text = source(
        replace(client, api_version="58.0", protocol=protocol), app, language, revealed=True
    )
    assert ("58.0" in text) is not (language == "curl" and protocol == "oauth")
    assert "64.0" not in text

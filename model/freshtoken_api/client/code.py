"""A client's login and query as source code for simple-salesforce, jsforce and curl."""

import json
import shlex

from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.records import App, Client

from .api_client import soap_login_body
from .tape import REDACTED, Message

LANGUAGES = ("simple-salesforce", "jsforce", "curl")


def _quoted(text: str) -> str:
    """A JavaScript string literal; non-ASCII characters stay as they are."""
    return (
        json.dumps(text, ensure_ascii=False)
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def source(client: Client, app: App | None, language: str, revealed: bool) -> str:
    """The source code in one of LANGUAGES, with dots for secrets unless `revealed`."""
    if client.outside:
        return "# This client is outside: its code is its own affair.\n"
    password, token, secret = client.password, client.token, app.consumer_secret if app else ""
    key = app.consumer_key if app else ""
    if not revealed:
        password, token, secret = REDACTED, REDACTED if token else "", REDACTED
    if client.protocol == Door.CLIENT_CREDENTIALS:
        return _client_credentials(client, language, key, secret)
    oauth = client.protocol == Door.OAUTH
    match language:
        case "simple-salesforce":
            return (
                _python(client, password, token, key, secret)
                if oauth
                else _python_soap(client, password, token)
            )
        case "jsforce":
            return _jsforce(client, password, token, key if oauth else "", secret)
        case _:
            return (
                _curl_oauth(client, password, token, key, secret)
                if oauth
                else _curl_soap(client, password, token)
            )


def _python_soap(client: Client, password: str, token: str) -> str:
    return f"""from simple_salesforce import Salesforce

sf = Salesforce(
    username={client.username!r},
    password={password!r},
    security_token={token!r},
    version={client.api_version!r},
)
print(sf.query("SELECT Id, Name FROM Account LIMIT 5"))
"""


def _python(client: Client, password: str, token: str, key: str, secret: str) -> str:
    return f"""from simple_salesforce import Salesforce

# Without security_token= this is the OAuth username-password flow: the token follows the password.
sf = Salesforce(
    username={client.username!r},
    password={password!r} + {token!r},
    consumer_key={key!r},
    consumer_secret={secret!r},
    version={client.api_version!r},
)
print(sf.query("SELECT Id, Name FROM Account LIMIT 5"))
"""


def _client_credentials(client: Client, language: str, key: str, secret: str) -> str:
    """Source code without password and token. The flow is answered at the org's own domain only."""
    host = "https://acme.my.salesforce.com"
    match language:
        case "simple-salesforce":
            return f"""from simple_salesforce import Salesforce

sf = Salesforce(
    consumer_key={key!r},
    consumer_secret={secret!r},
    domain="acme.my",
    version={client.api_version!r},
)
print(sf.query("SELECT Id, Name FROM Account LIMIT 5"))
"""
        case "jsforce":
            return f"""import jsforce from "jsforce";

const conn = new jsforce.Connection({{
  instanceUrl: {_quoted(host)},
  oauth2: {{
    loginUrl: {_quoted(host)},
    clientId: {_quoted(key)},
    clientSecret: {_quoted(secret)},
  }},
  version: {_quoted(client.api_version)},
}});

await conn.authorize({{ grant_type: "client_credentials" }});
console.log(await conn.query("SELECT Id, Name FROM Account LIMIT 5"));
"""
        case _:
            form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
            return _curl_form(host, form)


def _jsforce(client: Client, password: str, token: str, key: str, secret: str) -> str:
    login = '"https://login.salesforce.com"'
    options = f"  loginUrl: {login},\n  version: {_quoted(client.api_version)},\n"
    if key:
        oauth2 = f"loginUrl: {login}, clientId: {_quoted(key)}, clientSecret: {_quoted(secret)}"
        options = f"  oauth2: {{ {oauth2} }},\n  version: {_quoted(client.api_version)},\n"
    return f"""import jsforce from "jsforce";

const conn = new jsforce.Connection({{
{options}}});
// jsforce has no field for the token: it follows the password.
await conn.login({_quoted(client.username)}, {_quoted(password)} + {_quoted(token)});
console.log(await conn.query("SELECT Id, Name FROM Account LIMIT 5"));
"""


def _curl_soap(client: Client, password: str, token: str) -> str:
    body = soap_login_body(client.username, password, token, client.name)
    return f"""curl https://login.salesforce.com/services/Soap/u/{client.api_version} \\
  -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: login' \\
  -d {shlex.quote(body)}
"""


def _curl_oauth(client: Client, password: str, token: str, key: str, secret: str) -> str:
    fields = {
        "grant_type": "password",
        "client_id": key,
        "client_secret": secret,
        "username": client.username,
        "password": password + token,
    }
    return _curl_form("https://login.salesforce.com", fields)


def _curl_form(host: str, fields: dict[str, str]) -> str:
    lines = [
        f"  --data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in fields.items()
    ]
    return f"curl {host}/services/oauth2/token \\\n" + " \\\n".join(lines) + "\n"


def curl_of(request: Message) -> str:
    """A request that was made, as a curl command with its secrets in clear."""
    method, _, path = str(request.line).removesuffix(" HTTP/1.1").partition(" ")
    host = next((value for name, value in request.headers if name.lower() == "host"), "")
    parts = [f"curl -X {method} {shlex.quote(f'https://{host}{path}')}"]
    parts += [
        f"  -H {shlex.quote(f'{name}: {value}')}"
        for name, value in request.headers
        if name.lower() != "host"
    ]
    if request.body:
        parts.append(f"  --data {shlex.quote(str(request.body))}")
    return " \\\n".join(parts) + "\n"

"""The bodies of successful answers, in WSDL order and with the exact tag spelling clients need (wire-clients.md 4, 5)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from freshtoken_model.clock import iso
from freshtoken_model.org import OrgInfo
from freshtoken_model.policies import Policies
from freshtoken_model.records import Account, App, User

from .messages import Query

CHATTER_EXTERNAL_SINCE, CURRENCY_LOCALE_SINCE = 42.0, 38.0
"""userInfo gained these fields with about these versions [INF wire-clients.md 4; salesforce.md 9]."""
NIL = ' xsi:nil="true"/>'


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a SOAP request came to: partner or enterprise, the version, and scheme with host as the client named them."""

    edition: str
    version: str
    base: str

    @property
    def letter(self) -> str:
        """U or c, as in the path."""
        return "u" if self.edition == "partner" else "c"


def envelope(edition: str, operation: str, result: str, sobjects: bool = False) -> bytes:
    """A SOAP answer with the default namespace for results."""
    extra = f' xmlns:sf="urn:sobject.{edition}.soap.sforce.com"' if sobjects else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns="urn:{edition}.soap.sforce.com"{extra} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><{operation}Response>{result}</{operation}Response></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _elements(pairs: list[tuple[str, str | None]]) -> str:
    return "".join(f"<{n}{NIL}" if v is None else f"<{n}>{escape(v)}</{n}>" for n, v in pairs)


def user_info(user: User, profile_id: str, info: OrgInfo, policies: Policies, version: str) -> str:
    """The fields of GetUserInfoResult in the order of the WSDL."""
    number = float(version)
    pairs: list[tuple[str, str | None]] = [("accessibilityMode", "false")]
    if number >= CHATTER_EXTERNAL_SINCE:
        pairs.append(("chatterExternal", "false"))
    pairs += [("currencySymbol", "£"), ("orgAttachmentFileSizeLimit", "5242880"), ("orgDefaultCurrencyIsoCode", "GBP")]
    if number >= CURRENCY_LOCALE_SINCE:
        pairs.append(("orgDefaultCurrencyLocale", "en_GB"))
    pairs += [
        ("orgDisallowHtmlAttachments", "false"),
        ("orgHasPersonAccounts", "false"),
        ("organizationId", info.record_id),
        ("organizationMultiCurrency", "false"),
        ("organizationName", info.name),
        ("profileId", profile_id),
        ("roleId", None),
        ("sessionSecondsValid", str(policies.session_timeout // 1000)),
        ("userDefaultCurrencyIsoCode", None),
        ("userEmail", user.email),
        ("userFullName", user.name),
        ("userId", user.record_id),
        ("userLanguage", "en_US"),
        ("userLocale", "en_GB"),
        ("userName", user.username),
        ("userTimeZone", info.time_zone),
        ("userType", "Standard"),
        ("userUiSkin", "Theme3"),
    ]
    return _elements(pairs)


def login_result(
    endpoint: Endpoint, user: User, profile_id: str, info: OrgInfo, policies: Policies, session_id: str, expired: bool
) -> bytes:
    """The answer to login(): LoginResult in schema order; URLs end in the 15-character org ID."""
    services = f"{escape(endpoint.base)}/services/Soap"
    tail = f"{endpoint.version}/{info.record_id[:15]}"
    result = (
        f"<result><metadataServerUrl>{services}/m/{tail}</metadataServerUrl>"
        f"<passwordExpired>{str(expired).lower()}</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{services}/{endpoint.letter}/{tail}</serverUrl><sessionId>{session_id}</sessionId>"
        f"<userId>{user.record_id}</userId>"
        f"<userInfo>{user_info(user, profile_id, info, policies, endpoint.version)}</userInfo></result>"
    )
    return envelope(endpoint.edition, "login", result)


def query_result(edition: str, query: Query, accounts: list[Account]) -> bytes:
    """The answer to query() over SOAP. The partner API names the Id first, whether or not it was asked for [MEM]."""
    rows = []
    for account in accounts:
        values = account_fields(query, account)
        if edition == "partner":
            ident = f"<sf:Id>{values['Id']}</sf:Id>" if "Id" in values else f"<sf:Id{NIL}"
            start = f'<records xsi:type="sf:sObject"><sf:type>Account</sf:type>{ident}'
        else:
            start = '<records xsi:type="sf:Account">'
        rows.append(start + "".join(f"<sf:{n}>{escape(v)}</sf:{n}>" for n, v in values.items()) + "</records>")
    result = (
        f'<result xsi:type="QueryResult"><done>true</done><queryLocator{NIL}{"".join(rows)}<size>{len(rows)}</size></result>'
    )
    return envelope(edition, "query", result, sobjects=True)


def account_fields(query: Query, account: Account) -> dict[str, str]:
    """The fields asked for, in the order asked for."""
    values = {"Id": account.record_id, "Name": account.name, "Industry": account.industry}
    return {name: values[name] for name in query.fields}


def rest_query_result(version: str, query: Query, accounts: list[Account]) -> bytes:
    """The answer to a REST query."""
    records = [
        {
            "attributes": {"type": "Account", "url": f"/services/data/v{version}/sobjects/Account/{a.record_id}"},
            **account_fields(query, a),
        }
        for a in accounts
    ]
    return as_json({"totalSize": len(records), "done": True, "records": records})


def token_result(base: str, info: OrgInfo, user: User, app: App, access_token: str, now: int) -> bytes:
    """The token endpoint's success; the signature is HMAC-SHA256 over id and issued_at [salesforce.md 10].

    The identity URL names the host the client called, not login.salesforce.com: our deviation, so that no client is sent
    to the real one.
    """
    ident = f"{base}/id/{info.record_id}/{user.record_id}"
    signed = hmac.new(app.consumer_secret.encode(), f"{ident}{now}".encode(), hashlib.sha256).digest()
    return as_json(
        {
            "access_token": access_token,
            "instance_url": base,
            "id": ident,
            "token_type": "Bearer",
            "issued_at": str(now),
            "signature": base64.b64encode(signed).decode(),
        }
    )


def timestamp_result(edition: str, now: int) -> bytes:
    """The answer to getServerTimestamp()."""
    return envelope(edition, "getServerTimestamp", f"<result><timestamp>{iso(now)[:-5]}Z</timestamp></result>")


def as_json(value: object) -> bytes:
    """Compact JSON, as Salesforce sends it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

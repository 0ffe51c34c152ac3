"""The bodies of successful answers, in the order of the WSDL. Clients read tags by their literal
spelling [MEASURED client-reads-by-tag].
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from freshtoken_api.exchange import Identity
from freshtoken_api.faults import printable
from freshtoken_api.xml_text import escape
from freshtoken_model.decision.grants import JWT_BEARER, PASSWORD
from freshtoken_model.history.objects import ObjectValue
from freshtoken_model.login.apps import Grant
from freshtoken_model.org import OrgInfo
from freshtoken_model.values.clock import iso, wall_clock
from freshtoken_model.values.records import App, Session, User

from .soql import Found

CHATTER_EXTERNAL_SINCE, CURRENCY_LOCALE_SINCE = 42.0, 38.0
"""The API versions from which userInfo has these fields; chatterExternal came with one of 39.0 to
42.0 [MEASURED soap-user-info-versions].
"""
NIL = ' xsi:nil="true"/>'
ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a SOAP request: edition (partner or enterprise), API version, and scheme with
    host as the client named them.
    """

    edition: str
    version: str
    base: str

    @property
    def letter(self) -> str:
        """The edition in a path: u is partner, c enterprise."""
        return "u" if self.edition == "partner" else "c"


def envelope(edition: str, operation: str, result: str, sobjects: bool = False) -> bytes:
    """A SOAP answer; its result is in the default namespace. `sobjects` adds the one of records."""
    extra = f' xmlns:sf="urn:sobject.{edition}.soap.sforce.com"' if sobjects else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns="urn:{edition}.soap.sforce.com"{extra} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><{operation}Response>{result}</{operation}Response></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _elements(pairs: list[tuple[str, str | None]]) -> str:
    return "".join(f"<{n}{NIL}" if v is None else f"<{n}>{escape(v)}</{n}>" for n, v in pairs)


def user_info(who: Identity, version: str) -> str:
    """The fields of GetUserInfoResult in the order of the partner WSDL
    [DOC soap-user-info-order].
    """
    user, info, number = who.user, who.info, float(version)
    pairs: list[tuple[str, str | None]] = [("accessibilityMode", "false")]
    if number >= CHATTER_EXTERNAL_SINCE:
        pairs.append(("chatterExternal", "false"))
    pairs += [
        ("currencySymbol", "£"),
        ("orgAttachmentFileSizeLimit", "5242880"),
        ("orgDefaultCurrencyIsoCode", "GBP"),
    ]
    if number >= CURRENCY_LOCALE_SINCE:
        pairs.append(("orgDefaultCurrencyLocale", "en_GB"))
    pairs += [
        ("orgDisallowHtmlAttachments", "false"),
        ("orgHasPersonAccounts", "false"),
        ("organizationId", info.record_id),
        ("organizationMultiCurrency", "false"),
        ("organizationName", info.name),
        ("profileId", user.profile_record_id),
        ("roleId", None),
        ("sessionSecondsValid", str(who.settings.session_timeout // 1000)),
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


def login_result(endpoint: Endpoint, who: Identity, session_id: str, expired: bool) -> bytes:
    """The answer to login(); its URLs end in the 15-character org ID [WIRE soap-login-response]."""
    services = f"{escape(printable(endpoint.base))}/services/Soap"
    tail = f"{endpoint.version}/{who.info.record_id[:15]}"
    result = (
        f"<result><metadataServerUrl>{services}/m/{tail}</metadataServerUrl>"
        f"<passwordExpired>{str(expired).lower()}</passwordExpired><sandbox>{str(who.info.sandbox).lower()}</sandbox>"
        f"<serverUrl>{services}/{endpoint.letter}/{tail}</serverUrl><sessionId>{session_id}</sessionId>"
        f"<userId>{who.user.record_id}</userId>"
        f"<userInfo>{user_info(who, endpoint.version)}</userInfo></result>"
    )
    return envelope(endpoint.edition, "login", result)


def _cell(name: str, value: ObjectValue) -> str:
    if value is None:
        return f"<sf:{name}{NIL}"
    text = str(value).lower() if isinstance(value, bool) else escape(printable(str(value)))
    return f"<sf:{name}>{text}</sf:{name}>"


def query_result(edition: str, found: Found, operation: str = "query") -> bytes:
    """The answer to query() and queryMore(). A record of the partner API begins with its Id,
    whether or not the query selects it [assumption].
    """
    entity, rows = found.entity.name, []
    for group in found.groups:
        start = '<records xsi:type="sf:sObject"><sf:type>AggregateResult</sf:type><sf:Id/>'
        cells = "".join(_cell(name, value) for name, value in group.items())
        rows.append(f"{start}{cells}</records>")
    for row in found.rows:
        if edition == "partner":
            start = (
                f"<records "
                f'xsi:type="sf:sObject"><sf:type>{entity}</sf:type>{_cell("Id", row.get("Id"))}'
            )
        else:
            start = f'<records xsi:type="sf:{entity}">'
        rows.append(
            start + "".join(_cell(name, value) for name, value in row.items()) + "</records>"
        )
    more = found.locator
    locator = f"<queryLocator>{more}</queryLocator>" if more else f"<queryLocator{NIL}"
    result = (
        f'<result xsi:type="QueryResult"><done>{str(more is None).lower()}</done>{locator}'
        f"{''.join(rows)}<size>{found.total}</size></result>"
    )
    return envelope(edition, operation, result, sobjects=True)


def token_result(base: str, info: OrgInfo, app: App, grant: Grant, flow: str) -> dict[str, str]:
    """The fields of the token endpoint's answer; the signature is HMAC-SHA256 over id and issued_at
    [WIRE oauth-token-response].

    The password flow returns no scope and no refresh token [DOC oauth-password-no-refresh]. The
    identity URL has the host that the client called, where Salesforce has login.salesforce.com, so
    that no client is sent to the real one.
    """
    ident = identity_url(base, info, grant.user) if grant.user else ""
    issued_at = wall_clock()  # clients compare it with their own clock, not with org time
    signed = hmac.new(
        app.consumer_secret.encode(), f"{ident}{issued_at}".encode(), hashlib.sha256
    ).digest()
    signature = base64.b64encode(signed).decode()
    answer: dict[str, str] = {"access_token": grant.session_id or ""}
    if grant.refresh_token:
        answer["refresh_token"] = grant.refresh_token
    if flow != PASSWORD:
        answer["scope"] = grant.scope
    answer |= {"instance_url": base, "id": ident, "token_type": "Bearer"}
    if flow != JWT_BEARER:  # whose answer has neither [assumption]
        answer |= {"issued_at": str(issued_at), "signature": signature}
    return answer


def identity_url(base: str, info: OrgInfo, user: User) -> str:
    """The identity URL of a user."""
    return f"{base}/id/{info.record_id}/{user.record_id}"


def introspection(
    base: str, info: OrgInfo, app: App, session: Session, user: User, ends: int, org_now: int
) -> bytes:
    """The answer of introspect for an active access token, times in seconds
    [WIRE oauth-introspect]. Clients compare them with their own clock: they are shifted from org
    time to the wall clock.
    """
    ahead = wall_clock() - org_now
    opened, ends = (session.opened_at + ahead) // 1000, ends + ahead
    return as_json(
        {
            "active": True,
            "scope": session.scope,
            "client_id": app.consumer_key,
            "username": user.username,
            "sub": identity_url(base, info, user),
            "token_type": "access_token",
            "exp": ends // 1000,
            "iat": opened,
            "nbf": opened,
        }
    )


def userinfo(base: str, info: OrgInfo, user: User) -> bytes:
    """The answer of the userinfo endpoint, in OpenID Connect's names
    [DOC openid-userinfo-fields]. Clients read user_id and organization_id
    [MEASURED client-sf-requests].
    """
    own = f"{base}/{user.record_id}"
    return as_json(
        {
            "sub": identity_url(base, info, user),
            "user_id": user.record_id,
            "organization_id": info.record_id,
            "preferred_username": user.username,
            "nickname": user.username.split("@", 1)[0],
            "name": user.name,
            "email": user.email,
            "email_verified": True,
            "given_name": user.first_name,
            "family_name": user.last_name,
            "zoneinfo": info.time_zone,
            "photos": _photos(base),
            "profile": own,
            "picture": _photos(base)["picture"],
            "address": {},
            "is_app_installed": True,
            "urls": _urls(base, info, user),
            "utcOffset": _utc_offset(info.time_zone),
            "updated_at": iso(user.password_changed_at),
            "active": user.active,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_GB",
        }
    )


def identity_result(base: str, info: OrgInfo, user: User) -> bytes:
    """The answer of the identity URL [assumption: its fields]."""
    return as_json(
        {
            "id": identity_url(base, info, user),
            "asserted_user": True,
            "user_id": user.record_id,
            "organization_id": info.record_id,
            "username": user.username,
            "nick_name": user.username.split("@", 1)[0],
            "display_name": user.name,
            "email": user.email,
            "email_verified": True,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "timezone": info.time_zone,
            "photos": _photos(base),
            "urls": _urls(base, info, user),
            "active": user.active,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_GB",
        }
    )


def _photos(base: str) -> dict[str, str]:
    """Addresses of a user's pictures, which freshtoken does not answer [OURS]."""
    return {"picture": f"{base}/profilephoto/005/F", "thumbnail": f"{base}/profilephoto/005/T"}


def _urls(base: str, info: OrgInfo, user: User) -> dict[str, str]:
    """The addresses of the APIs; {version} is for the client to fill in."""
    services, data = f"{base}/services", f"{base}/services/data/v{{version}}"
    short = info.record_id[:15]
    return {
        "enterprise": f"{services}/Soap/c/{{version}}/{short}",
        "metadata": f"{services}/Soap/m/{{version}}/{short}",
        "partner": f"{services}/Soap/u/{{version}}/{short}",
        "rest": f"{data}/",
        "sobjects": f"{data}/sobjects/",
        "search": f"{data}/search/",
        "query": f"{data}/query/",
        "recent": f"{data}/recent/",
        "profile": f"{base}/{user.record_id}",
        "custom_domain": base,
    }


def _utc_offset(zone: str) -> int:
    """The zone's distance from UTC in ms, summer time left aside."""
    offset = ZoneInfo(zone).utcoffset(datetime(2026, 1, 1))
    return round(offset.total_seconds() * 1000) if offset else 0


def timestamp_result(edition: str, now: int) -> bytes:
    """The answer to getServerTimestamp()."""
    return envelope(
        edition, "getServerTimestamp", f"<result><timestamp>{iso(now)[:-5]}Z</timestamp></result>"
    )


def as_json(value: object) -> bytes:
    """JSON without spaces, in UTF-8."""
    return ENCODER.encode(value).encode()

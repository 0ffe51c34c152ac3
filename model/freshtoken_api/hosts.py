"""Which host answers what: the login hosts, the org's My Domain, Lightning, and plain addresses."""

from dataclasses import dataclass, replace
from enum import StrEnum

from freshtoken_model.decision.verdict import LOGIN_HOST, SANDBOX_LOGIN_HOST, Attempt
from freshtoken_model.org import Org, OrgInfo


class HostKind(StrEnum):
    """What a Host header names."""

    PRODUCTION_LOGIN = str(LOGIN_HOST)
    SANDBOX_LOGIN = str(SANDBOX_LOGIN_HOST)
    MY_DOMAIN = "My Domain"
    LIGHTNING = "Lightning"
    PLAIN = "a plain address"


@dataclass(frozen=True, slots=True)
class HostRules:
    """What a kind of host answers, and where that is known from."""

    logs_in: bool
    serves_data: bool
    client_credentials: bool
    source: str


HOSTS = {
    HostKind.PRODUCTION_LOGIN: HostRules(
        True, False, False, "[WIRE data-at-login-host, client-credentials-host]"
    ),
    HostKind.SANDBOX_LOGIN: HostRules(
        True, False, False, "[WIRE data-at-login-host, client-credentials-host]"
    ),
    HostKind.MY_DOMAIN: HostRules(True, True, True, "[DOC login-names-my-domain]"),
    HostKind.LIGHTNING: HostRules(False, False, False, "[WIRE lightning-no-login-host]"),
    HostKind.PLAIN: HostRules(True, True, True, "[OURS] everything stays at one address"),
}
"""The table. Plain addresses are freshtoken's own: 127.0.0.1, localhost and names of a
container.
"""
DOMAIN = ".salesforce.com"
LIGHTNING_DOMAINS = (".lightning.force.com", ".lightning.crmforce.mil")


def host_kind(host_header: str) -> HostKind:
    """The kind of a Host header, its port left aside."""
    host = host_header.strip().lower().partition(":")[0]
    if host == HostKind.PRODUCTION_LOGIN:
        return HostKind.PRODUCTION_LOGIN
    if host == HostKind.SANDBOX_LOGIN:
        return HostKind.SANDBOX_LOGIN
    if host.endswith(LIGHTNING_DOMAINS):
        return HostKind.LIGHTNING
    return HostKind.MY_DOMAIN if host.endswith(DOMAIN) else HostKind.PLAIN


def is_other_orgs(kind: HostKind, info: OrgInfo) -> bool:
    """Whether a login host belongs to orgs of the other kind: sandboxes log in at
    test.salesforce.com, all others at login.salesforce.com [DOC login-hosts].
    """
    other = HostKind.PRODUCTION_LOGIN if info.sandbox else HostKind.SANDBOX_LOGIN
    return kind is other


def at_host(org: Org, attempt: Attempt) -> Attempt:
    """The attempt, marked where it came to the login host of the other kind of orgs."""
    kind = host_kind(attempt.login_url)
    if kind not in (HostKind.PRODUCTION_LOGIN, HostKind.SANDBOX_LOGIN):
        return attempt
    return replace(attempt, other_host=is_other_orgs(kind, org.info()))


def home(base: str, info: OrgInfo) -> str:
    """Scheme and host that an answer sends the client to: the org's My Domain when it called a
    login host [DOC login-names-my-domain], else where it called. A port stays.
    """
    scheme, _, host = base.partition("://")
    if HOSTS[host_kind(host)].serves_data:
        return base
    _, colon, port = host.partition(":")
    return f"{scheme}://{info.my_domain}.my.salesforce.com{colon}{port}"
